"""What every reader gives: canonical text, its blocks, what the file says about itself, and what an editor should know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.types import Block, BlockKind, Problem

_MARKER = re.compile(r"(?:[-–—•*·▪◦●○‣➢✓\uf0b7\uf0a7]|\(?\d{1,2}[.)])\s+(?=\S)")
_QUESTION = re.compile(r"(?:Q|Question)\s*\d{0,2}\s*[:.]\s*(?=\S)", re.IGNORECASE)
_ANSWER = re.compile(r"(?:A|Answer)\s*\d{0,2}\s*[:.]\s*(?=\S)", re.IGNORECASE)
_SPACES = dict.fromkeys([0xA0, 0x202F, 0x2007, 0x2009, 0x200A, 0x3000, 0x0B, 0x0C], " ") | {
    0x2028: "\n",
    0x2029: "\n",
    0x85: "\n",
}
_SILENT = dict.fromkeys([0xAD, 0xFEFF])  # soft hyphen and byte order mark: typesetting, not text
# zero-width and direction marks, tag characters, other controls: nothing a reader sees, and a way to hide words
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\U000e0000-\U000e007f\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
MAX_TEXT = 1_000_000  # characters of one document; the longest real procedure page seen has 60,000
NESTED = 7  # level of a heading that only bold type marks, in a document with real headings


@dataclass(frozen=True, slots=True)
class Content:
    """A file as its reader understood it. `meta` holds lower-case front matter keys; `title` what the format itself names."""

    text: str
    blocks: tuple[Block, ...]
    meta: dict[str, str] = field(default_factory=dict)
    title: str = ""
    problems: tuple[Problem, ...] = ()
    links: tuple[str, ...] = ()


def clean(text: str) -> tuple[str, int]:
    """Text with plain spaces, composed letters and no unseen characters, and how many of those were taken out."""
    text = text.translate(_SPACES).translate(_SILENT).translate(_LIGATURES)
    text, unseen = _UNSEEN.subn("", text)
    return unicodedata.normalize("NFC", text), unseen


def table_sentence(heads: Sequence[str], cells: Sequence[str]) -> str:
    """("Side", "Minutes"), ("One", "45") -> "Side: One; Minutes: 45"."""
    pairs = [(heads[n] if n < len(heads) else "", cell) for n, cell in enumerate(cells) if cell]
    return "; ".join(f"{head.rstrip(': ')}: {cell}" if head else cell for head, cell in pairs)


def table_sentences(rows: Sequence[Sequence[str]], *, marked: bool) -> list[str]:
    """A table's rows as sentences. `marked`: its first row is known to be its heads; else that is judged from its looks."""
    rows = [[" ".join(cell.split()) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return []
    headed = marked or (len(rows) > 1 and len(rows[0]) > 1 and all(_heads(cell) for cell in rows[0]) and not _labels(rows))
    heads, body = (rows[0], rows[1:]) if headed else ([], rows)
    if not heads and _labels(rows):
        return [f"{row[0].rstrip(': ')}: {row[1]}" if row[1] else row[0] for row in body]
    return [sentence for row in body if (sentence := table_sentence(heads, row))]


def _heads(cell: str) -> bool:
    return bool(cell) and len(cell.split()) <= 8 and cell[-1] not in ".!?;,"


def _labels(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table is a list of names and what they say: two columns, and the first row speaks in sentences too."""
    return (all(len(row) == 2 for row in rows) and rows[0][0].rstrip().endswith(":")) or (
        len(rows[0]) == 2 and rows[0][1].endswith(".")
    )


class BlockWriter:
    """Blocks written one after another become canonical text whose spans are known as it grows."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.unseen = 0  # unseen characters that were taken out
        self._parts: list[str] = []
        self._length = 0

    def add(self, kind: BlockKind, words: str, level: int = 0) -> None:
        """Appends a block; white space is folded, empty blocks are left out."""
        words, unseen = clean(words)
        self.unseen += unseen
        words = " ".join(words.split())
        if not words:
            return
        mark = "- " if kind is BlockKind.ITEM else ""
        start = self._length + len(mark)
        self.blocks.append(Block(kind, start, start + len(words), level))
        gap = "\n" if kind is BlockKind.ITEM else "\n\n"
        self._parts.append(mark + words + gap)
        self._length += len(mark) + len(words) + len(gap)

    def heading(self, words: str, level: int) -> None:
        """Appends a heading without its colon."""
        self.add(BlockKind.HEADING, words.strip().rstrip(": "), level)

    def paragraph(self, words: str, *, item: bool = False) -> None:
        """Appends a paragraph or list item; a typed list marker, "Q:" or "A:" is understood and left out."""
        words = " ".join(clean(words)[0].split())
        if question := _QUESTION.match(words):
            self.add(BlockKind.QUESTION, words[question.end() :])
        elif answer := _ANSWER.match(words):
            self.add(BlockKind.PARAGRAPH, words[answer.end() :])
        elif marker := _MARKER.match(words):
            self.add(BlockKind.ITEM, words[marker.end() :])
        else:
            self.add(BlockKind.ITEM if item else BlockKind.PARAGRAPH, words)

    def bold(self, words: str) -> None:
        """Appends a paragraph that is all in bold: a question, a heading, or only loud."""
        words = " ".join(clean(words)[0].split())
        if _QUESTION.match(words) or len(words) > 120 or words.endswith((".", "!", ";", ",")) or ": " in words:
            self.paragraph(words)
        else:
            self.heading(words, NESTED)

    def text(self) -> str:
        return "".join(self._parts)

    def finished(self) -> tuple[str, tuple[Block, ...]]:
        """Canonical text and blocks. With bold headings only, their levels are left to the outline; a bold line that
        nothing follows heads nothing."""
        blocks = [
            Block(BlockKind.PARAGRAPH, block.start, block.end)
            if block.level == NESTED and number + 1 == len(self.blocks)
            else block
            for number, block in enumerate(self.blocks)
        ]
        levels = {block.level for block in blocks if block.kind is BlockKind.HEADING}
        if levels == {NESTED}:
            blocks = [Block(block.kind, block.start, block.end) if block.level == NESTED else block for block in blocks]
        return self.text(), tuple(blocks)
