"""The journal becomes figures by day, by procedure and by topic, and the questions that are asked most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

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
    turns = select(TurnRow.at, TurnRow.procedure, TurnRow.status, TurnRow.reason, TurnRow.seconds).where(*fitting)
    votes = select(*group, FeedbackRow.helpful, func.count()).join(FeedbackRow, FeedbackRow.reply == TurnRow.id).where(*fitting)
    found: dict[tuple[str, str], _Outcomes] = defaultdict(lambda: defaultdict(list))
    with reading(db) as session:  # one pass over one index: ranking in SQL sorts every row twice
        for at, procedure, status, reason, seconds in session.connection().execute(turns):
            found[at[:10], procedure][status, reason].append(seconds)
        voted = {(d, p, bool(helpful)): n for d, p, helpful, n in session.execute(votes.group_by(*group, FeedbackRow.helpful))}
    return tuple(_day(*key, found[key], [voted.get((*key, helpful), 0) for helpful in (True, False)]) for key in sorted(found))


_Outcomes = dict[tuple[str, str], list[float]]  # (status, reason) -> seconds of each reply


def _day(day: str, procedure: str, outcomes: _Outcomes, votes: Sequence[int]) -> Day:
    counts = {outcome: len(seconds) for outcome, seconds in outcomes.items()}
    times = sorted(chain.from_iterable(outcomes.values()))
    reasons: Counter[str] = Counter()
    for (_, reason), count in counts.items():
        reasons[reason] += count
    del reasons[""]
    return Day(
        day=day,
        procedure=procedure,
        questions=len(times),
        answered=sum(n for (status, reason), n in counts.items() if status in ("answered", "advice") and not reason),
        refused=sum(n for (status, reason), n in counts.items() if status in ("not_covered", "advice") and reason),
        reasons=tuple(reasons.most_common()),
        escalated=sum(n for (status, _), n in counts.items() if status in ("emergency", "crisis", "urgent")),
        p50=_within(times, 50),
        p95=_within(times, 95),
        helpful=votes[0],
        not_helpful=votes[1],
    )


def _within(times: Sequence[float], share: int) -> float:
    """The time within which `share` percent of the sorted times lie, by nearest rank."""
    return round(times[-(-len(times) * share // 100) - 1], 4)


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
