"""Readers: addresses, tokens, imports, and (state, event) -> state."""
