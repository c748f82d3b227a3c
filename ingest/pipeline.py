"""A folder of documents becomes the version that patients read: plan, build aside, validate, ask, record, switch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ingest import audit, index, withdrawn
from ingest.adopt import finish
from ingest.answers import Asker, Question
from ingest.building import Progress, build
from ingest.candidate import Candidate, Change, Outcome, Override, Places, candidate, examine, overridden
from ingest.comparing import compared, keep_aside, questions_of
from ingest.read.problems import warning
from ingest.storage import storing, words
from ingest.types import FaqError, IndexDamaged, IndexMissing, Manifest, Problem
from ingest.versions import Versions

__all__ = ["Change", "Outcome", "Override", "Places", "Progress", "Wishes", "examine", "plan", "publish", "rollback"]
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
        found, questions = questions_of(places, found)
    if not found.outlines or not (questions or keep):
        return found.outcome
    versions = Versions(places.index)
    with storing(SAME), versions.lock(f"{who} (looking at changes)"):
        staged = versions.stage()
        try:
            manifest, encoded = build(places, versions, found, staged, progress)
            outcome = compared(places, found, staged, manifest, ask, questions) if ask else found.outcome
            if keep:
                keep_aside(places, found, staged, manifest.id, keep)
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
            manifest, encoded = build(places, versions, found, staged, progress)
            outcome = found.outcome
            if wishes.ask and found.comparable:
                found, questions = questions_of(places, found)
                outcome = compared(places, found, staged, manifest, wishes.ask, questions)
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
