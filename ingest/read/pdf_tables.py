"""The lines that stand in a table's cells become one line a row, a sentence with its heads, where the table stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.read.content import table_sentences
from ingest.read.pdf_grids import SNAP, Grid
from ingest.read.pdf_lines import Line

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's words, and where it begins and ends when it goes over several pages."""

    first: Grid
    last: Grid
    rows: Rows
    marked: bool  # its first row is set in bold and the others are not
    look: Line  # any of its lines


def with_rows(lines: Sequence[Line], grids: Sequence[Grid], body: float) -> list[Line]:
    """Lines in reading order. A grid with a heading below its first row only places paragraphs: it is read cell by cell.

    `body` is the size from which on letters are a heading's.
    """
    inside: dict[int, list[Line]] = {}
    for line in lines:
        if line.cell is not None:
            inside.setdefault(line.cell.table, []).append(line)
    ordered = [line for line in lines if line.cell is None]
    filled = [grid for grid in grids if grid.number in inside]
    tables = [_table(grid, inside[grid.number]) for grid in filled if _is_data(inside[grid.number], body)]
    read = [(table.first, _sentences(table)) for table in _joined(tables, ordered)]
    read += [(grid, _by_cell(inside[grid.number])) for grid in filled if not _is_data(inside[grid.number], body)]
    for grid, block in sorted(read, key=lambda one: one[0].number, reverse=True):
        place = next((n for n, line in enumerate(ordered) if _follows(line, grid)), len(ordered))
        ordered[place:place] = block
    return ordered


def _sentences(table: _Table) -> list[Line]:
    grid = table.first
    return [
        replace(table.look, page=grid.page, y0=grid.y0, y1=grid.y1, text=sentence, row=True)
        for sentence in table_sentences(table.rows, marked=table.marked)
    ]


def _by_cell(lines: Sequence[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.cell.row, line.cell.column, -round(line.y0), line.x0) if line.cell else ())


def _is_data(lines: Sequence[Line], body: float) -> bool:
    return bool(lines) and not any(line.size > body and line.cell is not None and line.cell.row > 0 for line in lines)


def _table(grid: Grid, lines: Sequence[Line]) -> _Table:
    words: dict[tuple[int, int], str] = {}
    for line in sorted(lines, key=lambda line: (-round(line.y0), line.x0)):
        if line.cell is not None:
            place = (line.cell.row, line.cell.column)
            words[place] = f"{words[place]} {line.text}" if place in words else line.text
    count = 1 + max(cell.row for cell, *_ in grid.boxes)
    rows = tuple(tuple(words.get((row, column), "") for column in range(len(grid.columns))) for row in range(count))
    heads = [line.bold for line in lines if line.cell is not None and line.cell.row == 0]
    others = [line.bold for line in lines if line.cell is not None and line.cell.row > 0]
    return _Table(grid, grid, rows, bool(heads) and all(heads) and not all(others), lines[0])


def _joined(tables: Sequence[_Table], others: Sequence[Line]) -> list[_Table]:
    """Tables, those that go on over the next page in one piece and with the heads of the first."""
    joined: list[_Table] = []
    for table in tables:
        if joined and _goes_on(joined[-1].last, table.first, others):
            before = joined[-1]
            repeated = table.rows[0] == before.rows[0]
            joined[-1] = replace(before, last=table.last, rows=(*before.rows, *table.rows[repeated:]))
        else:
            joined.append(table)
    return joined


def _goes_on(above: Grid, below: Grid, others: Sequence[Line]) -> bool:
    """Whether `below` has the columns of `above`, the page's end between them and nothing else."""
    return (
        below.page == above.page + 1
        and len(above.columns) == len(below.columns)
        and all(abs(a - b) <= SNAP for a, b in zip(above.columns, below.columns, strict=True))
        and not any(line.page == above.page and line.y1 <= above.y0 + 1 for line in others)
        and not any(line.page == below.page and line.y0 >= below.y1 - 1 for line in others)
    )


def _follows(line: Line, grid: Grid) -> bool:
    """Whether a line stands below a table, or on a later page."""
    beside = line.x1 < grid.x0 or line.x0 > grid.x1
    return line.page > grid.page or (line.page == grid.page and line.y1 <= grid.y0 + 2 and not beside)
