"""A folder of documents becomes the version that patients read: plan, build aside, validate, switch."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ingest import index
from ingest.check import check
from ingest.embed import (
    DEFAULT_MODEL,
    Cache,
    CachedEmbeddings,
    ReaderModel,
    encode_passages,
    find_model,
    load_embeddings,
    read_reader_id,
)
from ingest.outline import RULES, outline
from ingest.read import read_folder, source_hashes
from ingest.types import IndexDamaged, Level, Manifest, ModelId, Outline, Problem
from ingest.versions import Versions

Progress = Callable[[int, int], None]  # (done, total) passages encoded


@dataclass(frozen=True, slots=True)
class Places:
    """Where a publish reads from and writes to, and the models it uses."""

    documents: Path
    index: Path
    reader: Path
    embedding_model: str = DEFAULT_MODEL
    clinic: Path = Path("data/clinic.toml")


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

    @property
    def refused(self) -> bool:
        return any(problem.level is Level.ERROR for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Candidate:
    outlines: tuple[Outline, ...] = ()
    outcome: Outcome = field(default_factory=lambda: Outcome(None))
    embedding: ModelId | None = None
    reader: ModelId | None = None
    sources: dict[str, str] = field(default_factory=dict)


def plan(places: Places) -> Outcome:
    """What a publish would do now, and every problem of the documents. Writes nothing."""
    return _candidate(places).outcome


def examine(places: Places) -> tuple[tuple[Outline, ...], list[Problem]]:
    """The outlines of all readable documents, and every problem of the folder."""
    readings, problems = read_folder(places.documents)
    outlines = tuple(outline(reading.document, reading.blocks) for reading in readings)
    return outlines, problems + check(outlines, places.clinic)


def publish(places: Places, progress: Progress = lambda done, total: None) -> Outcome:
    """Builds a version aside, validates it in a fresh process and switches patients to it.

    Raises PublishBusy when another publish runs, IndexDamaged when the built version does not validate.
    """
    versions = Versions(places.index)
    with versions.lock():
        candidate = _candidate(places)
        if candidate.outcome.refused or not (candidate.outcome.changes or candidate.outcome.reasons):
            return candidate.outcome
        staged = versions.stage()
        try:
            manifest, encoded = _build(places, versions, candidate, staged, progress)
            _validate_in_fresh_process(staged)
            versions.complete(staged, manifest.id)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        versions.switch(manifest.id)
        removed = versions.prune()
    found = candidate.outcome
    return Outcome(manifest.id, found.changes, found.problems, found.reasons, manifest.passages, encoded, tuple(removed))


def rollback(places: Places, version: str | None = None) -> str:
    """Makes `version`, or the newest good one before the current, what patients read. Raises IndexMissing, IndexDamaged."""
    versions = Versions(places.index)
    with versions.lock():
        target = version or _previous(versions)
        if index.file_hashes(versions.path(target)) != versions.manifest(target).files:
            raise IndexDamaged(f"Version {target} was altered. Choose another one: `python -m ingest versions`.")
        versions.switch(target)
    return target


def _previous(versions: Versions) -> str:
    try:
        current = versions.current()
    except IndexDamaged:
        current = None
    for known in versions.good_before(current):
        if index.file_hashes(versions.path(known)) == versions.manifest(known).files:
            return known
    raise IndexDamaged("There is no earlier good version. Run `python -m ingest publish`.")


def _candidate(places: Places) -> _Candidate:
    embedding = find_model(places.embedding_model).id
    _, reader = read_reader_id(places.reader)
    live = _live(places)
    sources = source_hashes(places.documents) if places.documents.is_dir() else {}
    reasons = _reasons(live, embedding, reader)
    if live is not None and not reasons and sources == live.sources:
        return _Candidate(outcome=Outcome(None, passages=live.passages))
    outlines, problems = examine(places)
    hashes = {one.document.slug: one.document.sha256 for one in outlines}
    before = live.documents if live else {}
    changes = tuple(
        Change(slug, "added" if slug not in before else "removed" if slug not in hashes else "changed")
        for slug in sorted({*hashes, *before})
        if hashes.get(slug) != before.get(slug)
    )
    if live is not None and not changes and sources != live.sources:
        reasons = (*reasons, "A file was renamed or rewritten with the same text.")
    outcome = Outcome(None, changes, tuple(problems), reasons, sum(len(one.passages) for one in outlines))
    return _Candidate(outlines, outcome, embedding, reader, sources)


def _live(places: Places) -> Manifest | None:
    versions = Versions(places.index)
    try:
        current = versions.current()
        return versions.manifest(current) if current else None
    except IndexDamaged:
        return None


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


def _build(places: Places, versions: Versions, candidate: _Candidate, staged: Path, progress: Progress) -> tuple[Manifest, int]:
    assert candidate.embedding is not None and candidate.reader is not None
    outlines = candidate.outlines
    passages = [passage for one in outlines for passage in one.passages]
    cache = Cache(places.index / "cache" / "vectors.sqlite")
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, 2 * len(passages))

    embeddings = CachedEmbeddings(
        candidate.embedding, cache, lambda: load_embeddings(find_model(places.embedding_model)), advance
    )
    texts = [index.reader_text(passage) for passage in passages]
    encoded = encode_passages(texts, candidate.reader, cache, lambda: ReaderModel(places.reader), advance)
    index.build(staged, outlines, embeddings, encoded)
    hashes = {one.document.slug: one.document.sha256 for one in outlines}
    corpus = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
    try:
        parent = versions.current()
    except IndexDamaged:
        parent = None
    manifest = Manifest(
        id=versions.new_id(corpus),
        parent=parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus=corpus,
        documents=hashes,
        sources=candidate.sources,
        sections=sum(len(one.sections) for one in outlines),
        passages=len(passages),
        rules=RULES,
        embedding=candidate.embedding,
        reader=candidate.reader,
        files=index.file_hashes(staged),
    )
    (staged / "manifest.json").write_text(json.dumps(manifest.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    cache.close(keep_only_used=True)
    return manifest, cache.encoded


def _validate_in_fresh_process(staged: Path) -> None:
    command = [sys.executable, "-m", "ingest", "validate", str(staged)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=Path(__file__).parents[1])
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise IndexDamaged(
            f"The new version does not answer as it should, so patients keep the old one. {lines[-1] if lines else ''}"
        )
