"""The journal becomes figures by day, by procedure and by topic, and the questions that are asked most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Engine, case, func, select

from bot.review import ANSWERED, EVERYTHING, REFUSED, Filter, conditions, reading
from bot.tables import FeedbackRow, TurnRow


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one procedure; questions that are about none have an empty one."""

    day: str  # ISO date, UTC
    procedure: str
    questions: int
    answered: int
    refused: int
    reasons: tuple[tuple[str, int], ...]  # of everything that was not answered, most frequent first
    escalated: int  # emergency, crisis, urgent
    p50: float  # seconds, half of the replies are quicker
    p95: float
    helpful: int
    not_helpful: int

    @property
    def answered_share(self) -> float:
        """Of all questions, those answered from a page; 0 to 1."""
        return self.answered / self.questions


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of the questions of one procedure that are nearest to one kind of section ("none": to no known kind)."""

    procedure: str
    topic: str
    asked: int
    answered: int
    refused: int
    disliked: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A redacted question, and how many turns and sessions asked it."""

    question: str
    procedure: str
    asked: int
    patients: int


def days(db: Engine, wanted: Filter = EVERYTHING) -> tuple[Day, ...]:
    """Figures by day and procedure, oldest first. Raises JournalError."""
    day = func.substr(TurnRow.at, 1, 10)
    columns = (day, TurnRow.procedure, TurnRow.status, TurnRow.reason, TurnRow.seconds)
    votes = select(day, TurnRow.procedure, FeedbackRow.helpful, func.count()).join(FeedbackRow, FeedbackRow.reply == TurnRow.id)
    fitting = conditions(wanted)
    turns: dict[tuple[str, str], list[tuple[str, str, float]]] = defaultdict(list)
    with reading(db) as session:
        for at, procedure, status, reason, seconds in session.execute(select(*columns).where(*fitting)):
            turns[at, procedure].append((status, reason, seconds))
        grouped = session.execute(votes.where(*fitting).group_by(day, TurnRow.procedure, FeedbackRow.helpful))
        voted = {(at, procedure, bool(helpful)): count for at, procedure, helpful, count in grouped}
    return tuple(_day(key, turns[key], voted.get((*key, True), 0), voted.get((*key, False), 0)) for key in sorted(turns))


def _day(key: tuple[str, str], turns: Sequence[tuple[str, str, float]], helpful: int, not_helpful: int) -> Day:
    reasons = Counter(reason for _, reason, _ in turns if reason)
    p50, p95 = np.percentile([seconds for _, _, seconds in turns], (50, 95))
    return Day(
        day=key[0],
        procedure=key[1],
        questions=len(turns),
        answered=sum(status in ("answered", "advice") and not reason for status, reason, _ in turns),
        refused=sum(status in ("not_covered", "advice") and bool(reason) for status, reason, _ in turns),
        reasons=tuple(reasons.most_common()),
        escalated=sum(status in ("emergency", "crisis", "urgent") for status, _, _ in turns),
        p50=round(float(p50), 4),
        p95=round(float(p95), 4),
        helpful=helpful,
        not_helpful=not_helpful,
    )


def matrix(db: Engine, wanted: Filter = EVERYTHING) -> tuple[Cell, ...]:
    """Procedure by topic, most refused and disliked first. Raises JournalError."""
    disliked = _sum(FeedbackRow.helpful.is_(False))
    rows = (
        select(TurnRow.procedure, TurnRow.topic, func.count(), _sum(ANSWERED), _sum(REFUSED), disliked)
        .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
        .where(*conditions(wanted))
        .group_by(TurnRow.procedure, TurnRow.topic)
    )
    with reading(db) as session:
        cells = [Cell(row[0], row[1] or "none", *map(int, row[2:])) for row in session.execute(rows)]
    return tuple(sorted(cells, key=lambda cell: (-cell.refused - cell.disliked, cell.procedure, cell.topic)))


def most_asked(db: Engine, limit: int, wanted: Filter = EVERYTHING) -> tuple[Asked, ...]:
    """The questions about our pages that the most sessions asked, of those whose words are still kept. Raises JournalError."""
    same = (TurnRow.procedure, func.lower(TurnRow.searched))
    patients, asked = func.count(TurnRow.session.distinct()), func.count()
    rows = (
        select(func.min(TurnRow.searched), TurnRow.procedure, asked, patients)
        .where(TurnRow.searched != "", ANSWERED | REFUSED, *conditions(wanted))
        .group_by(*same)
        .order_by(patients.desc(), asked.desc(), *same)
        .limit(limit)
    )
    with reading(db) as session:
        return tuple(Asked(*row) for row in session.execute(rows))


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
