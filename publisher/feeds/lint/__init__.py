"""The conformance check of anybody's feed: RSS, Atom or JSON, right-to-left first. Bytes in, remarks out."""
