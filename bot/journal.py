"""One finished turn becomes rows that hold no raw question: only Redacted text, codes, scores and the clinic's own words.

A patient's words and the session are kept for `retention`, then blanked for good; the reply and what it rests on are kept
for `evidence`, then the row goes; counters by day hold no text and stay.
Writing never delays or breaks an answer: `record` puts the row on a short queue, a thread writes it, errors are logged
without content. No address, no browser, no cookie: a session is a random number that the screen makes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import CursorResult, Engine, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.redact import Redacted
from bot.tables import BUSY_TIMEOUT, CounterRow, EvidenceRow, FeedbackRow, JournalError, TurnRow, in_words, open_engine

__all__ = ["EVIDENCE", "REASONS", "RETENTION", "Entry", "Journal", "JournalError", "NullJournal", "SqlJournal", "open_journal"]
REASONS = frozenset(("", "not_asked", "hard", "wrong", "other"))  # why an answer did not help, as codes
RETENTION = timedelta(days=30)  # of patients' words and the session, unless a setting says otherwise
EVIDENCE = timedelta(days=365)  # of the reply and what it rests on, unless a setting says otherwise
# Blanked words are overwritten at once (secure_delete); a copy that SQLite made when it moved a row goes with the rewriting.
REWRITE_EVERY = timedelta(days=1)  # 15 seconds a gigabyte on a busy machine: turns wait for it, none is lost
MOST_WAITING = 1_000  # turns; a journal that cannot keep up drops turns rather than slow answers
_JSON = ("missing", "notices", "choices", "sentences", "citations", "passages")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn. What a patient wrote is Redacted by type; everything else is the clinic's words, codes or numbers."""

    id: str  # of the reply, made at random; feedback and staff name it
    session: str
    question: Redacted
    searched: Redacted
    status: str
    at: datetime  # with time zone
    missing: Sequence[Redacted] = ()  # the parts of the question that are not covered
    reason: str = ""
    procedure: str = ""
    version: str = ""
    rule: str = ""  # the triage rule that hit
    topic: str = ""  # kind of the nearest section, "none" when there is none
    section: str = ""  # the nearest section
    text: str = ""  # what the patient read
    choices: Sequence[dict[str, Any]] = ()  # label, procedure
    passages: Sequence[dict[str, Any]] = ()  # passage, similarity, lexical, probability, used, why
    sentences: Sequence[dict[str, Any]] = ()
    citations: Sequence[dict[str, Any]] = ()
    notices: Sequence[str] = ()
    confidence: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for words in (self.question, self.searched, *self.missing):
            if not isinstance(words, Redacted):
                raise TypeError("What a patient wrote must be Redacted: pass it through bot.redact.redact first.")


class Journal(Protocol):
    def record(self, entry: Entry) -> None: ...
    def feedback(self, reply: str, *, helpful: bool, why: str, at: datetime) -> None: ...
    def prune(self, now: datetime) -> int: ...
    def export(self, session: str) -> list[dict[str, Any]]: ...
    def delete(self, session: str) -> int: ...
    def close(self) -> None: ...


class NullJournal:
    """Keeps nothing: the command line, tests, and clinics that want no journal."""

    def record(self, entry: Entry) -> None:
        return

    def feedback(self, reply: str, *, helpful: bool, why: str, at: datetime) -> None:
        return

    def prune(self, now: datetime) -> int:
        return 0

    def export(self, session: str) -> list[dict[str, Any]]:
        return []

    def delete(self, session: str) -> int:
        return 0

    def close(self) -> None:
        return


