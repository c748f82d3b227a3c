"""Staff find a reply by anything they know of it, and no verdict is lost or overwritten unseen."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bot import review, verdicts
from bot.journal import Entry, JournalError, SqlJournal, open_journal
from bot.kept import WHOLE_REPLY, Judgement
from bot.redact import redact
from bot.review import VIEWS, Filter, UnknownReply
from bot.tables import open_engine
from bot.verdicts import Confusion, VerdictConflict
from bot.vocabulary import Vocabulary
from ingest import audit, withdrawn
from ingest.stored import read_outlines
from ingest.types import IndexDamaged
from ingest.versions import Versions
from tests.conftest import ROOT

VOCABULARY = Vocabulary.load(ROOT / "data" / "safety")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOTE = redact("not what was asked", VOCABULARY)


def entry(id: str, text: str = "how long does it take", *, days: int = 0, **fields: Any) -> Entry:
    words = redact(text, VOCABULARY)
    given = {"status": "answered", "procedure": "si-joint-fusion", "version": "v1", "confidence": 0.95, **fields}
    return Entry(id=id, session=f"session-{id}", question=words, searched=words, at=NOW - timedelta(days=days), **given)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.sqlite'}"


@pytest.fixture
def journal(url: str) -> Iterator[SqlJournal]:
    opened = open_journal(url)
    for one in (
        entry("r1", days=3),
        entry("r2", "can i eat 100% fat before", days=2, status="not_covered", reason="detail", notices=["symptom"]),
        entry("r3", days=1, status="advice", version="v2", confidence=0.8),
        entry("r4", "chest pain", status="emergency", procedure=""),
        entry("r5", status="answered", procedure="kyphoplasty", confidence=0.5, topic="risks"),
    ):
        opened.record(one)
    opened.feedback("r1", helpful=False, why="wrong", at=NOW)
    opened.feedback("r2", helpful=True, why="", at=NOW)
    yield opened
    opened.close()


@pytest.fixture
def db(journal: SqlJournal, url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def found(db: Engine, wanted: Filter) -> list[str]:
    return [line.id for line in review.replies(db, wanted).lines]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(), ["r5", "r4", "r3", "r2", "r1"]),
        (Filter(procedure="si-joint-fusion"), ["r3", "r2", "r1"]),
        (Filter(procedure=""), ["r4"]),
        (Filter(status=("answered", "advice")), ["r5", "r3", "r1"]),
        (Filter(reason="detail"), ["r2"]),
        (Filter(topic="risks"), ["r5"]),
        (Filter(notice="symptom"), ["r2"]),
        (Filter(notice="symptom_again"), []),
        (Filter(version="v2"), ["r3"]),
        (Filter(feedback="helpful"), ["r2"]),
        (Filter(feedback="not_helpful"), ["r1"]),
        (Filter(feedback="none"), ["r5", "r4", "r3"]),
        (Filter(since=date(2026, 11, 20), until=date(2026, 11, 21)), ["r3", "r2"]),
        (Filter(words="EAT 100%"), ["r2"]),
        (Filter(words="e_t"), []),
        (Filter(below=0.9), ["r5", "r3"]),
        (Filter(procedure="si-joint-fusion", feedback="none", below=0.9), ["r3"]),
        (VIEWS["not covered"], ["r2"]),
        (VIEWS["thumbs down"], ["r1"]),
        (VIEWS["emergencies and crises"], ["r4"]),
        (VIEWS["low confidence"], ["r5"]),
        (VIEWS["advice"], ["r3"]),
    ],
)
def test_a_filter_finds_what_fits_newest_first(db: Engine, wanted: Filter, ids: list[str]) -> None:
    assert found(db, wanted) == ids
    assert review.counted(db, wanted) == len(ids)


def test_pages_follow_each_other_without_a_gap_even_when_replies_arrive(db: Engine, journal: SqlJournal) -> None:
    first = review.replies(db, count=2)
    journal.record(entry("r6"))
    journal.flush()
    second = review.replies(db, older=first.older, count=2)
    third = review.replies(db, older=second.older, count=2)
    assert [line.id for page in (first, second, third) for line in page.lines] == ["r5", "r4", "r3", "r2", "r1"]
    assert third.older is None


def test_an_unknown_reply_is_said(db: Engine) -> None:
    with pytest.raises(UnknownReply, match="FAQ_EVIDENCE_DAYS"):
        review.reply(db, "r99")


def judge(db: Engine, index: Path, judgement: Judgement, who: str, seen: int = 0) -> verdicts.Judged:
    return verdicts.judge(db, index, "r1", WHOLE_REPLY, judgement, NOTE, who, seen)


def test_a_second_reviewer_is_told_and_overwrites_nothing(db: Engine, tmp_path: Path) -> None:
    judge(db, tmp_path, Judgement.RIGHT, "Ana")
    with pytest.raises(VerdictConflict, match="Ana said “right”"):
        judge(db, tmp_path, Judgement.WRONG, "Bo")
    changed = judge(db, tmp_path, Judgement.WRONG, "Bo", seen=1).verdict
    assert changed.revision == 2
    with pytest.raises(VerdictConflict, match="Bo said “wrong”") as conflict:
        judge(db, tmp_path, Judgement.INCOMPLETE, "Ana", seen=1)
    assert review.reply(db, "r1").listed.verdicts == (conflict.value.standing,)
    assert found(db, Filter(verdict=Judgement.WRONG)) == ["r1"] and "r1" not in found(db, Filter(verdict="none"))


def test_a_verdict_on_a_sentence_that_is_not_there_is_refused(db: Engine, tmp_path: Path) -> None:
    with pytest.raises(UnknownReply, match="no sentence 0"):
        verdicts.judge(db, tmp_path, "r1", 0, Judgement.RIGHT, NOTE, "Ana")


def test_wrong_answers_and_wrong_refusals_are_counted_once_reviewed(db: Engine, tmp_path: Path) -> None:
    for reply, judgement in (("r1", Judgement.WRONG), ("r2", Judgement.WRONG), ("r3", Judgement.RIGHT), ("r4", Judgement.RIGHT)):
        verdicts.judge(db, tmp_path, reply, WHOLE_REPLY, judgement, NOTE, "Ana")
    assert verdicts.confusion(db) == Confusion(answered_rightly=1, answered_wrongly=1, refused_rightly=0, refused_wrongly=1)


def shown(index: Path, id: str, section: str) -> Entry:
    """A reply that quotes the first passage of a section of the clinic's page."""
    versions = Versions(index)
    version = versions.current()
    assert version
    (outline,) = read_outlines(versions.path(version))
    passage = next(one for one in outline.passages if one.path[-1] == section)
    place = {"document": passage.document, "title": outline.document.title, "section": list(passage.path), "version": version}
    citation = {**place, "quote": passage.text, "start": passage.start, "end": passage.end}
    return entry(id, sentences=[{"text": passage.text, "citations": [0]}], citations=[citation], text=passage.text)


