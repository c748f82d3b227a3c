"""The journal becomes figures by day, by procedure and by topic, and the questions that are asked most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

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
    """Figures by day and procedure, oldest first. Percentiles are by nearest rank. Raises JournalError."""
    fitting = conditions(wanted)
    group = (func.substr(TurnRow.at, 1, 10).label("day"), TurnRow.procedure)
    kinds = select(*group, TurnRow.status, TurnRow.reason, func.count()).where(*fitting)
    votes = select(*group, FeedbackRow.helpful, func.count()).join(FeedbackRow, FeedbackRow.reply == TurnRow.id).where(*fitting)
    rank = func.row_number().over(partition_by=group, order_by=TurnRow.seconds).label("rank")
    ranked = select(*group, TurnRow.seconds, rank, func.count().over(partition_by=group).label("n")).where(*fitting).subquery()
    place, total, key = ranked.c.rank, ranked.c.n, (ranked.c.day, ranked.c.procedure)
    p50, p95 = (func.min(case((place * 100 >= total * share, ranked.c.seconds))) for share in (50, 95))
    counts: dict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
    with reading(db) as session:
        for day, procedure, status, reason, count in session.execute(kinds.group_by(*group, TurnRow.status, TurnRow.reason)):
            counts[day, procedure].append((status, reason, count))
        voted = {(d, p, bool(helpful)): n for d, p, helpful, n in session.execute(votes.group_by(*group, FeedbackRow.helpful))}
        times = {(d, p): (half, most) for d, p, half, most in session.execute(select(*key, p50, p95).group_by(*key))}
    return tuple(
        _day(
            day,
            procedure,
            counts[day, procedure],
            times[day, procedure],
            [voted.get((day, procedure, h), 0) for h in (True, False)],
        )
        for day, procedure in sorted(counts)
    )


def _day(
    day: str, procedure: str, counts: Sequence[tuple[str, str, int]], times: tuple[float, float], votes: Sequence[int]
) -> Day:
    reasons: Counter[str] = Counter()
    for _, reason, count in counts:
        reasons[reason] += count
    del reasons[""]
    return Day(
        day=day,
        procedure=procedure,
        questions=sum(count for _, _, count in counts),
        answered=sum(n for status, reason, n in counts if status in ("answered", "advice") and not reason),
        refused=sum(n for status, reason, n in counts if status in ("not_covered", "advice") and reason),
        reasons=tuple(reasons.most_common()),
        escalated=sum(n for status, _, n in counts if status in ("emergency", "crisis", "urgent")),
        p50=round(times[0], 4),
        p95=round(times[1], 4),
        helpful=votes[0],
        not_helpful=votes[1],
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
