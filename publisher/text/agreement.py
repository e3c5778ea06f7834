"""Words of ours behind a number, in the form that the number asks for (CLDR's plural categories)."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from publisher.text.dates import digits_in
from publisher.text.fold import fold
from publisher.text.words import Words, words

_TOKEN = re.compile(r"[\w\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u200c'’׳״]+")
_LONGEST = 9  # digits of a number that counts something
_SHORTEST = 3  # letters of a noun whose other endings can be told from other words


class Form(NamedTuple):
    """A form of a counted message, as its words: before the number, and behind it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    number: bool  # it holds the number


_Messages = tuple[tuple[tuple[str, str], tuple[Form, ...]], ...]


class _Grammar(NamedTuple):
    messages: _Messages
    inflected: frozenset[str]  # words that are not in every form of a message, and the first behind a number
    nouns: frozenset[str]  # the first behind a number
    duals: frozenset[str]  # words that stand for two of something, without a number


def misfits(text: str, language: str) -> Iterator[tuple[str, str]]:
    """What in *text* is counted in another form than its number asks for, and the right one, "" where it cannot be
    known: "3 مقال", "3 مقالات"; "2 مقالان", "مقالان"."""
    speak = words(language)
    if speak.language != language.partition("-")[0]:
        return
    grammar = _grammar(speak.language)
    tokens = list(_TOKEN.finditer(text))
    keys = [fold(each[0]) for each in tokens]
    at = 0
    while at < len(tokens):
        number = tokens[at][0].isdecimal() and len(keys[at]) <= _LONGEST
        run = _run(keys, at + number, grammar)
        end = at + len(run) + number
        if number:
            yield from _counted(text, tokens[at : end + 1], tuple(run), speak, grammar)
        elif grammar.duals.intersection(run) and not _stands(tuple(run), grammar):
            yield text[tokens[at].start() : tokens[end - 1].end()], ""
        at = max(at + 1, end)


def _run(keys: Sequence[str], at: int, grammar: _Grammar) -> list[str]:
    end = at
    while end < len(keys) and keys[end] in grammar.inflected:
        end += 1
    return list(keys[at:end])


def _counted(
    text: str, tokens: Sequence[re.Match[str]], run: tuple[str, ...], speak: Words, grammar: _Grammar
) -> Iterator[tuple[str, str]]:
    """*tokens*: the number, the words of *run*, and one more where there is any."""
    number = int(tokens[0][0])
    if not run:
        following = fold(tokens[1][0]) if len(tokens) > 1 and _beside(text, tokens) else ""
        if _ending(following, grammar):
            yield text[tokens[0].start() : tokens[1].end()], ""
        return
    if not _beside(text, tokens) or not grammar.nouns.union(*_alone(grammar)).intersection(run):
        return
    fits = [form for form in _right(number, speak, grammar) if form.number and form.after[: len(run)] == run]
    if not fits:
        yield (
            text[tokens[0].start() : tokens[len(run)].end()],
            _better(number, run, tokens[0][0], speak, grammar),
        )


def _beside(text: str, tokens: Sequence[re.Match[str]]) -> bool:
    """Whether the word stands right behind the number."""
    return text[tokens[0].end() : tokens[1].start()] in (" ", "\xa0")


def _alone(grammar: _Grammar) -> Iterator[frozenset[str]]:
    """The words of forms that hold no number."""
    for _, forms in grammar.messages:
        yield frozenset(word for form in forms if not form.number for word in form.after)


def _right(number: int, speak: Words, grammar: _Grammar) -> Iterator[Form]:
    for message, _ in grammar.messages:
        yield _form(speak.form(*message, number))


def _better(number: int, run: tuple[str, ...], written: str, speak: Words, grammar: _Grammar) -> str:
    """The message that has most of these words, for *number*."""
    shares = {
        message: len({word for form in forms for word in form.after}.intersection(run))
        - len(forms[-1].after) / 100
        for message, forms in grammar.messages
    }
    message = max(shares, key=lambda each: shares[each])
    return speak.count(*message, number, digits_in(written) or "latn")


def _stands(run: tuple[str, ...], grammar: _Grammar) -> bool:
    """Whether words that no number stands before are a part of some form."""
    return any(
        form.after[start : start + len(run)] == run
        for _, forms in grammar.messages
        for form in forms
        for start in range(len(form.after))
    )


def _ending(word: str, grammar: _Grammar) -> bool:
    """Whether *word* is a noun that we count with an ending that it has behind no number."""
    return not any(map(str.isdecimal, word)) and any(
        len(noun) >= _SHORTEST and word != noun and len(_shared(word, noun)) >= max(_SHORTEST, len(noun) - 1)
        for noun in grammar.nouns
    )


def _shared(one: str, other: str) -> str:
    size = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:size]


def _form(text: str) -> Form:
    before, number, after = text.partition("%(n)s")
    if not number:
        before, after = "", text
    cut = [tuple(fold(each[0]) for each in _TOKEN.finditer(part)) for part in (before, after)]
    return Form(cut[0], cut[1], bool(number))


@lru_cache(maxsize=8)
def _grammar(language: str) -> _Grammar:
    speak = words(language)
    messages = tuple((message, tuple(map(_form, forms))) for message, forms in speak.plurals.items())
    inflected, nouns = set[str](), set[str]()
    for _, forms in messages:
        counted: list[set[str]] = [set(form.after) for form in forms if form.number]
        inflected |= {word for form in forms for word in form.after} - counted[0].intersection(*counted)
        nouns |= {form.after[0] for form in forms if form.number and form.after}
    return _Grammar(messages, frozenset(inflected | nouns), frozenset(nouns), _duals(speak, messages))


def _duals(speak: Words, messages: _Messages) -> frozenset[str]:
    found, others = set[str](), set[str]()
    for message, forms in messages:
        two = _form(speak.form(*message, 2))
        found.update(() if two.number else two.after)
        others.update(word for form in forms if form != two for word in form.after)
    return frozenset(found - others)
