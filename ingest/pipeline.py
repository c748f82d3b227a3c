"""A folder of documents becomes the version that patients read: plan, build aside, validate, ask, record, switch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest import audit, index, withdrawn
from ingest.adopt import finish
from ingest.answers import Asker, Question, answer_changes, golden_questions, suggested_questions
from ingest.aside import Helper
from ingest.candidate import Candidate, Change, Outcome, Override, Places, candidate, examine, overridden
from ingest.embed import ReaderModel, find_model, load_embeddings
from ingest.outline import RULES
from ingest.read.problems import error, warning
from ingest.storage import storing, words
from ingest.types import FaqError, IndexDamaged, IndexMissing, Manifest, Problem
from ingest.versions import Versions

__all__ = ["Change", "Outcome", "Override", "Places", "Wishes", "examine", "plan", "publish", "rollback"]
Progress = Callable[[int, int], None]  # (done, total) texts encoded
SAME = "Nothing was changed: patients go on reading the last version."


def _silent(done: int, total: int) -> None:
    """Shows no progress."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a publish should go about it."""

    who: str = "unknown"
    keep_going: bool = False  # a document with an error goes out with its last good text
    override: Override | None = None  # publishes in spite of errors; recorded
    ask: Asker | None = None  # how questions are asked of a version; None asks none
    take_over: Callable[[], None] | None = None  # makes the documents folder what is published, when nothing refuses it any more


def plan(
    places: Places, ask: Asker | None = None, progress: Progress = _silent, who: str = "somebody", keep: Path | None = None
) -> Outcome:
    """What a publish would do now, and every problem of the documents. Patients notice nothing.

    With `ask` the candidate is built aside and questions are asked of both versions; with `keep` it stays there as an index
    folder of its own, to be asked more. Raises PublishBusy, StorageFailed then.
    """
    found, questions = candidate(places), list[Question]()
    if ask is not None and found.comparable and found.outlines:
        found, questions = _questions(places, found)
    if not found.outlines or not (questions or keep):
        return found.outcome
    versions = Versions(places.index)
    with storing(SAME), versions.lock(f"{who} (looking at changes)"):
        staged = versions.stage()
        try:
            manifest, encoded = _build(places, versions, found, staged, progress)
            outcome = _asked(places, found, staged, manifest, ask, questions) if ask else found.outcome
            if keep:
                _keep(places, found, staged, manifest.id, keep)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return replace(outcome, encoded=encoded)


def publish(places: Places, progress: Progress = _silent, wishes: Wishes | None = None) -> Outcome:
    """Builds a version aside, validates it in a fresh process and switches patients to it.

    Raises PublishBusy when another publish runs, IndexDamaged when the built version does not validate, StorageFailed when
    the disk refuses.
    """
    wishes = wishes or Wishes()
    versions = Versions(places.index)
    with storing(SAME), versions.lock(wishes.who):
        finish(places.documents)
        found = candidate(places, keep_going=wishes.keep_going, override=wishes.override)
        if not found.outcome.refused and not found.outcome.waiting and wishes.take_over:
            wishes.take_over()
        if found.outcome.refused or not found.outcome.waiting:
            return found.outcome
        staged = versions.stage()
        try:
            manifest, encoded = _build(places, versions, found, staged, progress)
            outcome = found.outcome
            if wishes.ask and found.comparable:
                found, questions = _questions(places, found)
                outcome = _asked(places, found, staged, manifest, wishes.ask, questions)
            if wishes.override:
                outcome = replace(outcome, problems=tuple(overridden(outcome.problems, wishes.override)))
            if outcome.refused:
                return replace(outcome, encoded=encoded)
            if wishes.take_over:
                wishes.take_over()  # before the switch: stopping in between leaves changes that wait, never words that come back
            versions.complete(staged, manifest.id)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        _record(places, wishes, outcome, manifest)
        versions.switch(manifest.id)
        outcome = replace(outcome, version=manifest.id, passages=manifest.passages, encoded=encoded)
        return _tidied(places, versions, found, outcome, wishes.who)


def _tidied(places: Places, versions: Versions, found: Candidate, outcome: Outcome, who: str) -> Outcome:
    """Lifts withdrawals of old words and removes old versions. What fails here comes after the switch, so it only informs."""
    problems: list[Problem] = []
    removed: list[str] = []

    def lift() -> None:
        if found.before:
            withdrawn.lift(places.index, found.before, found.outlines, who)

    def prune() -> None:
        removed.extend(versions.prune(places.evidence))

    for step, undone in ((prune, "Old versions were not removed."), (lift, "What was withdrawn stays withdrawn.")):
        try:
            step()
        except (OSError, FaqError) as reason:
            said = words(reason) if isinstance(reason, OSError) else str(reason)
            hint = f"PATIENTS READ THE NEW VERSION. {undone} Then publish once more."
            problems.append(warning("not-tidied", places.index.name, said, hint))
    return replace(outcome, problems=(*outcome.problems, *problems), removed_versions=tuple(removed))


