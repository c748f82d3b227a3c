"""Plain text as people paste it from a page builder becomes blocks: headings, paragraphs and list items with their spans."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ingest.read.content import Content
from ingest.read.decode import decode
from ingest.types import Block, BlockKind

_MARKER_ALONE = re.compile(r"[-–—•*·▪◦●○‣]")
_MARKER = re.compile(r"(?:[-–—•*·▪◦●○‣]|\(?\d{1,2}[.)])\s+(?=\S)")
_NUMBER = re.compile(
    r"(?:\d{1,2}[.)]|\d{1,2}(?:\.\d{1,2})+[.)]?)\s+(?=[A-Z])"
)  # of a heading: "3. Getting ready", "3.1 The day before"
_QUESTION = re.compile(r"(?:Q|Question)\s*[:.]\s*(?=\S)", re.IGNORECASE)
_ANSWER = re.compile(r"(?:A|Answer)\s*[:.]\s*(?=\S)", re.IGNORECASE)
MAX_HEADING = 90  # characters; the longest heading seen on 40 clinics' pages had 71
WRAPPED = 55  # a line shorter than this was not broken by the width of an editor


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    after_blank: bool


def read_text(raw: bytes, name: str) -> Content:
    """Raises DocumentError."""
    text, problems = decode(raw, name)
    return Content(text, text_blocks(text), problems=tuple(problems))


def text_blocks(text: str) -> tuple[Block, ...]:
    """Blocks of loosely laid out text, the first line being the title when it looks like a heading."""
    lines = _lines(text)
    blocks: list[Block] = []
    marked = False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        if _MARKER_ALONE.fullmatch(line.text):
            marked = True
            continue
        if following is not None and _is_numbered_heading(line, following, blocks):
            blocks.append(Block(BlockKind.HEADING, line.start, _without_colon(line), level=0))
        elif marker := _MARKER.match(line.text):
            blocks.append(Block(BlockKind.ITEM, line.start + marker.end(), line.end))
        elif marked:
            blocks.append(Block(BlockKind.ITEM, line.start, line.end))
        elif question := _QUESTION.match(line.text):
            blocks.append(Block(BlockKind.QUESTION, line.start + question.end(), line.end))
        elif answer := _ANSWER.match(line.text):
            blocks.append(Block(BlockKind.PARAGRAPH, line.start + answer.end(), line.end))
        elif following is not None and (not blocks or _is_heading(line, following)) and _can_head(line.text):
            blocks.append(Block(BlockKind.HEADING, line.start, _without_colon(line), level=0))
        elif blocks and _continues(text, blocks[-1], line):
            blocks[-1] = Block(blocks[-1].kind, blocks[-1].start, line.end)
        else:
            blocks.append(Block(BlockKind.PARAGRAPH, line.start, line.end))
        marked = False
    return tuple(blocks)


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    blank = True
    position = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = position + raw.index(stripped)
            lines.append(_Line(start, start + len(stripped), stripped, blank))
        blank = not stripped
        position += len(raw) + 1
    return lines


def _can_head(line: str) -> bool:
    return len(line) <= MAX_HEADING and line[-1] not in ".!;," and len(line.split()) <= 14


def _is_heading(line: _Line, following: _Line) -> bool:
    text = line.text
    if text.endswith((":", "?")):
        return text[0].isupper() and "." not in text[:-1]
    if not text[0].isupper() or ": " in text or len(text.split()) > 10:
        return False
    long_words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    titled = sum(word[0].isupper() for word in long_words) >= 0.6 * len(long_words)
    opens_text = line.after_blank and len(following.text) > len(text) and following.text[-1] in ".!?:"
    return (titled and bool(long_words) and following.text[-1] in ".!?:-–—•*·" and len(following.text) != 0) or opens_text


def _is_numbered_heading(line: _Line, following: _Line, blocks: list[Block]) -> bool:
    """ "3. Getting ready" over its text, as opposed to the third item of a list."""
    opens = line.after_blank or (bool(blocks) and blocks[-1].kind is BlockKind.HEADING)
    number = _NUMBER.match(line.text)
    if number is None or not opens or _MARKER.match(following.text) or not _can_head(line.text):
        return False
    return _is_heading(replace(line, text=line.text[number.end() :], after_blank=True), following)


def _without_colon(line: _Line) -> int:
    return line.end - (len(line.text) - len(line.text.rstrip(": ")))


def _continues(text: str, block: Block, line: _Line) -> bool:
    """Whether a line is the rest of a paragraph that an editor's width broke."""
    if line.after_blank or block.kind is BlockKind.HEADING or line.start - block.end > 3:
        return False
    last = text[max(block.start, text.rfind("\n", block.start, block.end) + 1) : block.end]
    return len(last) >= WRAPPED and last[-1] not in ".!?:;"
