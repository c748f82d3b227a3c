"""The ruled lines of a PDF page become grids of cells, so that a letter knows which cell it stands in.

A table that is set without lines is not found: its words are read as lines of text, as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pdfminer.layout import LTCurve

THIN = 3.0  # points: a rectangle as thin as this is a line
SNAP = 3.0  # points by which lines that should meet may miss each other; pdfplumber's own figure
MOST_EDGES = 1_000  # of one page: more are a drawing, and looking for cells in it would take seconds


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table; `table` counts the tables of the document, rows and columns count from 0."""

    table: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table of at least two rows and two columns. Points; y grows upwards."""

    number: int  # among the tables of the document
    page: int
    x0: float
    x1: float
    y0: float
    y1: float
    columns: tuple[float, ...]  # left edges
    boxes: tuple[tuple[Cell, float, float, float, float], ...]  # (cell, x0, y0, x1, y1)

    def cell_at(self, x: float, y: float) -> Cell | None:
        if not (self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1):
            return None
        return next((cell for cell, x0, y0, x1, y1 in self.boxes if x0 <= x < x1 and y0 < y <= y1), None)


def find_grids(drawn: Sequence[LTCurve], page: int, known: int) -> list[Grid]:
    """The tables that a page's lines and rectangles rule; `known` tables stand on earlier pages."""
    edges = [edge for one in drawn if one.stroke or one.fill for edge in _edges(one)]
    if not 6 <= len(edges) <= MOST_EDGES:  # two rows of two columns have three lines each way
        return []
    from pdfplumber import table as ruled  # a third of a second that a page without lines need not wait

    cells = ruled.intersections_to_cells(
        ruled.edges_to_intersections(ruled.merge_edges(edges, SNAP, SNAP, SNAP, SNAP), SNAP, SNAP)
    )
    grids: list[Grid] = []
    for boxes in ruled.cells_to_tables(cells):
        lefts, tops = (tuple(sorted({box[side] for box in boxes})) for side in (0, 1))
        if len(lefts) > 1 and len(tops) > 1:
            number = known + len(grids)
            placed = tuple(
                (Cell(number, tops.index(top), lefts.index(x0)), x0, -bottom, x1, -top) for x0, top, x1, bottom in boxes
            )
            x0, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
            x1, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
            grids.append(Grid(number, page, x0, x1, -bottom, -top, lefts, placed))
    return grids


def _edges(one: LTCurve) -> Iterator[dict[str, Any]]:
    """What pdfplumber calls edges: a thin shape is one, a rectangle four. Its y grows downwards."""
    if one.height <= THIN:
        middle = (one.y0 + one.y1) / 2
        if one.width > THIN:
            yield _edge("h", one.x0, one.x1, middle, middle)
    elif one.width <= THIN:
        middle = (one.x0 + one.x1) / 2
        yield _edge("v", middle, middle, one.y0, one.y1)
    elif _upright(one):
        for y in (one.y0, one.y1):
            yield _edge("h", one.x0, one.x1, y, y)
        for x in (one.x0, one.x1):
            yield _edge("v", x, x, one.y0, one.y1)


def _upright(one: LTCurve) -> bool:
    """Whether every side of a shape is level or upright; a slanted line or a circle rules nothing."""
    return len(one.pts) > 2 and all(abs(a[0] - b[0]) < 0.5 or abs(a[1] - b[1]) < 0.5 for a, b in pairwise(one.pts))


def _edge(way: str, x0: float, x1: float, y0: float, y1: float) -> dict[str, Any]:
    return {"orientation": way, "x0": x0, "x1": x1, "top": -y1, "bottom": -y0, "width": x1 - x0, "height": y1 - y0}
