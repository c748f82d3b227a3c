"""A folder of documents becomes the version that patients read: plan, build aside, validate, ask, record, switch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest import audit, index, withdrawn
from ingest.answers import Asker, Question, answer_changes, golden_questions, suggested_questions
from ingest.aside import Helper
from ingest.candidate import Candidate, Change, Outcome, Override, Places, candidate, examine, overridden
from ingest.embed import ReaderModel, find_model, load_embeddings
from ingest.outline import RULES
from ingest.read.problems import error
from ingest.types import FaqError, IndexDamaged, IndexMissing, Manifest, Problem
from ingest.versions import Versions

__all__ = ["Change", "Outcome", "Override", "Places", "Wishes", "examine", "plan", "publish", "rollback"]
Progress = Callable[[int, int], None]  # (done, total) texts encoded


def _silent(done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a publish should go about it."""

    who: str = "unknown"
    keep_going: bool = False  # a document with an error goes out with its last good text
    override: Override | None = None  # publishes in spite of errors; recorded
    ask: Asker | None = None  # how questions are asked of a version; None asks none


def plan(places: Places, ask: Asker | None = None, progress: Progress = _silent) -> Outcome:
    """What a publish would do now, and every problem of the documents. Patients notice nothing.

    With `ask` the candidate is built aside and questions are asked of both versions. Raises PublishBusy then.
    """
    found = candidate(places)
    if ask is None or not found.comparable or not found.outlines or not _questions(places, found):
        return found.outcome
    versions = Versions(places.index)
    with versions.lock("a plan"):
        staged = versions.stage()
        try:
            manifest, encoded = _build(places, versions, found, staged, progress)
            outcome = _asked(places, found, staged, manifest, ask)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return replace(outcome, encoded=encoded)


def publish(places: Places, progress: Progress = _silent, wishes: Wishes | None = None) -> Outcome:
    """Builds a version aside, validates it in a fresh process and switches patients to it.

    Raises PublishBusy when another publish runs, IndexDamaged when the built version does not validate.
    """
    wishes = wishes or Wishes()
    versions = Versions(places.index)
    with versions.lock(wishes.who):
        found = candidate(places, keep_going=wishes.keep_going, override=wishes.override)
        if found.outcome.refused or not found.outcome.waiting:
            return found.outcome
        staged = versions.stage()
        try:
            manifest, encoded = _build(places, versions, found, staged, progress)
            outcome = _asked(places, found, staged, manifest, wishes.ask) if wishes.ask and found.comparable else found.outcome
            if wishes.override:
                outcome = replace(outcome, problems=tuple(overridden(outcome.problems, wishes.override)))
            if outcome.refused:
                return replace(outcome, encoded=encoded)
            versions.complete(staged, manifest.id)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        _record(places, wishes, outcome, manifest)
        versions.switch(manifest.id)
        if found.before:
            withdrawn.lift(places.index, found.before, found.outlines, wishes.who)
        removed = versions.prune(places.evidence)
    return replace(outcome, version=manifest.id, passages=manifest.passages, encoded=encoded, removed_versions=tuple(removed))


def rollback(places: Places, version: str | None = None, who: str = "unknown", why: str = "") -> str:
    """Makes `version`, or the newest good one before the current, what patients read. Raises IndexMissing, IndexDamaged."""
    versions = Versions(places.index)
    with versions.lock(who):
        target = version or _previous(versions)
        if target not in versions.ids():
            raise IndexMissing(f"There is no version {target}. `python -m ingest versions` lists them.")
        if index.file_hashes(versions.path(target)) != versions.manifest(target).files:
            raise IndexDamaged(f"Version {target} was altered. Choose another one: `python -m ingest versions`.")
        audit.record(places.index, who, "rollback", why, version=target)
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


def _build(places: Places, versions: Versions, found: Candidate, staged: Path, progress: Progress) -> tuple[Manifest, int]:
    """Writes and validates a version in `staged`; its helpers warm up while the model loads."""
    writer, validator = Helper("write"), Helper("validate")
    try:
        manifest, encoded = _write(places, versions, found, staged, progress, writer)
        validator.run(staged)
    finally:
        writer.stop()
        validator.stop()
    return manifest, encoded


