"""A span of canonical text becomes blocks that a template can draw: headings, paragraphs and list items, quotes marked.

Nothing is rewritten. Only list markers and the `#` and `:` of heading lines, which a screen shows by other means, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Literal

from ingest.types import Section

Span = tuple[int, int]
_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"[ \t]*(?:[-*•–·▪◦]|\(?\d{1,2}[.)])(?:[ \t]+|$)")
_LABEL = re.compile(r"[A-Z][^.:!?\n]{1,58}:(?=[ \t])")  # "Serious Risks: …", at most eight or nine words


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look alike."""

    text: str
    marked: bool = False
    strong: bool = False
    term: str = ""  # number of the meaning that explains these words, from "1"


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph or list item. `level` is 1 for the outermost heading, 0 for what is none."""

    kind: Literal["heading", "paragraph", "item"]
    runs: tuple[Run, ...]
    level: int = 0
    anchor: str = ""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def blocks(
    text: str,
    start: int,
    end: int,
    *,
    marks: Sequence[Span] = (),
    sections: Sequence[Section] = (),
    terms: Mapping[Span, str] = MappingProxyType({}),
) -> tuple[Block, ...]:
    """The blocks of `text[start:end]`. `marks` are spans to highlight, `sections` name the lines that are headings,
    `terms` are spans that are explained."""
    found: list[Block] = []
    item = _begins_item(text, start)
    for line in _LINE.finditer(text, start, end):
        begin, stop = line.span()
        bare = line.group().strip(" \t#").removesuffix(":")
        if path := _headed_by(bare, stop, sections):
            found.append(Block("heading", (Run(bare),), len(path), anchor(path)))
            item = False
            continue
        if marker := _MARKER.match(text, begin, stop):
            begin, item = marker.end(), True
        if text[begin:stop].strip():
            found.append(Block("item" if item else "paragraph", _runs(text, begin, stop, marks, terms)))
            item = False
    return tuple(found)


def lists(found: Sequence[Block]) -> list[tuple[bool, list[Block]]]:
    """Runs of blocks: (True, the items of one list) or (False, headings and paragraphs), for templates."""
    return [(is_list, list(group)) for is_list, group in groupby(found, key=lambda block: block.kind == "item")]


def anchor(path: Sequence[str]) -> str:
    """The id of a heading on its content page: "risks-and-side-effects.serious-risks"."""
    return ".".join(re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") or "section" for part in path)


def _headed_by(line: str, after: int, sections: Sequence[Section]) -> tuple[str, ...]:
    """The path of the next section after a line that is its heading; empty when the line is none."""
    named = (section for section in sections if section.start >= after and section.path[-1].casefold() == line.casefold())
    nearest = min(named, key=lambda section: (section.start, len(section.path)), default=None)
    return nearest.path if nearest else ()


def _begins_item(text: str, start: int) -> bool:
    """Whether a span that starts inside or below a list marker is that list's item."""
    line_start = text.rfind("\n", 0, start) + 1
    if before := text[line_start:start].strip():
        return bool(_MARKER.fullmatch(f"{before} "))
    previous = text[:line_start].rstrip().rpartition("\n")[2]
    return bool(previous.strip()) and bool(_MARKER.fullmatch(previous.strip()))


def _runs(text: str, begin: int, stop: int, marks: Sequence[Span], terms: Mapping[Span, str]) -> tuple[Run, ...]:
    while begin < stop and text[begin] in " \t":
        begin += 1
    while stop > begin and text[stop - 1] in " \t\r":
        stop -= 1
    label = _LABEL.match(text, begin, stop)
    edges = {begin, stop, *((label.end(),) if label else ())}
    edges |= {min(max(edge, begin), stop) for span in (*marks, *terms) for edge in span}
    return tuple(_cut(text, sorted(edges), label.end() if label else begin, marks, terms))


def _cut(text: str, edges: Sequence[int], strong_until: int, marks: Sequence[Span], terms: Mapping[Span, str]) -> Iterator[Run]:
    for begin, stop in pairwise(edges):
        marked = any(first <= begin and stop <= last for first, last in marks)
        term = next((number for (first, last), number in terms.items() if first <= begin and stop <= last), "")
        yield Run(text[begin:stop], marked, stop <= strong_until, term)
