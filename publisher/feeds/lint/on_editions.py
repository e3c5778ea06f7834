"""What our own words say in the feed of a newsletter of the site that lints it: dates and counts in the titles of its
editions. The words of articles are their authors'."""

from collections.abc import Iterator

from publisher.feeds.lint.remarks import Remark
from publisher.feeds.lint.view import View, Words, words
from publisher.layout import Layout, newsletter_folder
from publisher.model.site import Site
from publisher.text.agreement import misfits
from publisher.text.dated import dates
from publisher.text.quote import quoted

_RULES = {
    "mixed": "edition-digits",
    "digits": "edition-digits",
    "signs": "edition-date",
    "words": "edition-date",
}
_LEAST = 3  # letters: shorter texts of others stand in ours by chance


def check(view: View, site: Site) -> Iterator[Remark]:
    """Remarks on the titles of editions, as *site* writes them; nothing on any other feed."""
    ours = Layout(site.url).url(newsletter_folder(""))
    if not any(each.rel == "self" and each.href.startswith(ours) for each in view.document.links):
        return
    said = [words(each) for each in view.document.texts]
    names = [part for each in said for part in (each, *each.split(" – "))]
    for each in view.entries:
        if each.entry.title:
            yield from _title(each, names, site)


def _title(entry: Words, names: list[str], site: Site) -> Iterator[Remark]:
    text = entry.title
    others = [*names, *(each.text.strip() for each in (entry.facts.passages if entry.facts else ()))]
    for other in sorted((each for each in others if len(each) >= _LEAST), key=len, reverse=True):
        text = text.replace(other, "\ufffc")
    line, number, rest, last = entry.entry.line, entry.entry.number, "", 0
    for each in dates(text, site, (site.language,)):
        rest += text[last : each.start] + "\ufffc"
        last = each.end
        if each.what:
            mend = (
                f"write {quoted(each.right)}; {{{{ date }}}} in the newsletter's subject is right by itself"
            )
            yield Remark(_RULES[each.what], "title", line, quoted(each.found), mend, number)
    for wrong, right in misfits(rest + text[last:], site.language):
        mend = f"write {quoted(right)}" if right else ""
        yield Remark("edition-plural", "title", line, quoted(wrong), mend, number)
