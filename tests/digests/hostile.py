"""Headlines that are no headlines."""

hostile: dict[str, str] = {}
