"""One finished turn becomes rows that hold no raw question: only Redacted text, codes, scores and the clinic's own words.

Two kinds of rows: turns and feedback (deleted after the retention time) and counters by day (kept longer, no text).
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

from sqlalchemy import Engine, ForeignKey, Index, String, Text, create_engine, delete, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bot.redact import Redacted
from ingest.types import FaqError

REASONS = frozenset(("", "not_asked", "hard", "wrong", "other"))  # why an answer did not help, as codes
RETENTION = timedelta(days=30)  # of turns and feedback, unless a setting says otherwise
MOST_WAITING = 1_000  # turns; a journal that cannot keep up drops turns rather than slow answers
BUSY_TIMEOUT = 5.0  # seconds that SQLite waits for another writer
log = logging.getLogger(__name__)


class JournalError(FaqError):
    """The journal cannot be opened or read; answers are not affected."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn. `question` and `searched` are Redacted by type; everything else is the clinic's words, codes or numbers."""

    id: str  # of the reply, made at random; feedback and staff name it
    session: str
    question: Redacted
    searched: Redacted
    status: str
    at: datetime  # with time zone
    reason: str = ""
    procedure: str = ""
    version: str = ""
    rule: str = ""  # the triage rule that hit
    passages: Sequence[dict[str, Any]] = ()  # id, similarity, probability
    sentences: Sequence[dict[str, Any]] = ()
    citations: Sequence[dict[str, Any]] = ()
    notices: Sequence[str] = ()
    confidence: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in ("question", "searched"):
            if not isinstance(getattr(self, name), Redacted):
                raise TypeError(f"{name} must be Redacted: pass it through bot.redact.redact first.")


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


class _Table(DeclarativeBase):
    pass


class TurnRow(_Table):
    __tablename__ = "turns"
    __table_args__ = (Index("turns_at", "at"), Index("turns_session", "session"))

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)  # of the reply
    at: Mapped[str] = mapped_column(String(32))  # ISO 8601, UTC
    session: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(Text)
    searched: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    procedure: Mapped[str] = mapped_column(String(128))
    version: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(64))
    passages: Mapped[str] = mapped_column(Text)  # JSON
    sentences: Mapped[str] = mapped_column(Text)  # JSON
    citations: Mapped[str] = mapped_column(Text)  # JSON
    notices: Mapped[str] = mapped_column(Text)  # JSON
    confidence: Mapped[float]
    seconds: Mapped[float]


class FeedbackRow(_Table):
    __tablename__ = "feedback"

    reply: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[str] = mapped_column(String(32))
    helpful: Mapped[bool]
    why: Mapped[str] = mapped_column(String(32))  # a code: a patient's own words are never taken here


class CounterRow(_Table):
    __tablename__ = "counters"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    procedure: Mapped[str] = mapped_column(String(128), primary_key=True)
    what: Mapped[str] = mapped_column(String(48), primary_key=True)  # "answered", "not_covered/topic", "helpful" …
    count: Mapped[int]


