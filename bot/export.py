"""What staff see of the journal becomes CSV or JSON: safe to open in a spreadsheet, whole, a row at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, TextIO

from sqlalchemy import Engine

from bot import figures, review
from bot.review import Filter

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet may run a cell that begins so
BATCH = 1_000  # replies read at a time
WHAT = ("replies", "matrix", "days")


def rows(db: Engine, what: str, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Every row of `what`: replies with their evidence and verdicts newest first, the gap matrix, or figures by day."""
    match what:
        case "replies":
            yield from _replies(db, wanted)
        case "matrix":
            yield from map(asdict, figures.matrix(db, wanted))
        case "days":
            yield from map(asdict, figures.days(db, wanted))
        case _:
            raise ValueError(f"{what} is not one of {', '.join(WHAT)}")


def write_csv(found: Iterable[dict[str, Any]], out: TextIO) -> int:
    """One line a row; lists as JSON in a cell. Returns how many rows."""
    writer: csv.DictWriter[str] | None = None
    count = 0
    for row in found:
        if writer is None:
            writer = csv.DictWriter(out, list(row))
            writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in row.items()})
        count += 1
    return count


def write_json(found: Iterable[dict[str, Any]], out: TextIO) -> int:
    """One array, one row a line. Returns how many rows."""
    count = 0
    out.write("[")
    for row in found:
        out.write(",\n" if count else "\n")
        out.write(json.dumps(row, ensure_ascii=False, default=str))
        count += 1
    out.write("\n]\n")
    return count


def _replies(db: Engine, wanted: Filter) -> Iterator[dict[str, Any]]:
    older: int | None = None
    while True:
        page = review.full_replies(db, wanted, older, BATCH)
        for one in page:
            row = asdict(one)
            yield {**row.pop("listed"), **row}
        if len(page) < BATCH:
            return
        older = page[-1].listed.number


def _cell(value: Any) -> str:
    text = (
        json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, list | tuple)
        else ""
        if value is None
        else str(value)
    )
    return f"'{text}" if text.startswith(FORMULA) else text
