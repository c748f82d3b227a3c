"""Questions that were refused or disliked become clusters by meaning, each with the section that is silent or thin."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine, select

from bot.review import EVERYTHING, REFUSED, Filter, conditions, reading
from bot.tables import EvidenceRow, FeedbackRow, TurnRow
from bot.types import Answer, Question, Reply
from ingest.embed import Vectors

MOST_ROWS = 50_000  # the newest refused or disliked turns that are looked at
MOST_QUESTIONS = 250  # distinct ones that are clustered, those of most patients first; embedding them is most of the time
APART = 0.45  # cosine distance, the mean between two clusters (average linkage); looked at on tests/quality, not tuned
Embed = Callable[[Sequence[str]], Vectors]  # texts -> (n, d) unit vectors
Ask = Callable[[Question], Reply]


@dataclass(frozen=True, slots=True)
class Troubled:
    """A distinct question that was refused or whose answer was disliked."""

    question: str  # redacted, as it was searched
    procedure: str
    patients: frozenset[str]  # sessions
    refused: int
    disliked: int
    reasons: tuple[str, ...]
    section: str  # the nearest one, the last time
    version: str  # that it was last asked of
    shown: str  # the disliked answer, empty for a refusal


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that mean the same. `name` is the most central one."""

    name: str
    procedure: str
    questions: tuple[Troubled, ...]  # those of most patients first
    patients: int
    refused: int
    disliked: int
    section: str  # the page's nearest section
    state: str  # "silent": the page says nothing on it; "thin": the section is there and does not say it, or not well


def gaps(
    db: Engine, embed: Embed, ask: Ask, live: str, wanted: Filter = EVERYTHING, most: int = MOST_QUESTIONS
) -> tuple[Cluster, ...]:
    """Clusters that are still open in the version `live`, most patients first. Raises JournalError."""
    return clusters(still_open(troubled(db, wanted, most), ask, live), embed)


def troubled(db: Engine, wanted: Filter = EVERYTHING, most: int = MOST_QUESTIONS) -> tuple[Troubled, ...]:
    """Distinct questions whose words are still kept, those of most patients first. Raises JournalError."""
    columns = (TurnRow.number, TurnRow.searched, TurnRow.session, TurnRow.procedure, TurnRow.reason)
    more = (TurnRow.section, TurnRow.version, FeedbackRow.helpful)
    rows = (
        select(*columns, *more)
        .outerjoin(FeedbackRow, FeedbackRow.reply == TurnRow.id)
        .where(TurnRow.searched != "", REFUSED | FeedbackRow.helpful.is_(False), *conditions(wanted))
        .order_by(TurnRow.number.desc())
        .limit(MOST_ROWS)
    )
    with reading(db) as session:
        same: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        for row in session.execute(rows):
            one = _Row(*row)
            same[one.procedure, one.searched.casefold()].append(one)
        found = sorted(same.values(), key=lambda rows: (-len({row.session for row in rows}), -rows[0].number))[:most]
        newest = [rows[0].number for rows in found]
        texts = select(EvidenceRow.number, EvidenceRow.text).where(EvidenceRow.number.in_(newest))
        shown = dict(session.execute(texts).all())
    return tuple(_troubled(rows, shown.get(rows[0].number, "")) for rows in found)


def still_open(questions: Sequence[Troubled], ask: Ask, live: str) -> tuple[Troubled, ...]:
    """Leaves out what has been mended since: a refused question that is answered now, a disliked answer that reads differently.

    Only what was last asked of another version than `live` is asked again (about 30 ms each).
    """

    def is_open(one: Troubled) -> bool:
        if one.version == live:
            return True
        now = ask(Question(one.question, one.procedure or None))
        return not isinstance(now, Answer) or now.text == one.shown

    return tuple(one for one in questions if is_open(one))


def clusters(questions: Sequence[Troubled], embed: Embed) -> tuple[Cluster, ...]:
    """Questions of one procedure that are close in meaning, together; most patients first."""
    of_procedure: dict[str, list[Troubled]] = defaultdict(list)
    for one in questions:
        of_procedure[one.procedure].append(one)
    vectors = dict(zip(map(id, questions), embed([one.question for one in questions]), strict=True)) if questions else {}
    found = []
    for together in of_procedure.values():
        stacked = np.stack([vectors[id(one)] for one in together])
        labels = _labels(stacked)
        for label in np.unique(labels):
            places = np.flatnonzero(labels == label)
            found.append(_cluster([together[place] for place in places], stacked[places]))
    return tuple(sorted(found, key=lambda one: (-one.patients, -one.refused - one.disliked, one.name)))


def _labels(vectors: Vectors) -> Vectors:
    from sklearn.cluster import AgglomerativeClustering

    if len(vectors) == 1:
        return np.zeros(1, dtype=np.float32)
    model = AgglomerativeClustering(n_clusters=None, distance_threshold=APART, metric="cosine", linkage="average")
    return np.asarray(model.fit_predict(vectors), dtype=np.float32)


def _cluster(members: Sequence[Troubled], vectors: Vectors) -> Cluster:
    weights = np.array([len(one.patients) for one in members], dtype=np.float32)
    central = members[int(np.argmax(vectors @ (weights @ vectors)))]
    sections = Counter(one.section for one in members for _ in one.patients if one.section)
    reasons = Counter(reason for one in members for reason in one.reasons)
    thin = reasons["detail"] + sum(one.disliked for one in members) >= reasons["topic"]
    return Cluster(
        name=central.question,
        procedure=central.procedure,
        questions=tuple(sorted(members, key=lambda one: -len(one.patients))),
        patients=len(frozenset[str]().union(*(one.patients for one in members))),
        refused=sum(one.refused for one in members),
        disliked=sum(one.disliked for one in members),
        section=sections.most_common(1)[0][0] if sections else "",
        state="thin" if thin and sections else "silent",
    )


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    searched: str
    session: str
    procedure: str
    reason: str
    section: str
    version: str
    helpful: bool | None


def _troubled(rows: Sequence[_Row], shown: str) -> Troubled:
    """`rows` are the turns of one question, newest first."""
    newest = rows[0]
    return Troubled(
        question=newest.searched,
        procedure=newest.procedure,
        patients=frozenset(row.session for row in rows),
        refused=sum(bool(row.reason) for row in rows),
        disliked=sum(row.helpful is False for row in rows),
        reasons=tuple(row.reason for row in rows if row.reason),
        section=newest.section,
        version=newest.version,
        shown="" if newest.reason else shown,
    )
