"""Outlines become what an editor should know about them: warnings inform, only errors refuse a publish."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.kinds import Kind, kind_of_path
from ingest.types import Level, Outline, Problem

EXPECTED = tuple(kind for kind in Kind if kind not in (Kind.CLOSING, Kind.ANESTHESIA))
LONG = 40  # words a sentence: twice what plain-language guides advise


def check(outlines: Sequence[Outline], clinic: Path) -> list[Problem]:
    """Gaps in the documents and in what the clinic has told about itself."""
    return [*_clinic(clinic), *(problem for one in outlines for problem in _document(one))]


def _document(one: Outline) -> Iterator[Problem]:
    found = {kind_of_path(passage.path) for passage in one.passages}
    for kind in EXPECTED:
        if kind not in found:
            yield _warning(f"no-{kind.replace(' ', '-')}", one.document.source, f"There is no section on {kind}.", "Patients ask about it.")


def _clinic(path: Path) -> Iterator[Problem]:
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        yield Problem(Level.ERROR, "clinic", path.name, None, f"The clinic's facts cannot be read ({error}).", "Mend the file.")
        return
    for fact in ("phone", "hours", "site"):
        if not facts.get(fact):
            yield _warning(f"no-{fact}", path.name, f"The clinic's {fact} is not set.", "Patients read “call the clinic” until it is.")


def _warning(code: str, file: str, message: str, hint: str) -> Problem:
    return Problem(Level.WARNING, code, file, None, message, hint)
