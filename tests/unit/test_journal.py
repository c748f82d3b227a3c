"""The journal keeps what staff need, nothing that identifies, and nothing after its time."""

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.journal import Entry, JournalError, NullJournal, SqlJournal, open_journal
from bot.record import Recorder
from bot.redact import redact
from bot.types import Choice, Clarify, NoAnswer, Reason
from bot.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load(Path(__file__).resolve().parents[2] / "data" / "safety")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "Zbigniew"
RELEASE_1_0 = """
CREATE TABLE turns (number INTEGER NOT NULL PRIMARY KEY, id VARCHAR(64) NOT NULL UNIQUE, at VARCHAR(32) NOT NULL,
  session VARCHAR(64) NOT NULL, question TEXT NOT NULL, searched TEXT NOT NULL, status VARCHAR(16) NOT NULL, reason VARCHAR(32) NOT NULL,
  procedure VARCHAR(128) NOT NULL, version VARCHAR(64) NOT NULL, rule VARCHAR(64) NOT NULL, passages TEXT NOT NULL,
  sentences TEXT NOT NULL, citations TEXT NOT NULL, notices TEXT NOT NULL, confidence FLOAT NOT NULL, seconds FLOAT NOT NULL);
CREATE INDEX turns_at ON turns (at);
CREATE INDEX turns_session ON turns (session);
CREATE TABLE feedback (reply VARCHAR(64) NOT NULL PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE, at VARCHAR(32) NOT NULL,
  helpful BOOLEAN NOT NULL, why VARCHAR(32) NOT NULL);
CREATE TABLE counters (day VARCHAR(10) NOT NULL, procedure VARCHAR(128) NOT NULL, what VARCHAR(48) NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, procedure, what));
INSERT INTO turns VALUES (1, 'r1', '2026-11-20T12:00:00+00:00', 's1', 'how long', 'how long', 'answered', '', 'si-joint-fusion',
  '20261122T211500Z-3fa9c1', '', '[]', '[{"text": "45 to 90 minutes.", "citations": [0]}]', '[]', '[]', 0.9, 0.02);
INSERT INTO feedback VALUES ('r1', '2026-11-20T12:01:00+00:00', 1, '');
"""


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
        missing=[words],
        version="20261122T211500Z-3fa9c1",
        text="Please do not eat after midnight.",
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


def kept(folder: Path) -> list[tuple[str, str, str]]:
    """(reply, question, text shown) of what the file holds."""
    with contextlib.closing(sqlite3.connect(folder / "journal.sqlite")) as db:
        found = db.execute("SELECT id, question, text FROM turns JOIN evidence USING (number) ORDER BY number")
        return [(str(reply), str(question), str(text)) for reply, question, text in found]


def test_a_patients_words_leave_nothing_in_the_file_after_their_time_and_the_reply_stays(
    journal: SqlJournal, tmp_path: Path
) -> None:
    journal.record(entry("is the surgery painful for elephants", session="session-of-old", at=NOW - timedelta(days=31), id="old"))
    journal.record(entry("is it painful", session="new", at=NOW - timedelta(days=29), id="new"))
    journal.flush()
    journal.feedback("old", helpful=False, why="wrong", at=NOW - timedelta(days=31))
    assert b"elephants" in bytes_on_disk(tmp_path)
    assert journal.prune(NOW) == 1
    assert journal.prune(NOW) == 0
    on_disk = bytes_on_disk(tmp_path)
    assert b"elephants" not in on_disk and b"session-of-old" not in on_disk
    text = "Please do not eat after midnight."
    assert kept(tmp_path) == [("old", "", text), ("new", "is it painful", text)]
    assert journal.export("") == [] and len(journal.export("new")) == 1


def test_the_reply_and_what_belongs_to_it_leave_nothing_in_the_file_after_a_year(journal: SqlJournal, tmp_path: Path) -> None:
    journal.record(entry(at=NOW - timedelta(days=366), id="reply-of-last-year"))
    journal.record(entry(at=NOW - timedelta(days=364), id="new"))
    journal.flush()
    journal.feedback("reply-of-last-year", helpful=False, why="wrong", at=NOW - timedelta(days=366))
    journal.prune(NOW)
    assert [reply for reply, _, _ in kept(tmp_path)] == ["new"]
    assert b"reply-of-last-year" not in bytes_on_disk(tmp_path)


def test_a_journal_of_the_first_release_keeps_its_turns_and_votes(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(RELEASE_1_0)
        db.commit()
    for _ in range(2):  # the second opening finds nothing to do
        journal = open_journal(f"sqlite:///{path}")
        journal.record(entry(session="s1"))
        (old, *_) = journal.export("s1")
        journal.close()
        assert old["question"] == "how long" and old["helpful"] is True
        assert old["sentences"] == [{"text": "45 to 90 minutes.", "citations": [0]}]
        assert old["text"] == "" and old["missing"] == []


def test_a_journal_of_an_unknown_release_is_refused(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        db.executescript("CREATE TABLE turns (number INTEGER PRIMARY KEY, words TEXT); CREATE TABLE evidence (words TEXT)")
    with pytest.raises(JournalError, match="FAQ_JOURNAL_URL"):
        open_journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").fetchone() == (2,)


def test_what_is_kept_of_a_reply_holds_no_words_of_the_patient(journal: SqlJournal, tmp_path: Path) -> None:
    recorder = Recorder(journal, VOCABULARY, lambda: ("", []))
    asked = f"{SECRET} fusion of my friend, how long"
    choice = Choice("SI Joint Fusion", asked, "si-joint-fusion")
    clarify = Clarify(text="Which procedure?", searched=asked, choices=(choice,))
    name = f"{SECRET} injection"
    nothing = NoAnswer(
        text=f"We have no page about {name} here. Please call 555-0100.",
        reason=Reason.OTHER_PROCEDURE,
        name=name,
        searched=asked,
    )
    recorder.record(id="r1", session="s", question=asked, reply=clarify, seconds=0.1)
    recorder.record(id="r2", session="s", question=asked, reply=nothing, seconds=0.1)
    first, second = journal.export("s")
    recorder.close()
    assert SECRET.encode() not in bytes_on_disk(tmp_path)
    assert first["choices"] == [{"label": "SI Joint Fusion", "procedure": "si-joint-fusion"}]
    assert second["text"] == "We have no page about […] injection here. Please call 555-0100."


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
    assert len(journal.export("kept")) == 1


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
