"""Outcomes of the pipeline become the words that an editor reads on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ingest.answers import AnswerChange, Shown
from ingest.candidate import Outcome
from ingest.difference import SectionChange
from ingest.report import Overview
from ingest.types import Level, Problem

REFUSED = 1
_SHORT = {"missing": "-", "thin": "thin", "present": "yes"}


def tell(outcome: Outcome, *, as_json: bool, done: str = "", with_sections: bool = False) -> int:
    """Prints what was found or done; the exit code."""
    if as_json:
        print(json.dumps({**asdict(outcome), "refused": outcome.refused}, ensure_ascii=False))
        return REFUSED if outcome.refused else 0
    _problems(outcome.problems)
    for change in outcome.changes:
        print(f"{change.action}: {change.document}")
    for section in outcome.sections if with_sections else ():
        _section(section)
    for reason in outcome.reasons:
        print(reason)
    if outcome.asked:
        print(f"{outcome.asked} questions asked of both versions: {len(outcome.answers)} answers change.")
    for answer in outcome.answers:
        _answer(answer)
    if outcome.refused and with_sections:
        print("A publish would be refused: mend the errors above first.")
    elif outcome.refused:
        print("Nothing was published: mend the errors above first. Patients go on reading the last version.")
    elif not outcome.waiting:
        print("Nothing to publish: the documents are as patients read them.")
    elif outcome.version:
        print(f"{outcome.passages} passages, {outcome.encoded} texts encoded anew.")
        print(done)
    else:
        print("Run `python -m ingest publish` to make this what patients read.")
    return REFUSED if outcome.refused else 0


def show_check(found: Overview) -> None:
    """The matrix, then every problem, then the count."""
    kinds = list(found.matrix[0].states) if found.matrix else []
    width = max((len(row.document) for row in found.matrix), default=8)
    if kinds:
        print(" " * width, *(f"{kind:>13}" for kind in kinds))
    for row in found.matrix:
        print(f"{row.document:<{width}}", *(f"{_SHORT[state]:>13}" for state in row.states.values()))
    for problem in found.problems:
        print(problem)
    print(f"{found.documents} documents, {found.errors} errors, {found.warnings} warnings.")


def bar(done: int, total: int) -> None:
    width = 30
    filled = width * done // max(1, total)
    end = "\n" if done >= total else ""
    print(f"\rencoding [{'#' * filled}{'.' * (width - filled)}] {done}/{total}", end=end, file=sys.stderr, flush=True)


def to_file(path: Path, done: int, total: int) -> None:
    """For a screen that looks at the file: {"done": 3, "total": 10}, whole at every moment."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps({"done": done, "total": total}), encoding="ascii")
    temporary.replace(path)


def no_bar(done: int, total: int) -> None:
    """For output that is not read on a terminal."""


def _problems(problems: Iterable[Problem]) -> None:
    """Errors and what was overridden or left out in full; other warnings counted, for `check` lists them."""
    quiet = 0
    for problem in problems:
        if (
            problem.level is Level.ERROR
            or problem.hint.startswith(("Overridden", "PATIENTS", "THIS FILE"))
            or problem.code == "hidden-text"
        ):
            print(problem)
        else:
            quiet += 1
    if quiet:
        print(f"{quiet} warnings: `python -m ingest check` lists them.")


def _section(change: SectionChange) -> None:
    print(f"  {change.action}: {change.document} › {' › '.join(change.section)}")
    if change.action == "changed":
        shown = (
            words if what == "same" else f"[-{words}-]" if what == "removed" else f"{{+{words}+}}" for what, words in change.words
        )
        print(f"    {' '.join(shown)}")


def _answer(change: AnswerChange) -> None:
    times = f" (asked {change.asked} times)" if change.asked else ""
    print(f"  {'LOST' if change.lost else 'changed'}: {change.question}{times}")
    for name, shown in (("before", change.before), ("after", change.after)):
        print(f"    {name}: {_shown(shown)}")


def _shown(shown: Shown) -> str:
    text = " ".join(shown.text.split())
    return f"[{shown.status}] {text if len(text) <= 300 else text[:297] + '…'}"
