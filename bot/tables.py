"""The journal's tables, and a database that has them: one written by an earlier release is brought up to date when it is opened.

turns      what was asked (redacted, 30 days) and what came of it, as codes: narrow rows, so that lists stay quick
evidence   what the patient was shown and from which words; one row a turn
feedback   the patient's vote on a reply · verdicts   what staff found of it · counters   sums by day, with no text
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, ForeignKey, Index, String, Text, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ingest.types import FaqError

BUSY_TIMEOUT = 5.0  # seconds that SQLite waits for another writer
STAFF_WAITS = 20.0  # the same for staff, who meet the journal's daily rewriting: 15 a gigabyte on a busy machine
_FROM_1_0 = (  # release 1.0 kept the evidence in `turns`, and neither the text shown nor what the question was near to
    "INSERT INTO evidence (number, text, choices, sentences, citations, passages) "
    "SELECT number, '', '[]', sentences, citations, passages FROM turns",
    "DROP INDEX IF EXISTS turns_at",  # it becomes a wider one
    "ALTER TABLE turns DROP COLUMN sentences",
    "ALTER TABLE turns DROP COLUMN citations",
    "ALTER TABLE turns DROP COLUMN passages",
    "ALTER TABLE turns ADD COLUMN missing TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE turns ADD COLUMN topic VARCHAR(32) NOT NULL DEFAULT ''",
    "ALTER TABLE turns ADD COLUMN section TEXT NOT NULL DEFAULT ''",
)


class JournalError(FaqError):
    """The journal cannot be opened or read; answers are not affected."""


class Table(DeclarativeBase):
    pass


class TurnRow(Table):
    __tablename__ = "turns"
    __table_args__ = (
        Index("turns_at", "at", "procedure", "status", "reason", "seconds"),  # all that figures by day read
        Index("turns_session", "session"),
        Index("turns_status", "status", "number"),
        Index("turns_procedure", "procedure", "number"),
        Index("turns_version", "version", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)  # in the order of writing
    id: Mapped[str] = mapped_column(String(64), unique=True)  # of the reply
    at: Mapped[str] = mapped_column(String(32))  # ISO 8601, UTC
    session: Mapped[str] = mapped_column(String(64))  # empty once the words are gone
    question: Mapped[str] = mapped_column(Text)  # redacted; empty once its time is over, like the next two
    searched: Mapped[str] = mapped_column(Text)
    missing: Mapped[str] = mapped_column(Text, server_default="[]")  # JSON
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    procedure: Mapped[str] = mapped_column(String(128))
    version: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(32), server_default="")  # kind of the nearest section
    section: Mapped[str] = mapped_column(Text, server_default="")  # the nearest section, in the clinic's words
    notices: Mapped[str] = mapped_column(Text)  # JSON
    confidence: Mapped[float]
    seconds: Mapped[float]


class EvidenceRow(Table):
    __tablename__ = "evidence"

    number: Mapped[int] = mapped_column(ForeignKey("turns.number", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)  # as the patient read it
    choices: Mapped[str] = mapped_column(Text)  # JSON
    sentences: Mapped[str] = mapped_column(Text)  # JSON
    citations: Mapped[str] = mapped_column(Text)  # JSON
    passages: Mapped[str] = mapped_column(Text)  # JSON


class FeedbackRow(Table):
    __tablename__ = "feedback"
    __table_args__ = (Index("feedback_helpful", "helpful", "reply"),)

    reply: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[str] = mapped_column(String(32))
    helpful: Mapped[bool]
    why: Mapped[str] = mapped_column(String(32))  # a code: a patient's own words are never taken here


class VerdictRow(Table):
    __tablename__ = "verdicts"
    __table_args__ = (Index("verdicts_verdict", "verdict", "reply"),)

    reply: Mapped[str] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    sentence: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False
    )  # its number in the reply, -1 for the whole reply
    verdict: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)  # redacted
    who: Mapped[str] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int]  # 1 for the first verdict, one more with every change


class CounterRow(Table):
    __tablename__ = "counters"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    procedure: Mapped[str] = mapped_column(String(128), primary_key=True)
    what: Mapped[str] = mapped_column(String(48), primary_key=True)  # "answered", "not_covered/topic", "helpful" …
    count: Mapped[int]


def in_words(error: SQLAlchemyError) -> str:
    """What staff can do about it. The error's own text would hold the row: it is never shown."""
    if isinstance(error, OperationalError) and "database is locked" in str(error.orig):
        return "The journal is busy: once a day it is tidied up, which takes up to a minute. Try again then; nothing is lost."
    return f"({type(error).__name__}) Is the disk full?"


def open_engine(url: str, busy: float = BUSY_TIMEOUT) -> Engine:
    """`url` is any SQLAlchemy URL; SQLite is set to WAL, secure_delete and foreign keys, and waits `busy` seconds for another
    writer. Raises JournalError."""
    shown = url.rsplit("@", maxsplit=1)[-1]
    try:
        engine = create_engine(url, connect_args=_connect_args(url, busy), pool_pre_ping=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        if _lacking(engine):
            _bring_up_to_date(engine)
    except _Unknown as error:
        problem = f"The journal at {shown} was written by another release: it lacks {error}. Name another in FAQ_JOURNAL_URL."
        raise JournalError(problem) from None
    except (SQLAlchemyError, ImportError) as error:
        problem = f"The journal at {shown} cannot be opened ({type(error).__name__}). Check FAQ_JOURNAL_URL."
        raise JournalError(problem) from error
    return engine


class _Unknown(Exception):
    """Tables that neither this release nor the one before has written."""


def _lacking(db: Engine | Connection) -> list[str]:
    """Tables and columns that the database should have and has not."""
    found = inspect(db)
    tables = set(found.get_table_names())
    lacking = [name for name in Table.metadata.tables if name not in tables]
    for name, table in Table.metadata.tables.items():
        if name in tables:
            has = {column["name"] for column in found.get_columns(name)}
            lacking += [f"{name}.{column.name}" for column in table.columns if column.name not in has]
    return lacking


def _bring_up_to_date(engine: Engine) -> None:
    """In one transaction, one process at a time: two that start together do not both change the file."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as db:
            _change(db)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            _change(db)
        except BaseException:
            db.exec_driver_sql("ROLLBACK")
            raise
        db.exec_driver_sql("COMMIT")


def _change(db: Connection) -> None:
    found = inspect(db)
    before = {column["name"] for column in found.get_columns("turns")} if found.has_table("turns") else set[str]()
    Table.metadata.create_all(db)
    if {"sentences", "citations", "passages"} <= before:
        for step in _FROM_1_0:
            db.exec_driver_sql(step)
        for index in TurnRow.metadata.tables["turns"].indexes:
            index.create(db, checkfirst=True)
    if lacking := _lacking(db):
        raise _Unknown(lacking[0])


def _connect_args(url: str, busy: float) -> dict[str, Any]:
    return {"timeout": busy, "check_same_thread": False} if make_url(url).get_backend_name() == "sqlite" else {}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
