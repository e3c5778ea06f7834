"""Digests: when an edition is due, what goes in, and the letter it makes."""