def _write(
    places: Places, versions: Versions, found: Candidate, staged: Path, progress: Progress, writer: Helper
) -> tuple[Manifest, int]:
    from ingest.cache import Cache, CachedEmbeddings, encode_passages

    if found.embedding is None or found.reader is None:
        raise ValueError("an unchanged folder is not built")
    outlines = found.outlines
    passages = [passage for one in outlines for passage in one.passages]
    cache = Cache(places.index / "cache" / "vectors.sqlite")
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, 2 * len(passages))

    embeddings = CachedEmbeddings(found.embedding, cache, lambda: load_embeddings(find_model(places.embedding_model)), advance)
    texts = [index.reader_text(passage) for passage in passages]
    encoded = encode_passages(texts, found.reader, cache, lambda: ReaderModel(places.reader), advance)
    index.build(staged, outlines, embeddings, encoded, writer.run)
    progress(2 * len(passages), 2 * len(passages))
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
        sources=found.sources,
        sections=sum(len(one.sections) for one in outlines),
        passages=len(passages),
        rules=RULES,
        embedding=found.embedding,
        reader=found.reader,
        files=index.file_hashes(staged),
    )
    (staged / "manifest.json").write_text(json.dumps(manifest.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    cache.close(keep_only_used=True)
    return manifest, cache.encoded


def _questions(places: Places, found: Candidate) -> list[Question]:
    """Golden questions of the documents in use, and the suggested ones of the documents that change."""
    documents = {one.document.slug for one in (*found.before, *found.outlines)}
    changed = {change.document for change in found.outcome.changes if change.action == "changed"}
    return [*golden_questions(places.golden, documents), *suggested_questions(places.suggested, found.outlines, changed)]


def _asked(places: Places, found: Candidate, staged: Path, manifest: Manifest, ask: Asker) -> Outcome:
    """The outcome with the answers that change; an error when a golden question loses its section."""
    questions = _questions(places, found)
    if not questions:
        return found.outcome
    preview = _preview(places.index, staged, manifest.id)
    try:
        with ThreadPoolExecutor(2) as pool:
            live = pool.submit(ask, places.index, questions)
            after = pool.submit(ask, preview, questions)
            changes = answer_changes(questions, live.result(), after.result())
    except FaqError as reason:
        problem = error(
            "not-asked", "golden questions", str(reason), "Ask whoever looks after the program, or publish with --override."
        )
        return replace(found.outcome, problems=(*found.outcome.problems, problem))
    finally:
        shutil.rmtree(preview, ignore_errors=True)
    lost = [
        error(
            "lost-answer",
            one.document,
            f"“{one.question}” was answered from “{' › '.join(one.section or ())}” and would not be any more.",
            "Put the words back, or publish with --override NAME --reason TEXT.",
        )
        for one in changes
        if one.lost
    ]
    problems: tuple[Problem, ...] = (*found.outcome.problems, *lost)
    return replace(found.outcome, problems=problems, answers=tuple(changes), asked=len(questions))


def _preview(live: Path, staged: Path, version: str) -> Path:
    """An index folder beside the live one whose current version is the staged one, with the same withdrawals."""
    folder = live / f"staging-preview-{staged.name}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "versions").mkdir(parents=True)
    (folder / "versions" / version).symlink_to(staged.resolve(), target_is_directory=True)
    (folder / "CURRENT").write_text(version + "\n", encoding="ascii")
    if (live / withdrawn.FILE).exists():
        shutil.copyfile(live / withdrawn.FILE, folder / withdrawn.FILE)
    return folder


def _record(places: Places, wishes: Wishes, outcome: Outcome, manifest: Manifest) -> None:
    override = wishes.override
    audit.record(
        places.index,
        override.name if override else wishes.who,
        "override" if override else "publish",
        override.reason if override else "",
        version=manifest.id,
        parent=manifest.parent,
        changes=[f"{change.action}: {change.document}" for change in outcome.changes],
        lost=[one.question for one in outcome.answers if one.lost],
        kept=[problem.file for problem in outcome.problems if "LAST GOOD TEXT" in problem.hint],
    )
