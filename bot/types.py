"""The nouns of answering: Hit -> Citation -> Reply. What a patient is shown can be nothing but one of these.

Reply = Answer | NoAnswer | Clarify | Escalation | Unavailable
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ingest.types import Document, FaqError, Passage

Status = Literal["answered", "not_covered", "off_topic", "clarify", "advice", "emergency", "crisis", "urgent", "unavailable"]

Band = Literal["crisis", "emergency", "urgent"]


class CitationError(FaqError):
    """A quote would not be the span of its document that it claims to be."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was considered, with absolute scores: 0 means nothing in common, 1 the same."""

    passage: Passage
    number: int  # of the passage in its index
    similarity: float  # cosine of the embeddings of question and passage
    lexical: float  # cosine of their character n-grams
    probability: float = 0.0  # that this passage answers, among all passages considered and "no answer"
    stated: float = 0.0  # how fully the passage states what is asked for, by the reader's intent layer
    sentences: tuple[float, ...] = ()  # that each of its sentences answers; `probability` is their sum


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of a published document version and the place they stand at. The quote is read from the span, never given."""

    source: Document
    section: tuple[str, ...]
    start: int
    end: int
    version: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.source.text) or not self.quote.strip():
            raise CitationError(f"{self.source.slug}[{self.start}:{self.end}] is not a span of version {self.version}.")

    @property
    def quote(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def document(self) -> str:
        return self.source.slug

    @property
    def title(self) -> str:
        return self.source.title


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer: byte for byte words of the citation it points to."""

    text: str
    citation: int  # index into the answer's citations


class Notice(StrEnum):
    """Cards shown above an answer. Their words are fixed messages in `data/safety/messages.yaml`."""

    SYMPTOM = "symptom"  # the message may report a symptom: how to reach someone
    SYMPTOM_AGAIN = "symptom_again"  # the second such message of a conversation
    ADVICE = "advice"  # a personal decision: the care team decides
    PRIVACY = "privacy"  # something identifying was typed
    PARTIAL = "partial"  # the page says something on this, not exactly what was asked
    PART_MISSING = "part_missing"  # one part of a question is not covered; `missing` says which


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tap: the words on the button and the question it asks, about which procedure."""

    label: str
    question: str
    procedure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every reply carries."""

    text: str  # what the patient reads, plain text
    procedure: str | None = None  # slug of the page in use
    searched: str = ""  # the standalone question that was searched
    notices: tuple[Notice, ...] = ()
    choices: tuple[Choice, ...] = ()
    confidence: float = 0.0  # probability that the page answers
    version: str = ""  # of the index, empty when none was used
    hits: tuple[Hit, ...] = field(default=(), repr=False)  # what was considered, best first: for staff, never shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Base):
    """The clinic's own words with the places they stand at."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    missing: tuple[str, ...] = ()  # the parts of the question that are not covered, in the patient's words
    withdrawn: tuple[str, ...] = ()  # the parts whose words staff took out of answers, in the patient's words

    def __post_init__(self) -> None:
        if not self.citations or not self.sentences:
            raise CitationError("An answer without a citation cannot be given.")
        for sentence in self.sentences:
            if sentence.text not in self.citations[sentence.citation].quote:
                raise CitationError(f"{sentence.text!r} does not stand in the words it cites.")

    @property
    def status(self) -> Status:
        return "advice" if Notice.ADVICE in self.notices else "answered"


class Reason(StrEnum):
    """Which kind of "no"."""

    TOPIC = "topic"  # nothing on this topic in our pages
    DETAIL = "detail"  # our page has a section near this, but does not say that
    OTHER_PROCEDURE = "other_procedure"  # a procedure that no page of ours is about
    OFF_TOPIC = "off_topic"  # not our field
    WITHDRAWN = "withdrawn"  # our page says it, but staff took those words out of answers
    ADVICE = "advice"  # a personal decision, and no general words on it in our pages
    LANGUAGE = "language"  # not a language that our pages are written in
    EMPTY = "empty"  # nothing was written
    COURTESY = "courtesy"  # a greeting, thanks: nothing was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer(Base):
    """An honest no, with the next step."""

    reason: Reason
    name: str = ""  # of the procedure that has no page, as the patient may have written it; stands in `text`

    @property
    def status(self) -> Status:
        match self.reason:
            case Reason.OFF_TOPIC | Reason.EMPTY | Reason.COURTESY:
                return "off_topic"
            case Reason.ADVICE:
                return "advice"
            case _:
                return "advice" if Notice.ADVICE in self.notices else "not_covered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarify(Base):
    """Which procedure? The choices name the candidates."""

    @property
    def status(self) -> Status:
        return "clarify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation(Base):
    """Danger: the fixed card of its band, before any search."""

    band: Band
    language: str = "en"

    @property
    def status(self) -> Status:
        return self.band


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable(Base):
    """The program cannot answer now; the words say what to do instead."""

    @property
    def status(self) -> Status:
        return "unavailable"


Reply = Answer | NoAnswer | Clarify | Escalation | Unavailable


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of this conversation and its reply; lives in memory only."""

    question: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Question:
    """What a patient asks: the words, the procedure page they came from, and what was said before."""

    text: str
    procedure: str | None = None
    turns: tuple[Turn, ...] = ()