def rollback(places: Places, version: str | None = None, who: str = "unknown", why: str = "") -> str:
    """Makes `version`, or the one that patients read before the current, what they read.

    Raises IndexMissing, IndexDamaged, PublishBusy, StorageFailed."""
    versions = Versions(places.index)
    with storing(SAME), versions.lock(who):
        target = version or _previous(versions)
        if target not in versions.ids():
            raise IndexMissing(f"There is no version {target}. `python -m ingest versions` lists them.")
        if index.file_hashes(versions.path(target)) != versions.manifest(target).files:
            raise IndexDamaged(f"Version {target} was altered. Choose another one: `python -m ingest versions`.")
        audit.record(places.index, who, "rollback", why, version=target)
        versions.switch(target)
    return target


def _previous(versions: Versions) -> str:
    """The version that the current one replaced, if it is good, or the one before that; not one that was gone back from."""
    known: str | None
    try:
        known = versions.current()
        for _ in versions.ids():
            known = versions.manifest(known).parent if known else None
            if known is not None and _is_good(versions, known):
                return known
    except IndexDamaged:
        known = None
    try:
        current = versions.current()
    except IndexDamaged:
        current = None
    for older in versions.good_before(current):
        if _is_good(versions, older):
            return older
    raise IndexDamaged("There is no earlier good version. Run `python -m ingest publish`.")


def _is_good(versions: Versions, version: str) -> bool:
    try:
        return index.file_hashes(versions.path(version)) == versions.manifest(version).files
    except IndexDamaged:
        return False


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
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, 2 * len(passages))

    texts = [index.reader_text(passage) for passage in passages]
    with Cache(places.index / "cache" / "vectors.sqlite") as cache:
        embeddings = CachedEmbeddings(
            found.embedding, cache, lambda: load_embeddings(find_model(places.embedding_model)), advance
        )
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
    return manifest, cache.encoded


def _questions(places: Places, found: Candidate) -> tuple[Candidate, list[Question]]:
    """Golden questions of the documents in use, the suggested ones of the documents that change, and the most asked ones.

    Without the journal's a publish goes on, and says so."""
    documents = {one.document.slug for one in (*found.before, *found.outlines)}
    changed = {change.document for change in found.outcome.changes if change.action == "changed"}
    questions = [*golden_questions(places.golden, documents), *suggested_questions(places.suggested, found.outlines, changed)]
    try:
        asked = places.asked() if places.asked else ()
    except FaqError as reason:
        problem = warning("not-asked", "journal", str(reason), "Patients' own questions were left out of the comparison.")
        return replace(found, outcome=replace(found.outcome, problems=(*found.outcome.problems, problem))), questions
    known = {(one.text.casefold(), one.document) for one in questions}
    return found, [*questions, *(one for one in asked if (one.text.casefold(), one.document) not in known)]


def _asked(
    places: Places, found: Candidate, staged: Path, manifest: Manifest, ask: Asker, questions: Sequence[Question]
) -> Outcome:
    """The outcome with the answers that change; an error when a golden question loses its section."""
    if not questions:
        return found.outcome
    preview = _preview(places, found, staged, manifest.id)
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


def _preview(places: Places, found: Candidate, staged: Path, version: str) -> Path:
    """An index folder beside the live one whose current version is the staged one."""
    folder = places.index / f"staging-preview-{staged.name}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "versions").mkdir(parents=True)
    (folder / "versions" / version).symlink_to(staged.resolve(), target_is_directory=True)
    _point(places, found, folder, version)
    return folder


def _keep(places: Places, found: Candidate, staged: Path, version: str, folder: Path) -> None:
    """Moves the staged version into an index folder of its own."""
    (folder / "versions").mkdir(parents=True)
    shutil.move(staged, folder / "versions" / version)
    _point(places, found, folder, version)


def _point(places: Places, found: Candidate, folder: Path, version: str) -> None:
    """Makes `version` the one that `folder` reads, with the withdrawals that would still hold."""
    (folder / "CURRENT").write_text(version + "\n", encoding="ascii")
    if (places.index / withdrawn.FILE).exists():
        shutil.copyfile(places.index / withdrawn.FILE, folder / withdrawn.FILE)
        withdrawn.lift(folder, found.before, found.outlines, "preview")


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
