"""Figures, gaps and exports say what the journal holds, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from bot import export, figures, gaps
from bot.digest import digest
from bot.figures import Asked, Cell
from bot.journal import Entry, SqlJournal, open_journal
from bot.redact import redact
from bot.review import EVERYTHING, Filter
from bot.tables import open_engine
from bot.types import NoAnswer, Question, Reason, Reply
from bot.vocabulary import Vocabulary
from ingest.embed import Vectors
from tests.conftest import ROOT

VOCABULARY = Vocabulary.load(ROOT / "data" / "safety")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SILENT: dict[str, Any] = {"status": "not_covered", "reason": "topic", "topic": "cost"}
THIN: dict[str, Any] = {"status": "not_covered", "reason": "detail", "topic": "aftercare", "section": "Recovery"}


def entry(id: str, question: str, session: str = "", days: int = 0, **fields: Any) -> Entry:
    words = redact(question, VOCABULARY)
    given = {"status": "answered", "procedure": "fusion", "version": "v1", "topic": "duration", **fields}
    return Entry(id=id, session=session or id, question=words, searched=words, at=NOW - timedelta(days=days), **given)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    opened = open_journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    for one in (
        entry("r1", "How long does it take", seconds=0.1, text="An hour."),
        entry("r2", "how long does it take", seconds=0.3, text="An hour."),
        entry("r3", "when can i drive", "patient-1", **THIN),
        entry("r4", "when may i drive a car", "patient-2", **THIN),
        entry("r5", "when can i drive", "patient-2", **THIN),
        entry("r6", "what does it cost", "patient-1", **SILENT),
        entry("r7", "chest pain", status="emergency", procedure="", topic=""),
        entry("r8", "=1+1 how long", days=1),
    ):
        opened.record(one)
    opened.feedback("r1", helpful=True, why="", at=NOW)
    opened.feedback("r2", helpful=False, why="hard", at=NOW)
    yield opened
    opened.close()


@pytest.fixture
def db(journal: SqlJournal, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield engine
    engine.dispose()


def embed(texts: Sequence[str]) -> Vectors:
    """Unit vectors by what a question is about, as the real model gives them for these."""
    axes = ("drive", "cost", "long")
    return np.array([[float(axis in text.lower()) for axis in axes] for text in texts], dtype=np.float32)


def refuse(question: Question) -> Reply:
    return NoAnswer(text="No.", reason=Reason.TOPIC)


def test_a_day_adds_up(db: Engine) -> None:
    *_, day = figures.days(db, Filter(procedure="fusion"))
    assert (day.day, day.questions, day.answered, day.refused) == ("2026-11-22", 6, 2, 4)
    assert day.reasons == (("detail", 3), ("topic", 1)) and (day.helpful, day.not_helpful) == (1, 1)
    assert day.answered_share == pytest.approx(1 / 3) and (day.p50, day.p95) == (0, 0.3)
    assert [one.escalated for one in figures.days(db, Filter(procedure=""))] == [1]


def test_every_turn_is_in_one_cell_of_the_matrix(db: Engine) -> None:
    cells = figures.matrix(db)
    assert cells[0] == Cell("fusion", "aftercare", asked=3, answered=0, refused=3, disliked=0)
    assert Cell("fusion", "duration", asked=3, answered=3, refused=0, disliked=1) in cells
    assert sum(cell.asked for cell in cells) == 8


def test_the_most_asked_question_is_that_of_most_patients_in_any_spelling_of_capitals(db: Engine) -> None:
    first, second, *_ = figures.most_asked(db, 10)
    assert (first.question.lower(), first.patients, first.asked) == ("how long does it take", 2, 2)
    assert second == Asked("when can i drive", "fusion", asked=2, patients=2)
    assert "chest pain" not in {one.question for one in figures.most_asked(db, 10)}
    assert len(figures.most_asked(db, 1)) == 1


def test_a_cluster_counts_each_patient_once_and_says_which_section_is_thin(db: Engine) -> None:
    driving, long, cost = gaps.gaps(db, embed, refuse, "v1")
    assert (driving.name, driving.patients, driving.refused) == ("when can i drive", 2, 3)
    assert {one.question for one in driving.questions} == {"when can i drive", "when may i drive a car"}
    assert (driving.section, driving.state) == ("Recovery", "thin")
    assert (cost.name, cost.section, cost.state) == ("what does it cost", "", "silent")
    assert long.disliked == 1 and long.refused == 0


def test_only_what_another_version_was_asked_is_asked_again(db: Engine) -> None:
    asked: list[str] = []

    def ask(question: Question) -> Reply:
        asked.append(question.text)
        return refuse(question)

    questions = gaps.troubled(db)
    assert gaps.still_open(questions, ask, "v1") == questions and asked == []
    assert gaps.still_open(questions, ask, "v2") == questions and len(asked) == len(questions)


def test_of_more_questions_than_can_be_clustered_those_of_most_patients_are_taken(db: Engine) -> None:
    (only,) = gaps.troubled(db, most=1)
    assert only.question == "when can i drive"


def test_without_words_there_is_nothing_to_cluster(db: Engine, journal: SqlJournal) -> None:
    journal.prune(NOW + timedelta(days=40))
    assert gaps.gaps(db, embed, refuse, "v1") == ()
    assert figures.most_asked(db, 10) == ()
    assert figures.matrix(db)[0].refused == 3


@pytest.mark.parametrize("what", export.WHAT)
def test_no_cell_of_a_csv_can_be_taken_for_a_formula_and_every_row_is_there(db: Engine, what: str) -> None:
    out = io.StringIO()
    count = export.write_csv(export.rows(db, what, EVERYTHING), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == count > 0
    assert not any(cell.startswith(export.FORMULA) for row in rows for cell in row.values())
    if what == "replies":
        assert "'=1+1 how long" in {row["question"] for row in rows}


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_each_beginning_of_a_formula_is_quoted(words: str) -> None:
    out = io.StringIO()
    export.write_csv([{"note": words}], out)
    ((cell,),) = list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:]
    assert cell == f"'{words}"


def test_the_json_export_holds_every_reply_with_its_evidence(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 3)
    out = io.StringIO()
    export.write_json(export.rows(db, "replies", EVERYTHING), out)
    rows = json.loads(out.getvalue())
    assert [row["id"] for row in rows] == [f"r{n}" for n in range(8, 0, -1)]
    assert rows[-1]["text"] == "An hour." and rows[-1]["helpful"] is True
    out = io.StringIO()
    assert export.write_json([], out) == 0 and json.loads(out.getvalue()) == []


def test_the_digest_says_what_was_asked_and_what_the_page_is_silent_on(db: Engine) -> None:
    page = digest(db, gaps.gaps(db, embed, refuse, "v1"), date(2026, 11, 22), 7)
    for line in (
        "| questions | 8 |",
        "| not answered: detail | 3 |",
        "* thumbs down: 1, 1 of them not reviewed",
        "| `when can i drive` | fusion | 2 | Recovery (thin) |",
    ):
        assert line in page
    assert "Nothing was asked." in digest(db, None, date(2020, 1, 7), 7)
