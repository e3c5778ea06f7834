"""Bytes to Manuscript and Body: what a file of the article folder says. The one door is folder.py."""
