"""Outlines become the procedure × section matrix: which kinds of section are missing, thin or present."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.kinds import Kind, kind_of_path
from ingest.read.problems import warning
from ingest.types import Outline, Problem

EXPECTED = tuple(kind for kind in Kind if kind not in (Kind.CLOSING, Kind.ANESTHESIA))
THIN = 12  # words: less than one full sentence of the clinic's shortest section (19)


class State(StrEnum):
    """How much a document says about a kind of section."""

    MISSING = "missing"
    THIN = "thin"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Row:
    """One procedure: its words and state per kind of section."""

    document: str
    title: str
    words: dict[str, int]
    states: dict[str, State]


def matrix(outlines: Sequence[Outline]) -> list[Row]:
    """One row a document; kinds as in `ingest/kinds.py`, headings understood with their synonyms."""
    rows: list[Row] = []
    for one in outlines:
        words = dict.fromkeys((kind.value for kind in EXPECTED), 0)
        for passage in one.passages:
            kind = kind_of_path(passage.path)
            if kind is not None and kind.value in words:
                words[kind.value] += len(passage.text.split())
        states = {
            kind: State.MISSING if not count else State.THIN if count < THIN else State.PRESENT for kind, count in words.items()
        }
        rows.append(Row(one.document.slug, one.document.title, words, states))
    return rows


def matrix_problems(outlines: Sequence[Outline]) -> Iterator[Problem]:
    for one, row in zip(outlines, matrix(outlines), strict=True):
        for kind, state in row.states.items():
            if state is State.MISSING:
                yield warning(
                    f"no-{kind.replace(' ', '-')}",
                    one.document.source,
                    f"There is no section on {kind}.",
                    "Patients ask about it.",
                )
            elif state is State.THIN:
                words = f"The section on {kind} has only {row.words[kind]} words."
                yield warning("thin-section", one.document.source, words, "Say what patients need, or leave the heading out.")
