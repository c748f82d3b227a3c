"""Versions, models, settings, figures, hazards, audit and journal become evidence: what a compliance officer asks to see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import make_url

from bot import switch
from bot.evaluate import evaluate, read_rows
from bot.hazards import Ended, Hazard
from bot.settings import Settings
from bot.tables import EvidenceRow, TurnRow
from bot.types import Question, Reply
from ingest import audit, withdrawn
from ingest.audit import Verdict
from ingest.embed import find_model, read_reader_id
from ingest.index import file_hashes
from ingest.stored import read_text
from ingest.types import FaqError, IndexDamaged, Manifest, ModelId
from ingest.versions import Versions
from ingest.withdrawn import Withdrawal

SLACK = timedelta(days=1)  # the journal forgets once an hour, and only while the chat runs


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, and what is wrong with its files today; kept whole, or only its words."""

    manifest: Manifest
    current: bool
    whole: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Labelled questions of one file, asked of the version in use."""

    file: str
    sha256: str
    report: dict[str, Any]  # as `python -m bot evaluate --json` prints it


@dataclass(frozen=True, slots=True)
class Kept:
    """How long something may be kept, and the oldest of it that there is."""

    what: str
    days: int
    oldest: str  # ISO 8601, UTC; empty when there is none
    holds: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, and in `problems` each proof that does not hold."""

    created: str
    versions: tuple[Version, ...]
    embedding: ModelId
    reader: ModelId
    files: dict[str, str]  # of the models and the safety rules: path -> sha256
    settings: dict[str, str]
    closed: str
    withdrawn: tuple[Withdrawal, ...]
    figures: tuple[Figures, ...]
    hazards: tuple[Hazard, ...]
    audit: Verdict
    rows: tuple[dict[str, Any], ...]  # of the audit
    retention: tuple[Kept, ...]
    problems: tuple[str, ...]


def gather(
    settings: Settings, db: Engine | None, ask: Callable[[Question], Reply], labelled: Sequence[Path], hazards: tuple[Hazard, ...]
) -> Evidence:
    """Looks at everything once. Raises FaqError when a model or a list cannot be read at all."""
    versions = published(Versions(settings.index))
    verdict = audit.verify(settings.index)
    now = datetime.now(UTC)
    kept = retention(db, settings, now) if db is not None else ()
    _, reader = read_reader_id(settings.reader)
    embedding = find_model(settings.embedding_model).id
    return Evidence(
        created=now.isoformat(timespec="seconds"),
        versions=versions,
        embedding=embedding,
        reader=reader,
        files=_hashes(settings),
        settings=public(settings),
        closed=switch.told(settings.data_dir) or "by a file made by hand" if switch.is_closed(settings.data_dir) else "",
        withdrawn=withdrawn.read(settings.index),
        figures=tuple(figures(path, ask) for path in labelled),
        hazards=hazards,
        audit=verdict,
        rows=tuple(audit.rows(settings.index)),
        retention=kept,
        problems=tuple(_problems(versions, (embedding, reader), hazards, verdict, kept)),
    )


def published(versions: Versions) -> tuple[Version, ...]:
    """Every version that is kept, newest first, its files compared with its manifest."""
    current = versions.current()
    found = []
    for version in reversed(versions.ids()):
        manifest = versions.manifest(version)
        same = file_hashes(versions.path(version)) == manifest.files
        found.append(Version(manifest, version == current, True, "" if same else "Its files are not as they were published."))
    for path in sorted(versions.folder.glob("archive/*"), reverse=True):
        try:
            found.append(Version(read_text(path).manifest, False, False))
        except IndexDamaged as error:
            raise IndexDamaged(f"{error} Or take the folder away.") from error
    return tuple(found)


def public(settings: Settings) -> dict[str, str]:
    """Every setting in words, without the password of an address."""
    shown = {f"FAQ_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
    shown["FAQ_JOURNAL_URL"] = make_url(settings.journal).render_as_string(hide_password=True)
    return shown


def figures(path: Path, ask: Callable[[Question], Reply]) -> Figures:
    """Raises FaqError for a file that cannot be read."""
    try:
        rows, digest = read_rows(path), hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:
        raise FaqError(f"{path} holds no labelled questions ({error}).") from error
    return Figures(path.name, digest, evaluate(rows, ask).to_json())


def retention(db: Engine, settings: Settings, now: datetime) -> tuple[Kept, ...]:
    """The oldest words and the oldest evidence of the journal beside the settings."""
    words = select(func.min(TurnRow.at)).where((TurnRow.question != "") | (TurnRow.session != ""))
    shown = select(func.min(TurnRow.at)).join(EvidenceRow, EvidenceRow.number == TurnRow.number)
    with db.connect() as connection:
        oldest = [connection.scalar(query) or "" for query in (words, shown)]
    limits = (
        ("redacted questions and sessions", settings.retention_days),
        ("replies and their evidence", settings.evidence_days),
    )
    return tuple(
        Kept(what, days, at, not at or _moment(at) >= now - timedelta(days=days) - SLACK)
        for (what, days), at in zip(limits, oldest, strict=True)
    )


def _moment(at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hashes(settings: Settings) -> dict[str, str]:
    folders = {"embedding": settings.models, "reader": settings.reader, "safety": settings.safety}
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for name, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _problems(
    versions: Sequence[Version],
    models: tuple[ModelId, ModelId],
    hazards: Sequence[Hazard],
    verdict: Verdict,
    kept: Sequence[Kept],
) -> list[str]:
    current = next((one.manifest for one in versions if one.current), None)
    found = [] if current else ["Nothing is published."]
    if current and (current.embedding, current.reader) != models:
        found.append(f"Version {current.id} was built with other models than those that are here.")
    found += [f"Version {one.manifest.id}: {one.problem}" for one in versions if one.problem]
    found += [f"Audit: {problem}" for problem in verdict.problems]
    found += [f"The journal keeps {one.what} since {one.oldest}, longer than {one.days} days." for one in kept if not one.holds]
    wrong = {Ended.FAILED, Ended.MISSING}
    found += [
        f"{one.number}: {test.file} {test.name}: {test.ended}." for one in hazards for test in one.tests if test.ended in wrong
    ]
    found += [f"{one.number} ({one.name}) names no test." for one in hazards if not one.tests]
    return found
