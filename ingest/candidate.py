"""The documents folder and the live version become a candidate: what a publish would make, change and refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ingest import approved, fuse
from ingest.answers import AnswerChange, Question
from ingest.check import check
from ingest.difference import SectionChange, section_changes
from ingest.embed import DEFAULT_MODEL, find_model, read_reader_id
from ingest.outline import RULES, outline
from ingest.read import read_folder, source_hashes
from ingest.read.problems import error, warning
from ingest.stored import read_outlines
from ingest.types import IndexDamaged, Level, Manifest, ModelId, Outline, Problem
from ingest.versions import EVIDENCE, Versions

SHRINKS = 0.2  # of all words: a larger loss is more often a slip than meant


@dataclass(frozen=True, slots=True)
class Places:
    """Where a publish reads from and writes to, and the models it uses."""

    documents: Path
    index: Path
    reader: Path
    embedding_model: str = DEFAULT_MODEL
    models: Path = Path("data/models")  # what is made once of the embedding model
    clinic: Path = Path("data/clinic.toml")
    golden: Path | None = None  # questions whose right section must not be lost
    suggested: Path | None = None  # questions that the chat offers
    evidence: timedelta = EVIDENCE  # how long the words of old versions stay
    asked: Callable[[], Sequence[Question]] | None = None  # questions that patients asked most
    faq: Path | None = None  # answers that staff wrote and approved


@dataclass(frozen=True, slots=True)
class Override:
    """Who publishes in spite of errors, and why; it is recorded."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a publish does to one document."""

    document: str
    action: str  # added | changed | removed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `plan` found or `publish` did. `version` is None when nothing was, or would be, published."""

    version: str | None
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    reasons: tuple[str, ...] = ()  # why everything is rebuilt, or what else changed
    passages: int = 0
    encoded: int = 0  # texts that had to be encoded; the rest came from the cache
    removed_versions: tuple[str, ...] = ()
    sections: tuple[SectionChange, ...] = ()
    answers: tuple[AnswerChange, ...] = ()  # lost ones first
    asked: int = 0  # questions asked of both versions

    @property
    def refused(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)

    @property
    def waiting(self) -> bool:
        """Whether there is anything to publish."""
        return bool(self.changes or self.reasons)


@dataclass(frozen=True, slots=True)
class Candidate:
    """All that a publish needs to know before it builds."""

    outcome: Outcome = field(default_factory=lambda: Outcome(None))
    outlines: tuple[Outline, ...] = ()
    live: Manifest | None = None
    before: tuple[Outline, ...] = ()  # what patients read now
    embedding: ModelId | None = None
    reader: ModelId | None = None
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def comparable(self) -> bool:
        """Whether the same reader can be asked about both versions, and their documents differ."""
        return self.live is not None and bool(self.before) and bool(self.outcome.changes) and not self.outcome.reasons


def examine(places: Places) -> tuple[tuple[Outline, ...], list[Problem]]:
    """The outlines of all readable documents with their approved answers, and every problem of both."""
    readings, problems = read_folder(places.documents)
    outlines = tuple(outline(reading.document, reading.blocks) for reading in readings)
    links = {reading.document.source: reading.links for reading in readings if reading.links}
    files = tuple(source_hashes(places.documents)) if links else ()
    problems += fuse.reserved(outlines)
    outlines, suspended = fuse.joined(outlines, places.faq, _today())
    return outlines, problems + suspended + check(outlines, places.clinic, links, files)


def sources_of(places: Places) -> dict[str, str]:
    """Every file that a publish reads -> its digest: equal ones mean that there is nothing to read again."""
    documents = source_hashes(places.documents) if places.documents.is_dir() else {}
    return documents | (approved.fingerprints(places.faq, _today()) if places.faq else {})


def _today() -> date:
    return datetime.now(UTC).date()


