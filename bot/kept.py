"""Rows of the journal become what staff read: a line of a list, or a reply with everything it rested on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.tables import EvidenceRow, FeedbackRow, TurnRow, VerdictRow

WHOLE_REPLY = -1  # as the number of a sentence


class Judgement(StrEnum):
    """What staff found of a sentence or of a whole reply."""

    RIGHT = "right"
    INCOMPLETE = "incomplete"
    WRONG = "wrong"
    HARMFUL = "harmful"
    CONTENT_PROBLEM = "content_problem"  # quoted rightly, but the page itself wants mending


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement. `revision` counts its changes; who changes it names the revision that they saw."""

    reply: str
    sentence: int  # its number in the reply, or WHOLE_REPLY
    judgement: Judgement
    note: str
    who: str
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the work list. The patient's words are redacted, and empty once their time is over."""

    number: int  # newer replies have higher ones
    id: str
    at: datetime
    question: str
    status: str
    reason: str
    procedure: str
    version: str
    topic: str
    section: str
    notices: tuple[str, ...]
    confidence: float
    seconds: float
    helpful: bool | None  # the patient's vote
    why: str  # the patient's reason, a code
    verdicts: tuple[Verdict, ...]  # by sentence


@dataclass(frozen=True, slots=True)
class KeptSentence:
    text: str
    citation: int  # index into the reply's citations


@dataclass(frozen=True, slots=True)
class KeptCitation:
    """Words and their place, as they were shown; `bot.replay` proves them against the version's text."""

    document: str
    title: str
    section: tuple[str, ...]
    quote: str
    start: int
    end: int
    version: str


@dataclass(frozen=True, slots=True)
class Considered:
    """A passage that was retrieved, its absolute scores (higher is better), and why it was quoted or not."""

    passage: str
    similarity: float
    lexical: float
    probability: float
    used: bool
    why: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A button that stood below the reply."""

    label: str
    procedure: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One reply as the patient saw it, and how it came about."""

    listed: Listed
    searched: str
    missing: tuple[str, ...]
    text: str
    choices: tuple[Offered, ...]
    sentences: tuple[KeptSentence, ...]
    citations: tuple[KeptCitation, ...]
    considered: tuple[Considered, ...]


def listed(turn: TurnRow, vote: FeedbackRow | None, verdicts: Sequence[Verdict]) -> Listed:
    return Listed(
        number=turn.number,
        id=turn.id,
        at=datetime.fromisoformat(turn.at),
        question=turn.question,
        status=turn.status,
        reason=turn.reason,
        procedure=turn.procedure,
        version=turn.version,
        topic=turn.topic,
        section=turn.section,
        notices=tuple(json.loads(turn.notices)),
        confidence=turn.confidence,
        seconds=turn.seconds,
        helpful=vote.helpful if vote else None,
        why=vote.why if vote else "",
        verdicts=tuple(sorted(verdicts, key=lambda verdict: verdict.sentence)),
    )


def kept(line: Listed, turn: TurnRow, evidence: EvidenceRow) -> Kept:
    return Kept(
        listed=line,
        searched=turn.searched,
        missing=tuple(json.loads(turn.missing)),
        text=evidence.text,
        choices=tuple(Offered(one["label"], one["procedure"]) for one in json.loads(evidence.choices)),
        sentences=tuple(KeptSentence(one["text"], one["citations"][0]) for one in json.loads(evidence.sentences)),
        citations=tuple(_citation(one) for one in json.loads(evidence.citations)),
        considered=tuple(_considered(one) for one in json.loads(evidence.passages)),
    )


def verdict(row: VerdictRow) -> Verdict:
    return Verdict(
        row.reply, row.sentence, Judgement(row.verdict), row.note, row.who, datetime.fromisoformat(row.at), row.revision
    )


def _citation(raw: dict[str, Any]) -> KeptCitation:
    return KeptCitation(**{**raw, "section": tuple(raw["section"])})


def _considered(raw: dict[str, Any]) -> Considered:
    scores = {name: float(raw.get(name, 0.0)) for name in ("similarity", "lexical", "probability")}
    return Considered(str(raw["passage"]), **scores, used=bool(raw.get("used")), why=str(raw.get("why", "")))
