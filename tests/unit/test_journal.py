"""The journal keeps what staff need, nothing that identifies, and nothing after its time."""

import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.journal import Entry, JournalError, NullJournal, SqlJournal, open_journal
from bot.redact import redact
from bot.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load(Path(__file__).resolve().parents[2] / "data" / "safety")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "Zbigniew"


def entry(
    text: str = "can I eat before?", session: str = "s1", at: datetime = NOW, status: str = "answered", id: str = ""
) -> Entry:
    words = redact(text, VOCABULARY)
    return Entry(
        id=id or uuid.uuid4().hex,
        session=session,
        question=words,
        searched=words,
        status=status,
        at=at,
        procedure="si-joint-fusion",
        version="20261122T211500Z-3fa9c1",
        passages=[{"id": "si-joint-fusion/preparation/0", "probability": 0.9}],
        notices=["privacy"],
        seconds=0.02,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    opened = open_journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    yield opened
    opened.close()


def bytes_on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_recorded_turn_can_be_read_back(journal: SqlJournal) -> None:
    journal.record(entry())
    (kept,) = journal.export("s1")
    assert kept["question"] == "can I eat before?"
    assert kept["passages"] == [{"id": "si-joint-fusion/preparation/0", "probability": 0.9}]
    assert kept["at"] == "2026-11-22T12:00:00+00:00"


def test_a_raw_question_is_refused_by_type() -> None:
    words = redact("hello", VOCABULARY)
    with pytest.raises(TypeError, match="Redacted"):
        Entry(id="r", session="s", question="my name is Ann", searched=words, status="answered", at=NOW)  # type: ignore[arg-type]


def test_a_planted_identifier_is_nowhere_in_the_files(journal: SqlJournal, tmp_path: Path) -> None:
    journal.record(entry(f"I am {SECRET} Kowalczyk, 555-867-5309, zb@example.com, can I eat before?"))
    journal.flush()
    on_disk = bytes_on_disk(tmp_path)
    for planted in (SECRET, "Kowalczyk", "867", "zb@example"):
        assert planted.encode() not in on_disk


def test_old_turns_leave_nothing_in_the_file_and_new_ones_stay(journal: SqlJournal, tmp_path: Path) -> None:
    journal.record(entry("is the surgery painful for elephants", session="old", at=NOW - timedelta(days=31), id="old-reply"))
    journal.record(entry(session="new"))
    journal.flush()
    journal.feedback("old-reply", helpful=False, why="wrong", at=NOW - timedelta(days=31))
    assert journal.prune(NOW) == 1
    assert b"elephants" not in bytes_on_disk(tmp_path)
    assert journal.export("old") == []
    assert len(journal.export("new")) == 1


def test_counters_outlive_the_text(journal: SqlJournal) -> None:
    journal.record(entry(at=NOW - timedelta(days=40)))
    journal.record(entry(at=NOW - timedelta(days=40)))
    journal.flush()
    journal.prune(NOW)
    assert journal.counters() == [("2026-10-13", "si-joint-fusion", "answered", 2)]


def test_deleting_a_session_leaves_the_others(journal: SqlJournal, tmp_path: Path) -> None:
    journal.record(entry("question about elephants", session="gone"))
    journal.record(entry(session="kept"))
    assert journal.delete("gone") == 1
    assert b"elephants" not in bytes_on_disk(tmp_path)
    assert [row["session"] for row in journal.turns()] == ["kept"]


def test_feedback_belongs_to_its_reply_and_the_last_vote_counts(journal: SqlJournal) -> None:
    journal.record(entry("first", id="r1"))
    journal.record(entry("second", id="r2"))
    journal.feedback("r1", helpful=True, why="", at=NOW)
    journal.feedback("r1", helpful=False, why="hard", at=NOW)
    journal.feedback("unknown", helpful=True, why="", at=NOW)
    assert [(row["helpful"], row["why"]) for row in journal.export("s1")] == [(False, "hard"), (None, "")]


def test_feedback_takes_codes_and_never_words(journal: SqlJournal) -> None:
    journal.record(entry("first", id="r1"))
    journal.feedback("r1", helpful=False, why=f"I am {SECRET}", at=NOW)
    assert journal.export("s1")[0]["helpful"] is None


def test_a_locked_database_neither_raises_nor_delays(
    journal: SqlJournal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lock = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    started = datetime.now(UTC)
    journal.record(entry("elephants"))
    assert datetime.now(UTC) - started < timedelta(seconds=1)
    journal.flush()
    lock.execute("ROLLBACK")
    lock.close()
    assert "could not write a turn" in caplog.text
    assert "elephants" not in caplog.text


def test_sqlite_is_in_wal_and_deletes_securely(journal: SqlJournal, tmp_path: Path) -> None:
    with journal._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


def test_a_journal_that_cannot_be_opened_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="FAQ_JOURNAL_URL"):
        open_journal(f"sqlite:///{tmp_path / 'missing' / 'journal.sqlite'}")


def test_the_null_journal_keeps_nothing() -> None:
    journal = NullJournal()
    journal.record(entry())
    assert journal.export("s1") == []
