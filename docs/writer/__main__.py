"""`make docs`, or `python -m docs.writer` in the repository."""

from pathlib import Path

from docs.writer import manual, page


def main() -> None:
    folder = Path(__file__).parent.parent
    source, pages = folder / "cli.md", folder / "man"
    text = page.renewed(source.read_text("utf-8"))
    source.write_text(text, "utf-8")
    written = manual.pages(text)
    pages.mkdir(exist_ok=True)
    for path in pages.glob("*.1"):
        if path.name not in written:
            path.unlink()
    for name, roff in written.items():
        (pages / name).write_text(roff, "utf-8")


main()