@dataclass(slots=True)
class SqlJournal:
    """`url` is any SQLAlchemy URL."""

    url: str
    retention: timedelta = RETENTION
    evidence: timedelta = EVIDENCE
    _engine: Engine = field(init=False)
    _quiet: threading.Lock = field(init=False, default_factory=threading.Lock)  # nothing is written while the file is rewritten
    _rewritten: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))
    _waiting: queue.Queue[Entry | None] = field(init=False)
    _writer: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._engine = open_engine(self.url)
        self._waiting = queue.Queue(MOST_WAITING)
        self._writer = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._writer.start()

    def record(self, entry: Entry) -> None:
        """Returns at once and never raises for a full, locked or broken database."""
        if not isinstance(entry, Entry):
            raise TypeError("The journal takes an Entry, whose questions are Redacted.")
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            log.error("the journal cannot keep up: one turn was not recorded")

    def flush(self) -> None:
        """Waits until everything recorded so far has been written or given up on."""
        self._waiting.join()

    def feedback(self, reply: str, *, helpful: bool, why: str, at: datetime) -> None:
        """About one reply; a second vote replaces the first. Unknown replies are ignored. Never raises."""
        self.flush()
        with self._quiet, self._logged("feedback"), Session(self._engine) as db, db.begin():
            turn = db.scalar(select(TurnRow).where(TurnRow.id == reply))
            if turn is not None and why in REASONS:
                voted = db.get(FeedbackRow, turn.id)
                db.merge(FeedbackRow(reply=turn.id, at=iso(at), helpful=helpful, why=why))
                if voted is None:  # a reason given after the no is not a second vote
                    _count(db, at, turn.procedure, "helpful" if helpful else "not_helpful")

    def prune(self, now: datetime) -> int:
        """Blanks patients' words and sessions, then deletes whole turns, when their times are over, for good.

        Returns how many turns were changed or went. Raises JournalError.
        """
        self.flush()
        words = (TurnRow.question != "") | (TurnRow.searched != "") | (TurnRow.missing != "[]") | (TurnRow.session != "")
        with self._readable():
            with Session(self._engine) as db, db.begin():
                gone = _rows(db.execute(delete(TurnRow).where(TurnRow.at < iso(now - self.evidence))))
                old = update(TurnRow).where(TurnRow.at < iso(now - self.retention), words)
                blanked = _rows(db.execute(old.values(question="", searched="", missing="[]", session="")))
            if gone + blanked and now - self._rewritten >= REWRITE_EVERY:
                self._rewrite()
                self._rewritten = now
        return gone + blanked

    def delete(self, session: str) -> int:
        """Deletes everything of one session, for good. Returns how many turns went. Raises JournalError."""
        self.flush()
        with self._readable():
            with Session(self._engine) as db, db.begin():
                gone = _rows(db.execute(delete(TurnRow).where(TurnRow.session == session, TurnRow.session != "")))
            if gone:
                self._rewrite()
        return gone

    def export(self, session: str) -> list[dict[str, Any]]:
        """Everything kept about one session, oldest first. Raises JournalError."""
        self.flush()
        wanted = (
            select(TurnRow, EvidenceRow, FeedbackRow)
            .join(EvidenceRow, EvidenceRow.number == TurnRow.number)
            .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
            .where(TurnRow.session == session, TurnRow.session != "")
            .order_by(TurnRow.number)
        )
        with self._readable(), Session(self._engine) as db:
            return [_shown(turn, evidence, vote) for turn, evidence, vote in db.execute(wanted)]

    def counters(self) -> list[tuple[str, str, str, int]]:
        """(day, procedure, what, count), oldest day first. Raises JournalError."""
        self.flush()
        with self._readable(), Session(self._engine) as db:
            rows = db.scalars(select(CounterRow).order_by(CounterRow.day, CounterRow.procedure, CounterRow.what))
            return [(row.day, row.procedure, row.what, row.count) for row in rows]

    def close(self) -> None:
        """Writes what is waiting and lets go of the file."""
        self._waiting.put(None)
        self._writer.join(timeout=BUSY_TIMEOUT * 2)
        self._engine.dispose()

    def _write_all(self) -> None:
        while True:
            entry = self._waiting.get()
            try:
                if entry is None:
                    return
                with self._quiet, self._logged("turn"), Session(self._engine) as db, db.begin():
                    _write(db, entry)
                    _count(db, entry.at, entry.procedure, f"{entry.status}/{entry.reason}" if entry.reason else entry.status)
            finally:
                self._waiting.task_done()

    def _rewrite(self) -> None:
        """Makes sure that no page of the file and no write-ahead log still holds what was blanked or deleted."""
        if self._engine.dialect.name == "sqlite":
            with self._quiet, self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextlib.contextmanager
    def _logged(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:  # its text would hold the row: only its kind is logged
            log.error("the journal could not write a %s: %s", what, type(error).__name__)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise JournalError(f"The journal cannot be read or changed. {in_words(error)}") from None


def open_journal(url: str, retention: timedelta = RETENTION, evidence: timedelta = EVIDENCE) -> SqlJournal:
    """Raises JournalError."""
    return SqlJournal(url, retention, evidence)


def iso(at: datetime) -> str:
    """The form in which the journal keeps times: UTC, to the second, comparable as text."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _write(db: Session, entry: Entry) -> None:
    """Adds the two rows of a turn."""
    turn = TurnRow(
        id=entry.id,
        at=iso(entry.at),
        session=entry.session,
        question=entry.question.text,
        searched=entry.searched.text,
        missing=_json([part.text for part in entry.missing]),
        status=entry.status,
        reason=entry.reason,
        procedure=entry.procedure,
        version=entry.version,
        rule=entry.rule,
        topic=entry.topic,
        section=entry.section,
        notices=_json(entry.notices),
        confidence=entry.confidence,
        seconds=entry.seconds,
    )
    db.add(turn)
    db.flush()  # gives the row its number
    db.add(
        EvidenceRow(
            number=turn.number,
            text=entry.text,
            choices=_json(entry.choices),
            sentences=_json(entry.sentences),
            citations=_json(entry.citations),
            passages=_json(entry.passages),
        )
    )


def _json(values: Sequence[Any]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _rows(result: Any) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def _shown(turn: TurnRow, evidence: EvidenceRow, vote: FeedbackRow | None) -> dict[str, Any]:
    found = {column.key: getattr(row, column.key) for row in (evidence, turn) for column in row.__table__.columns}
    shown = {key: json.loads(value) if key in _JSON else value for key, value in found.items()}
    return {**shown, "helpful": vote.helpful if vote else None, "why": vote.why if vote else ""}


def _count(db: Session, at: datetime, procedure: str, what: str) -> None:
    key = (iso(at)[:10], procedure, what)
    row = db.get(CounterRow, key)
    if row is None:
        db.add(CounterRow(day=key[0], procedure=key[1], what=key[2], count=1))
    else:
        row.count += 1
