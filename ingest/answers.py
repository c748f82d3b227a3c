"""Questions asked of two versions become the answers that change, lost ones first."""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.kinds import kind_of_path
from ingest.storage import storing
from ingest.types import ConfigurationError, Outline


@dataclass(frozen=True, slots=True)
class Question:
    """A question and, for a golden one, the section that must answer it."""

    text: str
    document: str  # whose page it is asked from; empty for no page
    section: tuple[str, ...] | None = None  # None: only whether the answer changes is looked at
    asked: int = 0  # times, for one of the journal


@dataclass(frozen=True, slots=True)
class Shown:
    """What a patient reads, and the sections it is quoted from."""

    status: str
    text: str
    places: tuple[tuple[str, tuple[str, ...]], ...]  # (document, section)

    def quotes(self, question: Question) -> bool:
        wanted = question.section or ()
        return any(document == question.document and path[: len(wanted)] == wanted for document, path in self.places)


# (index folder, questions) -> what is shown for each, in order. Passed in: ingestion knows nothing of answering.
Asker = Callable[[Path, Sequence[Question]], list[Shown]]


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A question whose reply changes. `lost`: its right section was quoted before and is not any more."""

    question: str
    document: str
    section: tuple[str, ...] | None
    before: Shown
    after: Shown
    lost: bool
    asked: int = 0  # times by patients, for a question of the journal


def golden_questions(path: Path | None, documents: set[str]) -> list[Question]:
    """Rows {"question", "document", "section"} whose document is in use. Raises ConfigurationError with the line."""
    if path is None or not path.exists():
        return []
    questions: list[Question] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            section = tuple(row["section"]) if row.get("section") else None
            one = Question(str(row["question"]), str(row["document"]), section)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{path}:{number}: this is not a golden question ({error}). Mend the line.") from error
        if one.document in documents:
            questions.append(one)
    return questions


def add_golden(path: Path, question: Question) -> None:
    """Appends a golden question, durably; one that is there already is left alone. Raises StorageFailed, ConfigurationError."""
    row = {"question": question.text, "document": question.document, "section": list(question.section or ()) or None}
    with storing("The question was not kept."), path.open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if question in golden_questions(path, {question.document}):
            return
        handle.seek(0)
        torn = not handle.read().endswith(b"\n") and handle.tell() > 0
        handle.write((b"\n" if torn else b"") + json.dumps(row, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def suggested_questions(path: Path | None, outlines: Sequence[Outline], changed: set[str]) -> list[Question]:
    """The questions that the chat offers on the pages that change, one a kind of section they have."""
    if path is None or not path.exists():
        return []
    try:
        words = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}). Mend it.") from error
    questions: list[Question] = []
    for one in outlines:
        if one.document.slug in changed:
            kinds = dict.fromkeys(kind_of_path(passage.path) for passage in one.passages)
            asked = (words.get(kind.value) for kind in kinds if kind is not None)
            questions += [Question(str(text).replace("{title}", one.document.title), one.document.slug) for text in asked if text]
    return questions


def answer_changes(questions: Sequence[Question], before: Sequence[Shown], after: Sequence[Shown]) -> list[AnswerChange]:
    """Questions whose reply reads differently, or has lost its right section."""
    changes = [
        AnswerChange(
            q.text, q.document, q.section, was, now, q.section is not None and was.quotes(q) and not now.quotes(q), q.asked
        )
        for q, was, now in zip(questions, before, after, strict=True)
    ]
    return sorted((one for one in changes if one.lost or (one.before.status, one.before.text) != (one.after.status, one.after.text)),
                  key=lambda one: (not one.lost, one.after.status == "answered", -one.asked))  # fmt: skip
