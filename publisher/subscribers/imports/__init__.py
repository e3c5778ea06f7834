"""Reading lists of readers as other programs export them (L7): bytes to rows, each with what it says, or why not."""

from publisher.subscribers.imports.formats import Row
from publisher.subscribers.imports.reader import rows
from publisher.subscribers.imports.sources import read

__all__ = ["Row", "read", "rows"]
