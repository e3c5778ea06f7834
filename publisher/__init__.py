"""Nashir: a folder of articles becomes right-to-left feeds, pages and mailed digests."""

__version__ = "0.1.0"
