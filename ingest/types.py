"""The nouns of ingestion, from a file to a published version, and the root of the error tree.

FaqError
├── DocumentError      a document cannot be read; carries its Problem
├── ConfigurationError a setting or a tracked data file is wrong
├── ModelMismatch      the weights on this machine are not the expected ones
├── IndexMissing       nothing has been published yet
├── IndexMismatch      the version was built with another model
├── IndexDamaged       a version's files are incomplete or altered
├── PublishBusy        another publish holds the lock
└── StorageFailed      the disk is full or a file cannot be written
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class FaqError(Exception):
    """Root of every error this program raises on purpose; the text says what, where and what to do next."""


class ConfigurationError(FaqError):
    """A setting or a tracked data file is wrong."""


class ModelMismatch(FaqError):
    """The model's weights are missing or are not the pinned ones."""


class IndexMissing(FaqError):
    """Nothing has been published yet."""


class IndexMismatch(FaqError):
    """The published version was built with another model than the configured one."""


class IndexDamaged(FaqError):
    """A version's files are incomplete or were altered after it was published."""


class PublishBusy(FaqError):
    """Another publish holds the lock."""


class StorageFailed(FaqError):
    """The disk is full, or a file cannot be read or written."""


class Level(StrEnum):
    """How much a problem matters: an error refuses a publish, a warning informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing an editor should know about a document, in words an editor understands."""

    level: Level
    code: str  # stable, for programs: "empty-text"
    file: str  # file name inside the documents folder
    line: int | None  # 1-based, where one is known
    message: str  # what is wrong
    hint: str  # what to do

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{self.level}: {place}: {self.message} {self.hint}".rstrip()


class DocumentError(FaqError):
    """A document cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def sha256_of(text: str) -> str:
    """Hex digest of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """A procedure's canonical text: what every offset in the program indexes into, in code points."""

    slug: str
    title: str
    text: str
    source: str  # file name it was read from
    language: str = "en"
    reviewed_on: str = ""  # ISO dates from front matter, empty when the document does not say
    next_review: str = ""
    reviewed_by: str = ""
    source_url: str = ""

    @property
    def sha256(self) -> str:
        return sha256_of(self.text)


class BlockKind(StrEnum):
    """What a reader of the page takes a run of text for."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list, its marker left out
    QUESTION = "question"  # of a question-and-answer pair


@dataclass(frozen=True, slots=True)
class Block:
    """A half-open span of canonical text and what it is; `level` is 1 for the outermost heading, 0 when unmarked."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as its file's reader understood it, with what an editor should know about the file."""

    document: Document
    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...] = ()
    links: tuple[str, ...] = ()  # targets of the file's links, as written


@dataclass(frozen=True, slots=True)
class Section:
    """A heading path and the half-open span of canonical text that stands under it, its heading line left out."""

    document: str
    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded and quoted: part of one section, list label included.

    `document.text[start:end] == text` always; `id` comes from the place (slug, path, ordinal), never from the text.
    """

    id: str
    document: str
    path: tuple[str, ...]
    start: int
    end: int
    text: str
    question: str = ""  # of a question-and-answer pair: searched together with the text, never quoted


@dataclass(frozen=True, slots=True)
class Outline:
    """What a reader sees in a document: its headings, sections and passages, in reading order."""

    document: Document
    headings: tuple[tuple[int, int], ...]  # spans of heading text in the canonical text, title included
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which weights made the vectors: name for people, sha256 for programs, dimensions of one vector."""

    name: str
    sha256: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version is made of. Two versions with equal `content` digests answer alike."""

    id: str
    parent: str | None
    created: str  # ISO 8601, UTC
    corpus: str  # sha256 over slugs and document hashes
    documents: dict[str, str]  # slug -> sha256 of canonical text
    sources: dict[str, str]  # file name -> sha256 of its bytes
    sections: int
    passages: int
    rules: str  # version of the outline and passage rules
    embedding: ModelId
    reader: ModelId
    files: dict[str, str] = field(default_factory=dict)  # path in the version's folder -> sha256

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Manifest:
        models = {name: ModelId(**raw[name]) for name in ("embedding", "reader")}
        return cls(**{**raw, **models})
