"""The journal becomes staff's work list: filtered, newest first, a page at a time; and any one reply in full."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal

from sqlalchemy import ColumnElement, Engine, and_, exists, func, not_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import kept
from bot.journal import JournalError, iso
from bot.kept import Judgement, Kept, Listed, Verdict
from bot.tables import EvidenceRow, FeedbackRow, TurnRow, VerdictRow, in_words

PAGE = 50  # lines
LOW = 0.9  # confidence; below it a patient is told that the answer may not be all (bot.faq.COMPLETE)
ANSWERED = and_(TurnRow.status.in_(("answered", "advice")), TurnRow.reason == "")
REFUSED = and_(TurnRow.status.in_(("not_covered", "advice")), TurnRow.reason != "")


class UnknownReply(JournalError):
    """No reply of this id is kept."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which replies; every field that is given must fit. Days are UTC, both included."""

    procedure: str | None = None
    status: tuple[str, ...] = ()  # any of them
    reason: str | None = None
    topic: str | None = None  # kind of the nearest section, or "none"
    notice: str | None = None
    version: str | None = None
    feedback: Literal["helpful", "not_helpful", "none"] | None = None
    verdict: Judgement | Literal["none"] | None = None  # given to any sentence; "none": not reviewed yet
    since: date | None = None
    until: date | None = None
    words: str = ""  # in the redacted question, as long as it is kept
    below: float | None = None  # confidence


EVERYTHING = Filter()
# What a nurse with ten minutes looks at first.
VIEWS: Mapping[str, Filter] = MappingProxyType(
    {
        "not covered": Filter(status=("not_covered",)),
        "thumbs down": Filter(feedback="not_helpful"),
        "emergencies and crises": Filter(status=("emergency", "crisis")),
        "low confidence": Filter(status=("answered",), below=LOW),
        "advice": Filter(status=("advice",)),
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first. `older` is what the next page is asked for with, None on the last one."""

    lines: tuple[Listed, ...]
    older: int | None


def replies(db: Engine, wanted: Filter = EVERYTHING, older: int | None = None, count: int = PAGE) -> Page:
    """The newest `count` replies that fit, or those before the line with number `older`. Raises JournalError."""
    found = (
        select(TurnRow, FeedbackRow)
        .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
        .where(*conditions(wanted), *((TurnRow.number < older,) if older is not None else ()))
        .order_by(TurnRow.number.desc())
        .limit(count + 1)
    )
    with reading(db) as session:
        rows = [(turn, vote) for turn, vote in session.execute(found)]
        given = _verdicts(session, [turn.id for turn, _ in rows])
        lines = tuple(kept.listed(turn, vote, given[turn.id]) for turn, vote in rows[:count])
    return Page(lines, lines[-1].number if len(rows) > count else None)


def full_replies(db: Engine, wanted: Filter, older: int | None, count: int) -> tuple[Kept, ...]:
    """As `replies`, each in full: for exports. Raises JournalError."""
    found = (
        select(TurnRow, EvidenceRow, FeedbackRow)
        .join(EvidenceRow, EvidenceRow.number == TurnRow.number)
        .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
        .where(*conditions(wanted), *((TurnRow.number < older,) if older is not None else ()))
        .order_by(TurnRow.number.desc())
        .limit(count)
    )
    with reading(db) as session:
        rows = session.execute(found).all()
        given = _verdicts(session, [turn.id for turn, _, _ in rows])
        return tuple(kept.kept(kept.listed(turn, vote, given[turn.id]), turn, evidence) for turn, evidence, vote in rows)


def within(wanted: Filter, since: date, until: date, verdict: Literal["none"] | None = None) -> Filter:
    """The same filter for some days only, and for replies that nobody has judged when `verdict` says so."""
    return replace(wanted, since=since, until=until, verdict=verdict or wanted.verdict)


def counted(db: Engine, wanted: Filter) -> int:
    """How many replies fit. Raises JournalError."""
    with reading(db) as session:
        return session.scalar(select(func.count()).select_from(TurnRow).where(*conditions(wanted))) or 0


def reply(db: Engine, id: str) -> Kept:
    """One reply in full. Raises UnknownReply, JournalError."""
    found = (
        select(TurnRow, EvidenceRow, FeedbackRow)
        .join(EvidenceRow, EvidenceRow.number == TurnRow.number)
        .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
        .where(TurnRow.id == id)
    )
    with reading(db) as session:
        row = session.execute(found).one_or_none()
        if row is None:
            raise UnknownReply(f"No reply {id} is kept. Replies go after FAQ_EVIDENCE_DAYS.")
        turn, evidence, vote = row
        return kept.kept(kept.listed(turn, vote, _verdicts(session, [id])[id]), turn, evidence)


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """A filter as conditions on `turns`."""
    same = ("procedure", "reason", "topic", "version")
    given = [getattr(TurnRow, name) == value for name in same if (value := getattr(wanted, name)) is not None]
    if wanted.status:
        given.append(TurnRow.status.in_(wanted.status))
    if wanted.notice:
        given.append(TurnRow.notices.contains(f'"{wanted.notice}"', autoescape=True))
    if wanted.feedback == "none":
        given.append(not_(exists().where(FeedbackRow.reply == TurnRow.id).correlate(TurnRow)))
    elif wanted.feedback:
        voted = select(FeedbackRow.reply).where(FeedbackRow.helpful == (wanted.feedback == "helpful"))
        given.append(TurnRow.id.in_(voted))
    if wanted.verdict == "none":
        given.append(not_(exists().where(VerdictRow.reply == TurnRow.id).correlate(TurnRow)))
    elif wanted.verdict:
        given.append(TurnRow.id.in_(select(VerdictRow.reply).where(VerdictRow.verdict == wanted.verdict)))
    if wanted.since:
        given.append(TurnRow.at >= _midnight(wanted.since))
    if wanted.until:
        given.append(TurnRow.at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.words:
        given.append(TurnRow.question.icontains(wanted.words, autoescape=True))
    if wanted.below is not None:
        given.append(TurnRow.confidence < wanted.below)
    return given


@contextlib.contextmanager
def reading(db: Engine) -> Iterator[Session]:
    """A session whose failures are said in plain words. Raises JournalError."""
    try:
        with Session(db) as session:
            yield session
    except SQLAlchemyError as error:
        raise JournalError(f"The journal cannot be read. {in_words(error)}") from None


def _verdicts(session: Session, ids: Sequence[str]) -> dict[str, list[Verdict]]:
    given: dict[str, list[Verdict]] = defaultdict(list)
    for row in session.scalars(select(VerdictRow).where(VerdictRow.reply.in_(ids))):
        given[row.reply].append(kept.verdict(row))
    return given


def _midnight(day: date) -> str:
    return iso(datetime.combine(day, time(), UTC))
