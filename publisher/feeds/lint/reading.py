"""A parsed document to the values that the rules look at."""

from publisher.feeds.lint import read_atom, read_json, read_rss
from publisher.feeds.lint.document import Document
from publisher.feeds.lint.opening import Root
from publisher.feeds.lint.xml import ATOM, ATOM_03, RDF


def document(root: Root, text: str) -> Document | None:
    """The feed; None where *root* is that of no feed. *text* is a JSON document's own, for its lines."""
    if isinstance(root, dict):
        return read_json.read(root, text)
    namespace, _, name = str(root.tag).rpartition("}")
    if name in ("rss", "RDF") and (name == "rss" or root.tag == f"{RDF}RDF"):
        return read_rss.read(root)
    if name == "feed" and f"{namespace}}}" in (ATOM, ATOM_03, "}"):
        return read_atom.read(root)
    return None
