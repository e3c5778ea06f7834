"""The markup of Word documents, in both of its namespaces."""

from lxml import etree

# [ECMA-376] part 1 (Word names both; LibreOffice and Google Docs the first)
_MAIN = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)


def named(element: etree._Element, name: str) -> bool:
    """Whether *element* is a w:*name*."""
    return any(element.tag == f"{space}{name}" for space in _MAIN)


def each(root: etree._Element, name: str) -> list[etree._Element]:
    """Every w:*name* below *root*, in order; a list, so that they may be moved."""
    return list(root.iter(*(f"{space}{name}" for space in _MAIN)))


def value(element: etree._Element, name: str = "val") -> str:
    """The attribute w:*name*; "" if it is missing."""
    return next((element.get(f"{space}{name}", "") for space in _MAIN if element.get(f"{space}{name}")), "")
