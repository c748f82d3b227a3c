"""A document's blocks become its outline: the headings, sections and passages a reader sees, nothing of the text lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.kinds import COURSE, gathers_course, kind_of
from ingest.sentences import sentence_spans
from ingest.types import Block, BlockKind, Document, Outline, Passage, Section

RULES = "5"  # part of every manifest: raise it when the same file would give other passages, and everything is rebuilt
MAX_WORDS = 80  # of one passage: a patient reads it whole; longer paragraphs are cut between sentences
_LABEL = re.compile(r"(?=[A-Z0-9])([^.:!?\n]{2,60}):\s+(?=\S)")
_NOT_LABELS = frozenset({"note", "notes", "important", "please note", "warning", "tip", "remember", "caution", "example"})
_GAP = re.compile(r"[\s\-–—•*·▪◦●○‣:#.()\dQqAa]*")  # what may stand between headings and passages: space, markers, colons


_QUESTION_LEVEL = 9  # below every heading


@dataclass(frozen=True, slots=True)
class _Open:
    """A heading that text now stands under, and the number of its block."""

    level: int
    heading: str
    number: int


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block of body text under its heading path."""

    block: Block
    path: tuple[str, ...]
    question: str


def outline(document: Document, blocks: Sequence[Block]) -> Outline:
    """Headings, sections and passages of a document in reading order; offsets are into `document.text`.

    Every character of the text that is neither space nor a list marker is in exactly one heading or passage.
    """
    headings, placed = _place(document, blocks)
    passages = tuple(_passages(document, placed))
    return Outline(document, tuple(headings), tuple(_sections(document, placed)), passages)


def slug_of(words: str) -> str:
    """ "Risks and Side Effects" -> "risks-and-side-effects"; never empty."""
    return re.sub(r"[^\w]+", "-", words.lower()).strip("-") or "section"


def _place(document: Document, blocks: Sequence[Block]) -> tuple[list[tuple[int, int]], list[_Placed]]:
    headings: list[tuple[int, int]] = []
    placed: list[_Placed] = []
    stack: list[_Open] = []  # outermost first
    question = ""
    marked = any(block.level for block in blocks)
    for number, block in enumerate(blocks):
        words = _words(document, block)
        if block.kind is BlockKind.HEADING:
            headings.append((block.start, block.end))
            question = words if words.endswith("?") else ""
            if not _is_title(number, words, document):
                level = block.level if marked else _level_of(document, blocks, number, stack)
                stack = [*[above for above in stack if above.level < level], _Open(level, words, number)]
        elif block.kind is BlockKind.QUESTION:
            headings.append((block.start, block.end))
            question = words
            stack = [*[above for above in stack if above.level < _QUESTION_LEVEL], _Open(_QUESTION_LEVEL, words, number)]
        else:
            path = tuple(one.heading for one in stack) or (document.title,)
            label = _label(document.text, block)
            placed.append(_Placed(block, (*path, label) if label else path, question))
    return headings, placed


def _words(document: Document, block: Block) -> str:
    return " ".join(document.text[block.start : block.end].split())


def _is_title(number: int, words: str, document: Document) -> bool:
    return number == 0 and words.casefold() == document.title.casefold()


def _level_of(document: Document, blocks: Sequence[Block], number: int, stack: list[_Open]) -> int:
    """The level of an unmarked heading: 2 under a parent that gathers others, else 1.

    A parent is a heading with no text of its own. It ends at the next heading of its own look (with or without a
    colon, when its children look otherwise), and "Procedure Details" also where the course of the visit ends.
    """
    if not stack or blocks[stack[0].number + 1].kind is not BlockKind.HEADING:
        return 1
    parent = stack[0]
    if gathers_course(parent.heading):
        kind = kind_of(_words(document, blocks[number]))
        return 1 if kind is not None and kind not in COURSE else 2
    looks = [_colon_after(document, blocks[n]) for n in (parent.number, parent.number + 1, number)]
    return 1 if looks[2] == looks[0] and looks[1] != looks[0] else 2


def _colon_after(document: Document, block: Block) -> bool:
    return document.text[block.end : block.end + 1] == ":"


def _label(text: str, block: Block) -> str | None:
    """The run-in label of a paragraph or list item: "Serious Risks" of "Serious Risks: Rare risks include…"."""
    match = _LABEL.match(text, block.start, block.end)
    if match is None:
        return None
    label = " ".join(match[1].split())
    return None if len(label.split()) > 7 or label.lower() in _NOT_LABELS else label


def _passages(document: Document, placed: Sequence[_Placed]) -> Iterator[Passage]:
    ordinals: Counter[str] = Counter()
    for one in placed:
        place = "/".join([document.slug, *map(slug_of, one.path)])
        for start, end in _cut(document.text, one.block):
            yield Passage(
                f"{place}/{ordinals[place]}", document.slug, one.path, start, end, document.text[start:end], one.question
            )
            ordinals[place] += 1


def _cut(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Spans of at most MAX_WORDS words, cut between sentences only."""
    start = stop = block.start
    for begin, end in sentence_spans(text, block.start, block.end):
        if stop == start:
            start = begin
        elif len(text[start:end].split()) > MAX_WORDS:
            yield start, stop
            start = begin
        stop = end
    yield start, stop


def _sections(document: Document, placed: Sequence[_Placed]) -> Iterator[Section]:
    """One section a heading path, run-in labels included, each spanning its text and that of the headings under it."""
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    for one in placed:
        for depth in range(1, len(one.path) + 1):
            start, _ = spans.get(one.path[:depth], (one.block.start, 0))
            spans[one.path[:depth]] = (start, one.block.end)
    for path, (start, end) in spans.items():
        yield Section(document.slug, path, start, end)


def only_marks(text: str) -> bool:
    """Whether a run of text between headings and passages is nothing a reader reads: space, markers, colons, "Q:"."""
    return _GAP.fullmatch(text) is not None
