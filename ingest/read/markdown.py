"""Markdown becomes canonical plain text, its blocks and its front matter."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.types import Block, BlockKind

_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """`key: value` lines between two `---` lines at the top, and the text after them."""
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    pairs = (line.partition(":") for line in match[1].splitlines() if ":" in line and not line.startswith("#"))
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}, text[match.end() :]


def markdown_blocks(markdown: str) -> tuple[str, tuple[Block, ...]]:
    """Canonical text (what a reader sees, markup left out) and its blocks. A table row becomes a sentence with its headers."""
    writer = BlockWriter()
    heads: list[str] = []
    cells: list[str] = []
    stack: list[str] = []
    level = 0
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown):
        if token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type in ("thead_open", "tbody_open", "list_item_open"):
            stack.append(token.type)
        elif token.type in ("thead_close", "tbody_close", "list_item_close"):
            stack.pop()
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            if stack[-1] == "thead_open":
                heads = cells
            else:
                writer.add(BlockKind.ITEM, table_sentence(heads, cells))
        elif token.type == "inline":
            words = _plain(token)
            if stack and stack[-1] in ("thead_open", "tbody_open"):
                cells.append(words)
            elif level:
                writer.add(BlockKind.HEADING, words.rstrip(": "), level)
                level = 0
            else:
                writer.add(BlockKind.ITEM if stack else BlockKind.PARAGRAPH, words)
        elif token.type in ("fence", "code_block"):
            writer.add(BlockKind.PARAGRAPH, " ".join(token.content.split()))
    return writer.text(), tuple(writer.blocks)


def table_sentence(heads: list[str], cells: list[str]) -> str:
    """("Side", "Minutes"), ("One", "45") -> "Side: One; Minutes: 45"."""
    pairs = [(heads[n] if n < len(heads) else "", cell) for n, cell in enumerate(cells) if cell]
    return "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs)


class BlockWriter:
    """Blocks written one after another become canonical text whose spans are known as it grows."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0

    def add(self, kind: BlockKind, words: str, level: int = 0) -> None:
        """Appends a block; white space is folded, empty blocks are left out."""
        words = " ".join(words.split())
        if not words:
            return
        mark = "- " if kind is BlockKind.ITEM else ""
        start = self._length + len(mark)
        self.blocks.append(Block(kind, start, start + len(words), level))
        gap = "\n" if kind is BlockKind.ITEM else "\n\n"
        self._parts.append(mark + words + gap)
        self._length += len(mark) + len(words) + len(gap)

    def text(self) -> str:
        return "".join(self._parts)


def _plain(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)
