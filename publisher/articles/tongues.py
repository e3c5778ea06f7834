"""The language of an article and of each block of it (A7)."""

from publisher.articles.fields import Fields
from publisher.text import direction, filename, language

_SAMPLE = 50_000  # characters: more of a text does not make its language surer

# Fewer letters than this do not tell Arabic from Persian from Urdu surely enough to contradict the article.
_SURE = 120
# What language.detect can tell apart; in any other language its guess at the script's commonest proves nothing.
_KNOWN = frozenset(("ar", "fa", "ur", "ps", "sd", "ug", "ckb", "he", "yi", "en"))
# Written in Arabic and in other letters: the tag alone does not say which (CLDR's likely script would).
_TWO_SCRIPTS = frozenset(("az", "ha", "kk", "ks", "ku", "ky", "ms", "pa", "sd", "tg", "tk", "tt", "ug", "uz"))


def of_article(path: str, fields: Fields, text: str, site: str) -> str:
    """The language that front matter, the file's name or its folder says, else the one its *text* (language.prose)
    is seen to be in, else the *site*'s. Canonical."""
    in_path = filename.language(path)
    declared = fields.language() or (in_path and language.canonical(in_path))
    if declared:
        return _in_script_of(text, declared)
    return language.detect(text[:_SAMPLE], fields.page_language() or site)


def _in_script_of(text: str, tag: str) -> str:
    """*tag* with a script where it needs one: Kurdish is "ku" in Latin letters, "ku-Arab" in Arabic ones."""
    subtags = tag.split("-")
    scripted = any(len(subtag) == 4 and subtag.isalpha() for subtag in subtags[1:])
    if subtags[0] not in _TWO_SCRIPTS or scripted:
        return tag
    likely = direction.of_tag(tag)
    if direction.of_text(text[:_SAMPLE], likely) == likely:
        return tag
    return "-".join((subtags[0], "Latn" if likely == "rtl" else "Arab", *subtags[1:]))


def of_block(words: str, article: str) -> str:
    """The language of a block: the *article*'s, unless its *words* are surely in another: in another direction or
    script, or many."""
    own = language.detect(language.prose(words), article)
    if own == article or language.script(own) != language.script(article):
        return own
    sure = article.partition("-")[0] in _KNOWN and sum(map(str.isalpha, words)) >= _SURE
    return own if sure else article
