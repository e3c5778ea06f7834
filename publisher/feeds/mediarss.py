"""Pictures and further recordings of an entry in Media RSS 1.5.1, which RSS and Atom readers alike look for (F11)."""

from lxml import etree

from publisher.model.feed import Entry
from publisher.model.media import Shown

NAMESPACE = "http://search.yahoo.com/mrss/"
_NAME = f"{{{NAMESPACE}}}"


def picture(element: etree._Element, entry: Entry) -> None:
    """Add the picture that stands for *entry*, and its thumbnail, to its *element*."""
    if entry.picture is None:
        return
    content(element, entry.picture)
    small = entry.thumbnail or entry.picture
    etree.SubElement(element, f"{_NAME}thumbnail", {"url": small.url} | _size(small))


def content(element: etree._Element, shown: Shown) -> None:
    """Add one file to the *element* of its entry. Direct children, no group: each is another work."""
    kind = shown.type.partition("/")[0]
    told = {"url": shown.url, "fileSize": str(shown.length), "type": shown.type, "medium": kind}
    made = etree.SubElement(element, f"{_NAME}content", told | _size(shown))
    if shown.alt:
        etree.SubElement(made, f"{_NAME}description", {"type": "plain"}).text = shown.alt


def _size(shown: Shown) -> dict[str, str]:
    return {"width": str(shown.width), "height": str(shown.height)} if shown.width and shown.height else {}
