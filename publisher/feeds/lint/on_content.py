"""The content of the entries (F7-F9, F11), and summaries that are HTML."""

import re
from collections.abc import Iterator
from functools import partial

from publisher.feeds.lint import markup, on_links
from publisher.feeds.lint.document import Document, Text
from publisher.feeds.lint.on_texts import is_code
from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import Letters, View, Words, bare, told
from publisher.text.direction import first_strong
from publisher.text.language import detect, prose
from publisher.text.quote import quoted

_WORDS = frozenset({"description", "summary"})  # may be plain, with an entity in it
_ENOUGH = 150  # right-to-left letters, to tell languages of one script apart
_TOLD_APART = frozenset(["ar", "fa", "ur", "ps", "sd", "ug", "ckb", "he", "yi"])
_ENDS = re.compile(
    r"\A[^\w\s]|[^\w\s]\Z"
)  # a sign at an end moves to the other; without, left-to-right words are in order
_LOCAL = re.compile(r"\s*(?:mailto|tel|data|tag|cid|sms|geo|magnet|feed|at):|\s*#", re.IGNORECASE)


def check(view: View) -> Iterator[Remark]:
    """Remarks on the content of every entry."""
    for each in view.entries:
        entry = each.entry
        if entry.content is not None and each.facts:
            yield from _passages(each, entry.content, each.facts)
        if entry.content is None or not entry.content.value.strip():
            if not entry.elsewhere:
                yield Remark("no-content", "item", entry.line, entry=entry.number)
        elif entry.content.html and each.facts:
            yield from _html(view.document, each, entry.content, each.facts)
        else:
            yield from _plain(view.document, each, entry.content)
        if entry.summary and entry.summary.html:
            yield from _html(view.document, each, entry.summary, markup.facts(entry.summary.value))


def _plain(document: Document, words: Words, text: Text) -> Iterator[Remark]:
    say = partial(Remark, where=text.name, line=text.line, entry=words.entry.number)
    if is_code(text.value) and text.type in (None, "text"):
        yield say("html-as-text", found=quoted(text.value.strip()))
    elif text.type not in (None, "text"):
        return
    elif words.direction == "rtl" or document.kind == "atom":
        yield say("content-plain", found=quoted(text.value.strip()))


def _html(document: Document, words: Words, text: Text, facts: markup.Facts) -> Iterator[Remark]:
    say = partial(Remark, where=text.name, line=text.line, entry=words.entry.number)
    if not facts.first and is_code(facts.text):
        yield say("double-escaped", found=quoted(text.value.strip()))
        return
    if words.direction == "rtl" and facts.text.strip():
        yield from _direction(words, text, facts, say)
    for rule, urls in on_links.faults(facts.urls, text.base, _LOCAL).items():
        more = f" and {len(urls) - 1} more" if len(urls) > 1 else ""
        yield say(rule, found=quoted(urls[0]) + more, mend=on_links.mend(rule, urls[0], document))
    if facts.unsafe:
        yield say("unsafe-html", found=", ".join(dict.fromkeys(facts.unsafe)))


def _passages(words: Words, text: Text, facts: markup.Facts) -> Iterator[Remark]:
    """Blocks whose letters are of another direction, or of another language, than holds there."""
    say = partial(Remark, where=text.name, line=text.line, entry=words.entry.number)
    whole = facts.attributes.get("dir", "").lower()
    turned, tongues = list[str](), dict[str, list[str]]()
    for each in facts.passages:
        own = prose(each.text)
        mostly = Letters.of(own).mostly
        told_already = words.direction == "rtl" and each.dir == whole == "ltr"
        shown_wrong = mostly == "rtl" or _ENDS.search(own.strip())
        if mostly and each.dir in ("rtl", "ltr") and each.dir != mostly and shown_wrong and not told_already:
            turned.append(each.text.strip())
        if bare(each.lang) not in ("", bare(words.language)):
            tongues.setdefault(each.lang, []).append(own)
    if turned:
        more = f" and {len(turned) - 1} more" if len(turned) > 1 else ""
        yield say("block-wrong-dir", found=quoted(turned[0]) + more)
    for lang, texts in tongues.items():
        if right := _reads(" ".join(texts), lang):
            found = f"lang={quoted(lang)} around {quoted(max(texts, key=len).strip())}"
            yield say("block-wrong-lang", found=found, mend=f'write lang="{right}"' if right != "und" else "")


def _reads(text: str, lang: str) -> str:
    """The language that *text* is in, where that is surely not *lang*; "und" where it is not known which; else ""."""
    letters = Letters.of(text)
    said = bare(lang)
    if not said or letters.mostly is None:
        return ""
    if told(lang) != letters.mostly:
        return detect(text, "und")
    if said not in _TOLD_APART or letters.right < _ENOUGH:
        return ""
    found = detect(text, said)
    return found if found != said and detect(text, "und") == found else ""


def _direction(words: Words, text: Text, facts: markup.Facts, say: "partial[Remark]") -> Iterator[Remark]:
    tag = words.language if bare(words.language) else ""
    said = facts.attributes.get("dir", "").lower()
    begin = f'let it begin with <div dir="rtl"{f" lang={chr(34)}{bare(tag)}{chr(34)}" if tag else ""}>'
    if not facts.first and text.name in _WORDS:
        if text is words.entry.content:
            yield say("content-plain", found=quoted(text.value.strip()))
    elif said == "ltr":
        yield say("content-wrong-dir", found=f'<{facts.first} dir="ltr">', mend=begin)
    elif said != "rtl":
        found = f"begins with <{facts.first}>" if facts.first else "begins without an element"
        yield say("content-no-dir", found=found + (f' dir="{said}"' if said else ""), mend=begin)
    lang = facts.attributes.get("lang", facts.attributes.get("xml:lang", ""))
    if told(tag) == "rtl" and said == "rtl" and bare(lang) != bare(tag):
        found = f'its first element says lang="{lang}"' if lang else "its first element says no language"
        yield say("content-no-lang", found=f"{found}, the entry {quoted(tag)}", mend=begin)
    strong = first_strong(facts.text)
    if strong not in ("R", "AL"):
        shown = quoted(facts.text.strip())
        yield say(
            "content-reads-ltr",
            found=f"{shown} {'begins with a Latin letter' if strong else 'has no letter'}",
        )
    if runs := markup.reordered(text.value):
        more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
        yield say("reordered", found=quoted(runs[0]) + more)