@dataclass(slots=True)
class SqlJournal:
    """`url` is any SQLAlchemy URL; SQLite is set to WAL, secure_delete and foreign keys."""

    url: str
    retention: timedelta = RETENTION
    _engine: Engine = field(init=False)
    _waiting: queue.Queue[Entry | None] = field(init=False)
    _writer: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        try:
            self._engine = create_engine(self.url, connect_args=_connect_args(self.url), pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _prepare_sqlite)
            _Table.metadata.create_all(self._engine)
        except (SQLAlchemyError, ImportError) as error:
            shown = self.url.split("@")[-1]
            problem = f"The journal at {shown} cannot be opened ({type(error).__name__}). Check FAQ_JOURNAL_URL."
            raise JournalError(problem) from error
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
        with self._logged("feedback"), Session(self._engine) as db, db.begin():
            turn = db.scalar(select(TurnRow).where(TurnRow.id == reply))
            if turn is not None and why in REASONS:
                db.merge(FeedbackRow(reply=turn.id, at=_iso(at), helpful=helpful, why=why))
                _count(db, at, turn.procedure, "helpful" if helpful else "not_helpful")

    def prune(self, now: datetime) -> int:
        """Deletes turns and feedback older than the retention time, for good. Returns how many turns went."""
        return self._remove(TurnRow.at < _iso(now - self.retention))

    def delete(self, session: str) -> int:
        """Deletes everything of one session, for good. Returns how many turns went."""
        return self._remove(TurnRow.session == session)

    def export(self, session: str) -> list[dict[str, Any]]:
        """Everything kept about one session, oldest first. Raises JournalError."""
        return self.turns(session=session)

    def turns(self, *, session: str | None = None, status: str | None = None, limit: int = 1_000) -> list[dict[str, Any]]:
        """Kept turns for staff, oldest first. Raises JournalError."""
        self.flush()
        wanted = select(TurnRow).order_by(TurnRow.number.desc()).limit(limit)
        if session is not None:
            wanted = wanted.where(TurnRow.session == session)
        if status is not None:
            wanted = wanted.where(TurnRow.status == status)
        with self._readable(), Session(self._engine) as db:
            rows = [_shown(row) for row in db.scalars(wanted)][::-1]
            votes = {vote.reply: vote for vote in db.scalars(select(FeedbackRow))}
        return [_with_vote(row, votes.get(row["id"])) for row in rows]

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
                with self._logged("turn"), Session(self._engine) as db, db.begin():
                    db.add(_row(entry))
                    _count(db, entry.at, entry.procedure, f"{entry.status}/{entry.reason}" if entry.reason else entry.status)
            finally:
                self._waiting.task_done()

    def _remove(self, condition: Any) -> int:
        self.flush()
        with self._readable():
            with Session(self._engine) as db, db.begin():
                gone = select(TurnRow.id).where(condition)
                count = db.scalar(select(func.count()).select_from(gone.subquery())) or 0
                db.execute(delete(FeedbackRow).where(FeedbackRow.reply.in_(gone)))
                db.execute(delete(TurnRow).where(condition))
            if count and self._engine.dialect.name == "sqlite":
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("VACUUM")
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

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
            problem = f"The journal cannot be read or changed ({type(error).__name__}). Is the disk full or locked?"
            raise JournalError(problem) from None


def open_journal(url: str, retention: timedelta = RETENTION) -> SqlJournal:
    """Raises JournalError."""
    return SqlJournal(url, retention)


def _connect_args(url: str) -> dict[str, Any]:
    return {"timeout": BUSY_TIMEOUT, "check_same_thread": False} if make_url(url).get_backend_name() == "sqlite" else {}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _row(entry: Entry) -> TurnRow:
    return TurnRow(
        id=entry.id,
        at=_iso(entry.at),
        session=entry.session,
        question=entry.question.text,
        searched=entry.searched.text,
        status=entry.status,
        reason=entry.reason,
        procedure=entry.procedure,
        version=entry.version,
        rule=entry.rule,
        passages=json.dumps(list(entry.passages)),
        sentences=json.dumps(list(entry.sentences)),
        citations=json.dumps(list(entry.citations)),
        notices=json.dumps(list(entry.notices)),
        confidence=entry.confidence,
        seconds=entry.seconds,
    )


def _shown(row: TurnRow) -> dict[str, Any]:
    shown = {column.key: getattr(row, column.key) for column in TurnRow.__table__.columns}
    return {k: json.loads(v) if k in ("passages", "sentences", "citations", "notices") else v for k, v in shown.items()}


def _with_vote(row: dict[str, Any], vote: FeedbackRow | None) -> dict[str, Any]:
    return {**row, "helpful": vote.helpful if vote else None, "why": vote.why if vote else ""}


def _count(db: Session, at: datetime, procedure: str, what: str) -> None:
    key = (_iso(at)[:10], procedure, what)
    row = db.get(CounterRow, key)
    if row is None:
        db.add(CounterRow(day=key[0], procedure=key[1], what=key[2], count=1))
    else:
        row.count += 1
