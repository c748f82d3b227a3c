"""A PDF with text becomes canonical text and blocks: headings by size and weight, paragraphs and lists by place,
tables by their ruled lines."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest.read.content import BlockWriter, Content
from ingest.read.decode import invisible
from ingest.read.pdf_grids import Grid
from ingest.read.pdf_lines import Line, read_pages
from ingest.read.pdf_tables import with_rows
from ingest.read.problems import left_out, refuse, warning
from ingest.types import BlockKind, Problem

_BULLET = re.compile(r"(?:[-–—•*·▪◦●○‣\uf0b7\uf0a7]|\(?\d{1,2}[.)])(?:\s+|$)")
_LABEL = re.compile(r"(?:Q|A|Question|Answer)\s*\d{0,2}\s*[:.]\s")
_PAGE_NUMBER = re.compile(r"(?:page\s*)?\d{1,3}(?:\s*(?:of|/|\|)\s*\d{1,3})?", re.IGNORECASE)
_ENDS = (".", "!", "?", ":", ";")
MARGIN = 0.09  # of a page's height: where running heads and page numbers stand
LARGER = 1.08  # times the body's size: a heading
PITCH = 1.35  # times the usual distance of two lines: a new paragraph
LONGEST_HEADING = 110  # characters


def read_pdf(raw: bytes, name: str) -> Content:
    """Raises DocumentError, for a scan too."""
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    pages = read_pages(raw, name)
    ways = dict.fromkeys(how for how, _ in pages.hidden)
    problems: list[Problem] = [left_out(name, how, " ".join(words for way, words in pages.hidden if way == how)) for how in ways]
    letters = sum(len(line.text) for line in pages.lines)
    if letters < 20 * max(1, pages.count) and (pages.pictures or not letters):
        refuse("no-text-layer", name, "This PDF has no text layer: it is a picture of a page.", "Export it from Word or run OCR.")
    if sum(line.text.count("(cid:") for line in pages.lines) * 10 > letters / 10:
        refuse(
            "unreadable-font",
            name,
            "The PDF's letters cannot be read: its fonts do not say what they stand for.",
            "Export it from Word.",
        )
    lines, running = _without_running_heads(_in_order(pages.lines), pages.count, pages.grids)
    if running:
        problems.append(
            warning(
                "left-out",
                name,
                f"Page heads and numbers were left out: “{' · '.join(running)[:60]}”",
                "They are not part of the text.",
            )
        )
    writer = BlockWriter()
    _write(lines, pages.grids, writer)
    canonical, blocks = writer.finished()
    if writer.unseen:
        problems.append(invisible(name, writer.unseen))
    return Content(canonical, blocks, {}, "", tuple(problems))


def _in_order(lines: Sequence[Line]) -> list[Line]:
    """pdfminer's reading order, with a marker that stands alone brought before the line at its height."""
    alone = [line for line in lines if line.cell is None and _BULLET.fullmatch(line.text)]
    left = {page: [mark for mark in alone if mark.page == page] for page in {mark.page for mark in alone}}
    marks = set(alone)
    ordered: list[Line] = []
    for line in lines:
        if line in marks:
            continue
        waiting = left.get(line.page, [])
        mark = next((one for one in waiting if _before(one, line)), None)
        if mark is not None:
            waiting.remove(mark)
        ordered.append(line if mark is None else replace(line, x0=mark.x0, text=f"{mark.text} {line.text}"))
    return ordered


def _before(mark: Line, line: Line) -> bool:
    """Whether a list marker stands at the height of a line and just left of it. Points."""
    return line.x0 - 60 < mark.x0 and mark.x1 <= line.x0 + 1 and abs(mark.y0 - line.y0) < line.size * 0.7


def _without_running_heads(lines: Sequence[Line], count: int, grids: Sequence[Grid]) -> tuple[list[Line], list[str]]:
    """Lines that are not at a page's edge on most pages, or a page number there; and what was taken out.

    A table is at the edge when all of it is: the last row of a long one is no page number."""

    def edge(one: Line | Grid, height: float) -> bool:
        return one.y0 > height * (1 - MARGIN) or one.y1 < height * MARGIN

    places = {grid.number: grid for grid in grids}
    at_edge = [line for line in lines if edge(line if line.cell is None else places[line.cell.table], line.height)]
    shapes = Counter((re.sub(r"\d+", "#", line.text), round(line.y0 / 5)) for line in at_edge)
    out = {
        line
        for line in at_edge
        if _PAGE_NUMBER.fullmatch(line.text)
        or (count > 1 and shapes[re.sub(r"\d+", "#", line.text), round(line.y0 / 5)] > count / 2)
    }
    return [line for line in lines if line not in out], list(dict.fromkeys(line.text for line in lines if line in out))


def _write(lines: Sequence[Line], grids: Sequence[Grid], writer: BlockWriter) -> None:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    looks = sorted({(line.size, line.bold) for line in lines if _large(line, body)}, reverse=True)
    level_of = {look: number for number, look in enumerate(looks[:6], start=1)}
    known = {word.lower() for line in lines for word in re.findall(r"[^\W\d_]+", line.text)}
    for group in _groups(with_rows(lines, grids, body * LARGER), body):
        first = group[0]
        words = _join([line.text for line in group], known)
        if first.row:
            writer.add(BlockKind.ITEM, words)
        elif _large(first, body) and len(words) <= LONGEST_HEADING:
            writer.heading(words, level_of.get((first.size, first.bold), 6))
        elif all(line.bold for line in group) and len(words) <= LONGEST_HEADING and not _BULLET.match(words):
            writer.bold(words)
        else:
            writer.paragraph(words)


def _large(line: Line, body: float) -> bool:
    return line.size > body * LARGER


def _groups(lines: Sequence[Line], body: float) -> Iterator[list[Line]]:
    """Lines that make one heading, paragraph or list item."""
    steps = [
        above.y0 - below.y0 for above, below in pairwise(lines) if above.page == below.page and 0 < above.y0 - below.y0 < 3 * body
    ]
    steps = [step for step in steps if step > body * 0.8]
    pitch = min(median(steps), body * 1.6) if steps else body * 1.3
    right = max((line.x1 for line in lines), default=0.0)
    group: list[Line] = []
    for line in lines:
        if group and _opens(group, line, pitch, right):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _opens(group: Sequence[Line], line: Line, pitch: float, right: float) -> bool:
    """Whether a line opens a new block."""
    last = group[-1]
    if line.row or last.row or line.cell != last.cell:
        return True
    if abs(line.size - last.size) > 0.6 or _BULLET.match(line.text) or _LABEL.match(line.text):
        return True
    if line.bold != last.bold and all(one.bold for one in group) and not last.text.endswith((",", "-")):
        return True
    if line.page != last.page or line.y0 > last.y0 + 1:  # the next page or column: the sentence goes on when it was not ended
        return last.text.endswith(_ENDS) or last.bold
    if last.y0 - line.y0 > PITCH * max(pitch, 1.0) * (line.size / max(1.0, last.size)):
        return True
    return last.text.endswith(_ENDS) and last.x1 < last.x0 + 0.6 * (right - last.x0)


def _join(lines: Sequence[str], known: set[str]) -> str:
    """Lines as one run of words; a word that the line's end broke is whole again when it also stands whole elsewhere."""
    text = lines[0]
    for line in lines[1:]:
        broken = re.search(r"([^\W\d_]+)-$", text)
        rest = re.match(r"[^\W\d_]+", line)
        if broken and rest and rest[0][0].islower():
            text = text[:-1] + line if (broken[1] + rest[0]).lower() in known else text + line
        else:
            text = f"{text} {line}"
    return text