def test_harmful_words_are_withdrawn_at_once_and_the_audit_says_why(db: Engine, journal: SqlJournal, own_index: Path) -> None:
    journal.record(shown(own_index, "r7", "Serious Risks"))
    journal.flush()
    judged = verdicts.judge(db, own_index, "r7", 0, Judgement.HARMFUL, redact("wrong dose", VOCABULARY), "Ana")
    (gone,) = withdrawn.read(own_index)
    assert judged.withdrawn == (gone,) and gone.section and gone.section[-1] == "Serious Risks"
    last = audit.rows(own_index)[-1]
    assert (last["who"], last["what"], last["why"]) == ("Ana", "withdraw", "Judged harmful in reply r7. wrong dose")


def test_words_that_patients_cannot_read_any_more_need_no_withdrawal(db: Engine, journal: SqlJournal, own_index: Path) -> None:
    gone = shown(own_index, "r7", "Serious Risks")
    citation = {**gone.citations[0], "section": ["Removed"], "quote": "Words of an older version."}
    sentences = [{"text": "Words of an older version.", "citations": [0]}]
    journal.record(entry("r8", sentences=sentences, citations=[citation]))
    journal.flush()
    assert verdicts.judge(db, own_index, "r8", 0, Judgement.HARMFUL, NOTE, "Ana").withdrawn == ()
    assert withdrawn.read(own_index) == ()


def test_a_withdrawal_that_fails_leaves_no_verdict_that_says_it_was_done(
    db: Engine, journal: SqlJournal, own_index: Path
) -> None:
    journal.record(shown(own_index, "r7", "Serious Risks"))
    journal.flush()
    (own_index / "WITHDRAWN.json").write_text(json.dumps({"withdrawn": "?"}))
    with pytest.raises(IndexDamaged, match="WITHDRAWN"):
        verdicts.judge(db, own_index, "r7", 0, Judgement.HARMFUL, NOTE, "Ana")
    assert review.reply(db, "r7").listed.verdicts == ()


@pytest.mark.usefixtures("journal")
def test_a_verdict_waits_while_the_journal_is_tidied_up_and_else_says_what_to_do(url: str, tmp_path: Path) -> None:
    """Another connection holds the file as the daily rewriting does."""
    with closing(sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None, check_same_thread=False)) as tidying:
        hasty, patient = open_engine(url, busy=0.05), open_engine(url, busy=20)
        tidying.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=r"verdict was not written. The journal is busy.*Try again then; nothing is lost"):
            verdicts.judge(hasty, tmp_path, "r1", WHOLE_REPLY, Judgement.RIGHT, NOTE, "Ana")
        threading.Timer(0.5, tidying.execute, ["COMMIT"]).start()
        assert verdicts.judge(patient, tmp_path, "r1", WHOLE_REPLY, Judgement.RIGHT, NOTE, "Ana").verdict.who == "Ana"
        hasty.dispose()
        patient.dispose()
