"""The pages of a PDF become lines of visible text with their place, size and weight."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTChar, LTCurve, LTFigure, LTImage, LTRect, LTTextLine
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.psexceptions import PSException

from ingest.read.pdf_grids import Cell, Grid, find_grids
from ingest.read.problems import refuse

MAX_PAGES = 200  # of one document; the longest real procedure leaflet seen has 24
TINY = 2.0  # points: smaller letters are not read by anybody
_INVISIBLE = 3  # PDF text rendering mode: neither filled nor stroked


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. Points; y grows upwards."""

    page: int
    x0: float
    x1: float
    y0: float
    y1: float
    size: float
    bold: bool
    text: str
    height: float  # of the page
    cell: Cell | None = None  # of the table it stands in
    row: bool = False  # a table's row that was made a sentence


@dataclass(frozen=True, slots=True)
class Pages:
    """What is seen, what is hidden, and how many pages and pictures there are."""

    lines: tuple[Line, ...]
    hidden: tuple[tuple[str, str], ...]  # (how, words)
    count: int
    pictures: int
    grids: tuple[Grid, ...] = ()


class _Device(PDFPageAggregator):
    """Marks characters that are drawn in no colour at all."""

    mode = 0

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self.mode = textstate.render
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(self, *args: Any, **rest: Any) -> float:
        before = len(self.cur_item)
        advance = super().render_char(*args, **rest)
        if len(self.cur_item) > before:
            self.cur_item._objs[-1].mode = self.mode  # type: ignore[attr-defined]
        return advance


# What pdfminer raises on damaged files besides its own errors, seen on 600 mutated files.
BROKEN = (
    PSException, ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, RecursionError, OverflowError, ArithmeticError,
    struct.error, zlib.error, EOFError, NotImplementedError, UnicodeError, OSError,
)  # fmt: skip


def read_pages(raw: bytes, name: str) -> Pages:
    """Raises DocumentError."""
    try:
        document = PDFDocument(PDFParser(io.BytesIO(raw)))
        return _read(document, name)
    except PDFEncryptionError:
        refuse("encrypted", name, "The PDF is protected with a password.", "Save it again without a password.")
    except BROKEN as error:
        refuse(
            "damaged",
            name,
            f"The PDF is cut off or damaged ({type(error).__name__}).",
            "Upload it again, or export it anew from the program it was made with.",
        )


def _read(document: PDFDocument, name: str) -> Pages:
    manager = PDFResourceManager()
    device = _Device(manager, laparams=LAParams())
    interpreter = PDFPageInterpreter(manager, device)
    lines: list[Line] = []
    hidden: list[tuple[str, str]] = []
    grids: list[Grid] = []
    pictures = count = 0
    for page in PDFPage.create_pages(document):
        count += 1
        if count > MAX_PAGES:
            refuse("too-long", name, f"The PDF has more than {MAX_PAGES} pages.", "Split it into one document a procedure.")
        interpreter.process_page(page)
        layout = device.get_result()
        found = list(_walk(layout))
        images = sum(isinstance(one, LTImage) for one in found)
        pictures += images
        coloured = [one for one in found if isinstance(one, LTRect) and one.fill and not _white(one.non_stroking_color)]
        text = [one for one in found if isinstance(one, LTTextLine)]
        letters = [char for line in text for char in line if isinstance(char, LTChar)]
        scanned = images > 0 and all(
            getattr(char, "mode", 0) == _INVISIBLE for char in letters
        )  # OCR lays unseen text over the picture
        here = find_grids([one for one in found if isinstance(one, LTCurve)], count, len(grids))
        grids += here
        for line in text:
            _add(line, count, layout, coloured, scanned, here, lines, hidden)
    return Pages(tuple(lines), tuple(hidden), count, pictures, tuple(grids))


def _walk(item: Any, depth: int = 0) -> Iterator[Any]:
    """Every text line, drawn line, rectangle and image below an item, in pdfminer's reading order."""
    for one in item:
        if isinstance(one, LTTextLine | LTCurve | LTImage):
            yield one
        elif hasattr(one, "__iter__") and not isinstance(one, LTChar) and depth < 20:
            if isinstance(one, LTFigure):
                one.analyze(LAParams(all_texts=True))
            yield from _walk(one, depth + 1)


def _add(
    line: Any,
    page: int,
    layout: Any,
    coloured: list[Any],
    scanned: bool,
    grids: Sequence[Grid],
    lines: list[Line],
    hidden: list[tuple[str, str]],
) -> None:
    """What is seen of a line, cut where it goes from one cell of a table into the next, and what is hidden of it."""
    seen: list[tuple[Cell | None, list[Any]]] = [(None, [])]
    unseen: dict[str, str] = {}
    for char in line:
        if not isinstance(char, LTChar):
            seen[-1][1].append(char)  # a space that pdfminer put between two letters
        elif how := _hides(char, layout, coloured, scanned):
            unseen[how] = unseen.get(how, "") + char.get_text()
        else:
            x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
            cell = next((cell for grid in grids if (cell := grid.cell_at(x, y))), None)
            if cell != seen[-1][0]:
                seen.append((cell, []))
            seen[-1][1].append(char)
    hidden += [(how, words) for how, words in unseen.items() if words.strip()]
    for cell, chars in seen:
        letters = [one for one in chars if isinstance(one, LTChar) and one.get_text().strip()]
        if letters:
            text = "".join(one.get_text() for one in chars)
            lines.append(_line(letters, " ".join(text.split()), line, page, layout.height, cell))


def _line(letters: list[Any], text: str, line: Any, page: int, height: float, cell: Cell | None) -> Line:
    heavy = sum(any(word in one.fontname.lower() for word in ("bold", "black", "heavy", "semibold")) for one in letters)
    size = sorted(one.size for one in letters)[len(letters) // 2]
    x0, x1 = min(one.x0 for one in letters), max(one.x1 for one in letters)
    return Line(page, x0, x1, line.y0, line.y1, round(size, 1), heavy > 0.9 * len(letters), text, height, cell)


def _hides(char: Any, layout: Any, coloured: list[Any], scanned: bool) -> str | None:
    if getattr(char, "mode", 0) == _INVISIBLE and not scanned:
        return "Text drawn in no colour"
    if char.size < TINY:
        return "Text too small to read"
    x, y = (char.x0 + char.x1) / 2, (char.y0 + char.y1) / 2
    if not (layout.x0 <= x <= layout.x1 and layout.y0 <= y <= layout.y1):
        return "Text off the page"
    if _white(char.graphicstate.ncolor) and not any(one.x0 <= x <= one.x1 and one.y0 <= y <= one.y1 for one in coloured):
        return "White text on white"
    return None


def _white(colour: Any) -> bool:
    """Grey or RGB 1, CMYK 0."""
    values = colour if isinstance(colour, tuple | list) else (colour,)
    if not values or not all(isinstance(value, int | float) for value in values):
        return False
    return all(value <= 0.02 for value in values) if len(values) == 4 else all(value >= 0.98 for value in values)
