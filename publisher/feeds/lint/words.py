"""A report for a person: a line for each rule that is broken, the first place in full and the others counted."""

from collections.abc import Callable, Iterator

from publisher.feeds.lint.remarks import Level, Remark, Report

_LINES = 6  # of other places named
_ORDER: tuple[Level, ...] = ("error", "warning", "note")
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}

Paint = Callable[[str, str], str]  # a text and its colour


def lines(source: str, report: Report, paint: Paint) -> Iterator[str]:
    """The lines about *source*: errors first, then warnings and notes; a summary."""
    groups: dict[tuple[str, str], list[Remark]] = {}
    for each in report.remarks:
        groups.setdefault((each.rule, each.where if each.entry is None else ""), []).append(each)
    for level in _ORDER:
        for remarks in groups.values():
            if remarks[0].level == level:
                yield _line(source, remarks, paint)
    yield summary(source, report)
    hint = next((hint for name, hint in _MADE_BY.items() if name in report.generator.lower()), "")
    if hint and (report.count("error") or report.count("warning")):
        yield f"{source}: {hint}"


def _line(source: str, remarks: list[Remark], paint: Paint) -> str:
    one = remarks[0]
    place = source if one.line is None else f"{source}:{one.line}"
    place += f":{one.column}" if one.column else ""
    where = one.where if one.entry is None else f"entry {one.entry}, {one.where}"
    said = f"{where}: {one.found}" if one.found else where
    level = paint(one.level, _COLOURS[one.level])
    what = one.what[0].upper() + one.what[1:]
    return f"{place}: {level} {paint(one.rule, 'bold')}  {said}{_others(remarks)}. {what} — {one.how}"


def _others(remarks: list[Remark]) -> str:
    rest = remarks[1:]
    if not rest:
        return ""
    numbers = list(dict.fromkeys(each.line for each in rest if each.line is not None))
    shown = ", ".join(map(str, numbers[:_LINES])) + (" …" if len(numbers) > _LINES else "")
    shown = f", line{'s' * (len(numbers) > 1)} {shown}" if numbers else ""
    return f" (and {len(rest)} more{shown})"


def summary(source: str, report: Report) -> str:
    if report.kind is None:
        return f"{source}: no feed could be read"
    what = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}[report.kind]
    entries = f"{report.entries} {'entry' if report.entries == 1 else 'entries'}"
    said = f"{report.language or 'no language'}, {report.direction}, {entries}"
    counts = [_counted(report.count(level), level) for level in _ORDER if report.count(level)]
    return f"{source}: {what}, {said}: {', '.join(counts) or 'nothing to mend'}"


def _counted(count: int, level: Level) -> str:
    return f"{count} {level}{'s' if count > 1 else ''}"


# Where the words of a feed are made, by what its <generator> says.
_MADE_BY = {
    "jekyll": "made by Jekyll: `lang: fa` in _config.yml is the feed's language (jekyll-feed); for the rest copy its "
    "feed.xml into your site and change it there",
    "hugo": "made by Hugo: its template is layouts/rss.xml (layouts/_default/rss.xml before 0.146); the language is "
    "languageCode of the site's configuration",
    "wordpress": "made by WordPress: the language is Settings > General > Site Language; the texts pass the filters "
    "the_title_rss, the_excerpt_rss and the_content_feed",
    "ghost": "made by Ghost: the language is Settings > Publication language; for the rest a routes.yaml with a "
    "template of your own",
}
