"""A staged version beside the live one becomes the answers that change, and an index folder that staff can ask more of."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ingest import withdrawn
from ingest.answers import Asker, Question, answer_changes, golden_questions, suggested_questions
from ingest.candidate import Candidate, Outcome, Places
from ingest.read.problems import error, warning
from ingest.types import FaqError, Manifest, Problem


def questions_of(places: Places, found: Candidate) -> tuple[Candidate, list[Question]]:
    """Golden questions of the documents in use, the suggested ones of the documents that change, and the most asked ones.

    Without the journal's a publish goes on, and says so."""
    documents = {one.document.slug for one in (*found.before, *found.outlines)}
    changed = {change.document for change in found.outcome.changes if change.action == "changed"}
    questions = [*golden_questions(places.golden, documents), *suggested_questions(places.suggested, found.outlines, changed)]
    try:
        asked = places.asked() if places.asked else ()
    except FaqError as reason:
        problem = warning("not-asked", "journal", str(reason), "Patients' own questions were left out of the comparison.")
        return replace(found, outcome=replace(found.outcome, problems=(*found.outcome.problems, problem))), questions
    known = {(one.text.casefold(), one.document) for one in questions}
    return found, [*questions, *(one for one in asked if (one.text.casefold(), one.document) not in known)]


def compared(
    places: Places, found: Candidate, staged: Path, manifest: Manifest, ask: Asker, questions: Sequence[Question]
) -> Outcome:
    """The outcome with the answers that change; an error when a golden question loses its section."""
    if not questions:
        return found.outcome
    preview = _preview(places, found, staged, manifest.id)
    try:
        with ThreadPoolExecutor(2) as pool:
            live = pool.submit(ask, places.index, questions)
            after = pool.submit(ask, preview, questions)
            changes = answer_changes(questions, live.result(), after.result())
    except FaqError as reason:
        problem = error(
            "not-asked", "golden questions", str(reason), "Ask whoever looks after the program, or publish with --override."
        )
        return replace(found.outcome, problems=(*found.outcome.problems, problem))
    finally:
        shutil.rmtree(preview, ignore_errors=True)
    lost = [
        error(
            "lost-answer",
            one.document,
            f"“{one.question}” was answered from “{' › '.join(one.section or ())}” and would not be any more.",
            "Put the words back, or publish with --override NAME --reason TEXT.",
        )
        for one in changes
        if one.lost
    ]
    problems: tuple[Problem, ...] = (*found.outcome.problems, *lost)
    return replace(found.outcome, problems=problems, answers=tuple(changes), asked=len(questions))


def _preview(places: Places, found: Candidate, staged: Path, version: str) -> Path:
    """An index folder beside the live one whose current version is the staged one."""
    folder = places.index / f"staging-preview-{staged.name}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "versions").mkdir(parents=True)
    (folder / "versions" / version).symlink_to(staged.resolve(), target_is_directory=True)
    _point(places, found, folder, version)
    return folder


def keep_aside(places: Places, found: Candidate, staged: Path, version: str, folder: Path) -> None:
    """Moves the staged version into an index folder of its own."""
    (folder / "versions").mkdir(parents=True)
    shutil.move(staged, folder / "versions" / version)
    _point(places, found, folder, version)


def _point(places: Places, found: Candidate, folder: Path, version: str) -> None:
    """Makes `version` the one that `folder` reads, with the withdrawals that would still hold."""
    (folder / "CURRENT").write_text(version + "\n", encoding="ascii")
    if (places.index / withdrawn.FILE).exists():
        shutil.copyfile(places.index / withdrawn.FILE, folder / withdrawn.FILE)
        withdrawn.lift(folder, found.before, found.outlines, "preview")