def candidate(places: Places, *, keep_going: bool = False, override: Override | None = None) -> Candidate:
    """Reads the folder and compares it with what is live. Loads no model; an unchanged folder is not even read."""
    embedding = find_model(places.embedding_model).id
    _, reader = read_reader_id(places.reader)
    live = live_manifest(places)
    sources = sources_of(places)
    reasons = _reasons(live, embedding, reader)
    if live is not None and not reasons and sources == live.sources:
        return Candidate(Outcome(None, passages=live.passages), live=live)
    before = _outlines(places, live)
    outlines, problems = examine(places)
    problems += _moving(sources, sources_of(places))
    bad = {problem.file for problem in problems if problem.level is Level.ERROR}
    good = {name: digest for name, digest in sources.items() if name not in bad}
    if keep_going or override:
        outlines, problems = _with_last_good(outlines, problems, before, set(sources))
        outlines, _ = fuse.joined(outlines, places.faq, _today())  # the last good text, without answers suspended since
    changes = _changes(live.documents if live else {}, outlines)
    if live is not None and not changes and good != {name: live.sources.get(name) for name in live.sources if name not in bad}:
        reasons = (*reasons, "A file was renamed or rewritten with the same text.")
    if not any(problem.level is Level.ERROR for problem in problems):  # with an error the loss is told by the error
        problems += _shrunk(before, outlines)
    if override is not None:
        problems = overridden(problems, override)
    sections = tuple(section_changes(before, outlines)) if before else ()
    passages = sum(len(one.passages) for one in outlines)
    if not outlines and not any(problem.level is Level.ERROR for problem in problems):
        problems.append(
            error("nothing-left", places.documents.name, "No document would be left for patients.", "Mend one of the files.")
        )
    outcome = Outcome(None, changes, tuple(problems), reasons, passages, sections=sections)
    return Candidate(outcome, outlines, live, before, embedding, reader, good)


def overridden(problems: Iterable[Problem], override: Override) -> list[Problem]:
    """Errors become warnings that name who overrode them and why."""
    words = f"Overridden by {override.name}: {override.reason}"
    return [replace(one, level=Level.WARNING, hint=words) if one.level is Level.ERROR else one for one in problems]


def live_manifest(places: Places) -> Manifest | None:
    """What patients read now; None before the first publish and for a damaged pointer."""
    versions = Versions(places.index)
    try:
        current = versions.current()
        return versions.manifest(current) if current else None
    except IndexDamaged:
        return None


def _outlines(places: Places, live: Manifest | None) -> tuple[Outline, ...]:
    try:
        return read_outlines(Versions(places.index).path(live.id)) if live else ()
    except IndexDamaged:
        return ()


def _changes(before: Mapping[str, str], outlines: Sequence[Outline]) -> tuple[Change, ...]:
    hashes = {one.document.slug: one.document.sha256 for one in outlines}
    return tuple(
        Change(slug, "added" if slug not in before else "removed" if slug not in hashes else "changed")
        for slug in sorted({*hashes, *before})
        if hashes.get(slug) != before.get(slug)
    )


def _reasons(live: Manifest | None, embedding: ModelId, reader: ModelId) -> tuple[str, ...]:
    """Why every passage is built again although its document did not change."""
    if live is None:
        return ("Nothing is published yet.",)
    checks = (
        (live.embedding == embedding, f"The embedding model changed from {live.embedding.name} to {embedding.name}."),
        (live.reader == reader, f"The reader changed from {live.reader.name} to {reader.name}."),
        (live.rules == RULES, "The rules for cutting documents into passages changed."),
    )
    return tuple(reason for same, reason in checks if not same)


def _with_last_good(
    outlines: Sequence[Outline], problems: Sequence[Problem], before: Sequence[Outline], files: set[str]
) -> tuple[tuple[Outline, ...], list[Problem]]:
    """Documents with an error go out with the text that patients read now, or stay away when there is none; said loudly."""
    kept = list(outlines)
    said: list[Problem] = []
    for problem in problems:
        if problem.level is not Level.ERROR or problem.file not in files:
            said.append(problem)
            continue
        last = next((one for one in before if one.document.source == problem.file), None)
        if last is not None and all(one.document.slug != last.document.slug for one in kept):
            kept.append(last)
            hint = "PATIENTS GO ON READING THE LAST GOOD TEXT OF THIS DOCUMENT."
        else:
            hint = "THIS FILE IS NOT PUBLISHED."
        said.append(warning(problem.code, problem.file, problem.message, f"{hint} {problem.hint}", problem.line))
    return tuple(sorted(kept, key=lambda one: one.document.source)), said


def _moving(before: Mapping[str, str], after: Mapping[str, str]) -> list[Problem]:
    """Files that were saved while they were read: half of one must never be what patients read."""
    return [
        error("changed-while-read", name, "The file changed while it was read.", "Wait until it is saved, then try again.")
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _shrunk(before: Sequence[Outline], after: Sequence[Outline]) -> list[Problem]:
    was, now = (sum(len(passage.text.split()) for one in outlines for passage in one.passages) for outlines in (before, after))
    if not was or now >= was * (1 - SHRINKS):
        return []
    words = f"The documents would shrink from {was:,} to {now:,} words."
    return [error("shrinks", "all documents", words, "If that is meant, publish with --override NAME --reason TEXT.")]
