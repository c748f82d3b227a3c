"""Outlines become what an editor should know about them: warnings inform, only errors refuse a publish."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ingest.checks.facts import fact_problems, twin_problems
from ingest.checks.matrix import matrix_problems
from ingest.checks.reading import reading_problems
from ingest.checks.words import link_problems, word_problems
from ingest.glossary import Glossary
from ingest.read.problems import error, warning
from ingest.types import ConfigurationError, Outline, Problem


def check(
    outlines: Sequence[Outline],
    clinic: Path,
    links: Mapping[str, Sequence[str]] | None = None,
    files: Sequence[str] = (),
    today: date | None = None,
) -> list[Problem]:
    """Gaps in the documents and in what the clinic has told about itself. `links`: source file -> targets of its links;
    `files`: every file of the folder."""
    facts, problems = _clinic(clinic)
    return [
        *problems,
        *_glossary(clinic.with_name("glossary.toml"), outlines),
        *matrix_problems(outlines),
        *word_problems(outlines, today or datetime.now(UTC).date(), clinic_phone=bool(facts.get("phone"))),
        *fact_problems(outlines),
        *twin_problems(outlines),
        *link_problems(outlines, links or {}, files),
        *(problem for one in outlines for problem in reading_problems(one)),
    ]


def _clinic(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        return {}, [error("clinic", path.name, f"The clinic's facts cannot be read ({reason}).", "Mend the file.")]
    return facts, list(_unset(facts, path))


def _glossary(path: Path, outlines: Sequence[Outline]) -> Iterator[Problem]:
    try:
        glossary = Glossary.load(path)
    except ConfigurationError as reason:
        yield warning("glossary", path.name, str(reason), "Mend it: a chat that is started now explains no words.")
        return
    known = {outline.document.slug for outline in outlines}
    for term in glossary.terms:
        if term.document and term.document not in known:
            yield warning(
                "glossary", path.name, f"“{term.words[0]}” is for {term.document}, which is no document.", "Mend the name."
            )


def _unset(facts: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for fact in ("phone", "hours", "site"):
        if not facts.get(fact):
            yield warning(
                f"no-{fact}", path.name, f"The clinic's {fact} is not set.", "Patients read “call the clinic” until it is."
            )
