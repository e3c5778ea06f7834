"""What a mail program made of a letter, beside what was written: the computed direction of everything with text.

The measuring is done by the program's own engine: SCRIPT runs in the document that it shows. What was written is the
letter's HTML part as it is, opened in Chromium.
"""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# A list of [text, direction, text-align, side the lines keep to, font, pixels, line height] for each element of ROOT
# that holds text of its own and is seen. `side` is measured: the first line's distance to the edges of its block.
SCRIPT = """
const view = root.ownerDocument.defaultView;
const found = [];
for (const element of root.querySelectorAll("*")) {
    const own = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join(" ");
    const text = own.replace(/[\\s\\u00a0\\u034f\\u200b-\\u200f]+/g, " ").trim();
    if (!text || ["STYLE", "TITLE", "SCRIPT"].includes(element.tagName)) continue;
    const style = view.getComputedStyle(element);
    if (!element.getClientRects().length || style.visibility === "hidden") continue;
    let block = element;
    while (view.getComputedStyle(block).display.startsWith("inline") && block.parentElement) {
        block = block.parentElement;
    }
    const range = root.ownerDocument.createRange();
    range.selectNodeContents(block);
    const lines = [...range.getClientRects()].filter(line => line.width > 1);
    const box = block.getBoundingClientRect();
    const top = Math.min(...lines.map(line => line.top));
    const first = lines.filter(line => line.top < top + 8);
    const left = Math.min(...first.map(line => line.left)) - box.left;
    const right = box.right - Math.max(...first.map(line => line.right));
    const inline = style.display === "inline"; // stands where the text before it ends
    const side = inline || Math.abs(left - right) < 6 ? "full" : left < right ? "left" : "right";
    found.push([text, style.direction, style.textAlign, side, style.fontFamily.split(",")[0].replaceAll('"', ""),
        parseFloat(style.fontSize), parseFloat(style.lineHeight) / parseFloat(style.fontSize) || 0]);
}
return found;
"""
START = {"rtl": "right", "ltr": "left"}


@dataclass(frozen=True, slots=True)
class Block:
    """Text as an engine sets it."""

    text: str
    direction: str
    align: str
    side: str  # where its first line is: "left", "right", or "full" where it reaches both edges
    font: str
    pixels: float
    leading: float

    @property
    def key(self) -> str:
        """Its text; Roundcube writes all double quotation marks as one."""
        return re.sub("[“”„‟]", '"', self.text)

    @property
    def aligned(self) -> str:
        """`text-align` without the words that mean another one, and without a browser's prefix."""
        align = self.align.rpartition("-")[2]
        return START[self.direction] if align == "start" else align


@dataclass(slots=True)
class Compared:
    """How many blocks of how many letters are shown otherwise than written, by what differs."""

    letters: int = 0
    blocks: int = 0
    lost: list[str] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)
    turned: list[str] = field(
        default_factory=list
    )  # blocks whose first line is not where their direction begins
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, written: Iterable[Block], shown: Iterable[Block]) -> None:
        """Count the blocks of the letter *name*, found by their text and their place among those that share it."""
        self.letters += 1
        left: dict[str, list[Block]] = {}
        for block in shown:
            left.setdefault(block.key, []).append(block)
            if block.side not in {"full", START[block.direction]}:
                self.turned.append(f"{name}: {block.text[:60]}")
        for block in written:
            self.blocks += 1
            same = left.get(block.key)
            if not same:
                self.lost.append(f"{name}: {block.text[:60]}")
                continue
            self._differences(name, block, same.pop(0))

    def _differences(self, name: str, written: Block, shown: Block) -> None:
        pairs: Mapping[str, tuple[object, object]] = {
            "direction": (written.direction, shown.direction),
            "text-align": (written.aligned, shown.aligned),
            "side": (written.side, shown.side),
            "font": (written.font, shown.font),
            "size": (round(written.pixels), round(shown.pixels)),
            "line height": (round(written.leading, 1), round(shown.leading, 1)),
        }
        for what, (before, after) in pairs.items():
            if before != after and not (what == "side" and "full" in {before, after}):
                self.other[what] += 1
                self.examples.setdefault(what, f"{name}: {before} -> {after}: {written.text[:50]}")

    def __str__(self) -> str:
        lines = [f"{self.letters} letters, {self.blocks} blocks with text, {len(self.lost)} not found"]
        lines.append(f"  {len(self.turned)} begin at the side where their direction ends {self.turned[:3]}")
        lines += [f"  not found: {each}" for each in self.lost[:5]]
        for what in ("direction", "text-align", "side", "font", "size", "line height"):
            lines.append(f"  {what:12} {self.other[what]:5} differ  {self.examples.get(what, '')}")
        return "\n".join(lines)


def blocks(found: Iterable[list[Any]]) -> list[Block]:
    """What SCRIPT returned."""
    return [Block(*each) for each in found]


def parts(path: Path) -> tuple[str, str]:
    """Plain text and HTML of the letter in *path*."""
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()


def message_id(path: Path) -> str:
    """Of the letter in *path*, without angle brackets."""
    return path.read_bytes().partition(b"Message-ID: <")[2].partition(b">")[0].decode()
