"""Outlines and their problems become one overview, and that a page an editor can print."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.checks import matrix as sections
from ingest.checks.reading import HARD, Reading, readings
from ingest.types import Level, Outline, Problem

SENTENCES = 3  # hardest sentences shown a section


@dataclass(frozen=True, slots=True)
class Overview:
    """All that `check` has to say."""

    documents: int
    errors: int
    warnings: int
    problems: tuple[Problem, ...]
    matrix: tuple[sections.Row, ...]
    reading: tuple[Reading, ...]  # every section that holds text, with its grade and hardest sentences


def overview(outlines: Sequence[Outline], problems: Sequence[Problem]) -> Overview:
    errors = sum(problem.level is Level.ERROR for problem in problems)
    grades = (
        Reading(one.document, one.section, one.words, one.grade, one.hardest[:SENTENCES])
        for outline in outlines
        if outline.document.language == "en"
        for one in readings(outline)
    )
    rows = tuple(sections.matrix(outlines))
    return Overview(len(outlines), errors, len(problems) - errors, tuple(problems), rows, tuple(grades))


def page(found: Overview) -> str:
    """A page on its own: no script, nothing loaded from elsewhere, readable in black and white."""
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Check of the documents</title><style>{_STYLE}</style></head><body><main><h1>Check of the documents</h1>"
        f"<p>{datetime.now().astimezone():%d %B %Y, %H:%M}. {found.documents} documents, {found.errors} errors, {found.warnings} warnings. "
        "Errors stop a publish; warnings only inform.</p>"
        f"{''.join(_matrix(found.matrix))}{''.join(_problems(found.problems))}{''.join(_grades(found.reading))}</main></body></html>\n"
    )


def _matrix(rows: Sequence[sections.Row]) -> Iterator[str]:
    if not rows:
        return
    yield "<h2>Which sections each procedure has</h2><table><thead><tr><th>Procedure</th>"
    yield from (f"<th>{html.escape(kind)}</th>" for kind in rows[0].states)
    yield "</tr></thead><tbody>"
    for row in rows:
        cells = (f"<td class={state}>{state} <small>{row.words[kind]}</small></td>" for kind, state in row.states.items())
        yield f"<tr><th>{html.escape(row.title)}</th>{''.join(cells)}</tr>"
    yield "</tbody></table><p><small>The number counts words.</small></p>"


def _problems(problems: Sequence[Problem]) -> Iterator[str]:
    for level, title in ((Level.ERROR, "Errors"), (Level.WARNING, "Warnings")):
        found = sorted((one for one in problems if one.level is level), key=lambda one: (one.file, one.line or 0))
        if not found:
            continue
        yield f"<h2>{title}</h2><table><thead><tr><th>File</th><th>Line</th><th>What</th><th>What to do</th></tr></thead><tbody>"
        for one in found:
            cells = (one.file, str(one.line or ""), one.message, one.hint)
            yield "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</tbody></table>"


def _grades(reading: Sequence[Reading]) -> Iterator[str]:
    if not reading:
        return
    yield f"<h2>How hard the sections are to read</h2><p>Years of school (Flesch-Kincaid). 6 to 8 is advised, over {HARD:.0f} is marked.</p>"
    yield "<table><thead><tr><th>Section</th><th>Grade</th><th>Hardest sentences</th></tr></thead><tbody>"
    for one in reading:
        place = html.escape(f"{one.document}: {' › '.join(one.section)}")
        hardest = "".join(f"<li>{html.escape(sentence.text)} <small>({sentence.grade})</small></li>" for sentence in one.hardest)
        yield f"<tr><th>{place}</th><td class={'thin' if one.grade > HARD else 'present'}>{one.grade}</td><td><ul>{hardest}</ul></td></tr>"
    yield "</tbody></table>"


_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;color:#0b1420;margin:0}main{max-width:70rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #8a94a0;padding:.3rem .5rem;text-align:left;vertical-align:top}
thead{background:#eef2f5}.missing{background:#ffd9d4;font-weight:700}.thin{background:#fff0c2}.present{background:#e6f4ea}ul{margin:0;padding-left:1.1rem}
small{color:#44505c}h2{break-after:avoid}tr{break-inside:avoid}@media print{main{max-width:none;padding:0}body{font-size:11px}}
"""
