"""One verb a file: read, decide, write. What touches the world is handed in."""
