"""One feed, all rules: bytes in, report out."""

from collections.abc import Iterator
from datetime import datetime

from publisher.feeds.lint import (
    on_content,
    on_dates,
    on_editions,
    on_ids,
    on_language,
    on_links,
    on_server,
    on_texts,
    opening,
    reading,
)  # fmt: skip
from publisher.feeds.lint.document import Document, Fault
from publisher.feeds.lint.on_server import Served
from publisher.feeds.lint.remarks import Remark, Report
from publisher.feeds.lint.view import View
from publisher.model.site import Site


def check(data: bytes, now: datetime, served: Served | None = None, site: Site | None = None) -> Report:
    """What is wrong with the feed in *data*; *served*: what the server said, for one from a URL; *site*: whose
    newsletters are known, if their feed it is. In the order of the
    lines. Never raises for what stands in *data*; time is linear in its length."""
    root, text, remarks = opening.opened(data)
    document = reading.document(root, text) if root is not None else None
    if document is None:
        if root is not None:
            remarks.append(Remark("not-a-feed", "document", 1, "is XML, and neither RSS nor Atom"))
        return Report(None, "", "", 0, "", _sorted(remarks))
    view = View(document)
    remarks += _faults(document)
    remarks += on_language.check(view)
    remarks += on_texts.check(view)
    remarks += on_content.check(view)
    remarks += on_dates.check(view, now)
    remarks += on_ids.check(view)
    remarks += on_links.check(view)
    if site:
        remarks += on_editions.check(view, site)
    if served:
        remarks += on_server.check(document, served)
    return Report(
        document.kind,
        document.language,
        view.direction,
        len(document.entries),
        document.generator,
        _sorted(remarks),
    )


def _sorted(remarks: list[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(dict.fromkeys(remarks), key=lambda each: (each.line or 0, each.entry or 0)))


def _faults(document: Document) -> Iterator[Remark]:
    for each in document.faults:
        yield _fault(each, None)
    for entry in document.entries:
        for each in entry.faults:
            yield _fault(each, entry.number)
    if document.kind != "json":
        sheets = document.stylesheets
        for sheet in sheets:
            if "xsl" in sheet.type or "xml" in sheet.type:
                yield Remark("xslt-stylesheet", "xml-stylesheet", sheet.line, sheet.type)
        if not sheets:
            yield Remark("no-stylesheet", "document", 1)


def _fault(fault: Fault, entry: int | None) -> Remark:
    return Remark(fault.rule, fault.where, fault.line, fault.found, entry=entry)
