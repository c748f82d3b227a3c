"""An editor's uploads become a draft, and a draft becomes what patients read. Each step asks for the user's role first.

FAQ_DATA_DIR/drafts/<name>/draft.json, documents/      (ingest/adopt.py)
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from ingest import pipeline
from ingest.adopt import Draft, changed_beneath, read_draft
from ingest.outline import slug_of
from ingest.read import LONGEST_SLUG, SUFFIXES, source_files, source_hashes
from ingest.types import FaqError
from ingest.versions import Versions
from web import jobs
from web.jobs import Job, Kind
from web.office import Office
from web.roles import Action, User

MOST_DRAFTS = 20
LARGEST_FILE = 20_000_000  # bytes; web/middleware.py stops a larger upload on its way
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")


class DraftProblem(FaqError):
    """A draft cannot be made or changed; the message says why and what to do."""


class State(StrEnum):
    """A draft's file beside the documents folder."""

    SAME = "as published"
    CHANGED = "changed"
    NEW = "new"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a draft."""

    name: str
    state: State


@dataclass(frozen=True, slots=True)
class Saved:
    """Where an upload went. `replaced` is the file of the same page in another format that it took the place of."""

    name: str
    replaced: str | None = None


def start(at: Office, user: User, wish: str) -> Draft:
    """A new draft: a copy of the documents folder. Raises DraftProblem."""
    user.need(Action.DRAFT)
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode().replace("_", " ")
    name = slug_of(plain)[:50].strip("-")
    if not re.search(r"\w", plain) or not _NAME.fullmatch(name):
        raise DraftProblem("Give the draft a short name in letters and digits, such as “new aftercare”.")
    if (at.drafts / name).exists():
        raise DraftProblem(f"There is a draft {name} already. Open it, or choose another name.")
    if len(names(at)) >= MOST_DRAFTS:
        raise DraftProblem(f"There are {MOST_DRAFTS} drafts already. Publish or discard one first.")
    at.drafts.mkdir(parents=True, exist_ok=True)
    making = at.drafts / f".{name}-{secrets.token_hex(3)}"
    try:
        _copy(at.places.documents, making / "documents")
        base = source_hashes(making / "documents")
        if base != source_hashes(at.places.documents):
            raise DraftProblem("The documents folder is being changed at this moment. Try again.")
        draft = Draft(name, making, user.name, datetime.now(UTC).isoformat(timespec="seconds"), base)
        _write(draft)
        making.rename(at.drafts / name)
    except OSError as reason:
        raise DraftProblem(f"The draft could not be made ({reason.strerror}). Tell whoever looks after the program.") from reason
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return replace(draft, folder=at.drafts / name)


def names(at: Office) -> list[str]:
    """Drafts that are there, in order of names."""
    return sorted(path.name for path in at.drafts.glob("*/") if _NAME.fullmatch(path.name)) if at.drafts.is_dir() else []


def find(at: Office, name: str) -> Draft:
    """Raises DraftProblem, DraftUnreadable."""
    if not _NAME.fullmatch(name) or not (at.drafts / name).is_dir():
        raise DraftProblem(f"There is no draft {name}. It was published or discarded.")
    return read_draft(at.drafts / name)


def save(at: Office, user: User, draft: Draft, name: str, content: bytes) -> Saved:
    """Puts an upload into the draft, never straight to live. What is in the file is judged by the check. Raises DraftProblem."""
    user.need(Action.DRAFT)
    _unpublished(at, draft)
    stem, suffix = safe_name(name)
    if len(content) > LARGEST_FILE:
        raise DraftProblem(f"{name} has more than {LARGEST_FILE // 1_000_000} MB. Make its pictures smaller, or split it.")
    if not content:
        raise DraftProblem(f"{name} is empty. Save it again and upload it once more.")
    twin = next((path for path in source_files(draft.documents) if slug_of(path.stem) == stem), None)
    target = twin if twin and twin.suffix.lower() == suffix and not twin.is_symlink() else draft.documents / f"{stem}{suffix}"
    temporary = draft.folder / f"upload-{secrets.token_hex(4)}"
    try:
        with temporary.open("xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(target)
        if twin and twin != target:
            twin.unlink()
    except OSError as reason:
        raise DraftProblem(f"{name} could not be kept ({reason.strerror}). The draft is as it was.") from reason
    finally:
        temporary.unlink(missing_ok=True)
    relative = target.relative_to(draft.documents).as_posix()
    return Saved(relative, twin.relative_to(draft.documents).as_posix() if twin and twin != target else None)


def safe_name(name: str) -> tuple[str, str]:
    """An uploaded file's name as (slug, suffix), whatever it tries. Raises DraftProblem."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem, suffix = os.path.splitext(last)  # noqa: PTH122
    if suffix.lower() not in SUFFIXES:
        raise DraftProblem(f"{last[:80] or 'A file without a name'} cannot be read: {', '.join(SUFFIXES)} can.")
    slug = slug_of(stem)
    if not re.search(r"\w", stem) or len(slug) > LONGEST_SLUG or len(slug.encode()) > 200:
        raise DraftProblem(f"Give {last[:80]} a name of up to {LONGEST_SLUG} letters: it becomes the page's address.")
    return slug, suffix.lower()


def take_out(at: Office, user: User, draft: Draft, name: str) -> None:
    """Removes a file from the draft; publishing then removes its page."""
    user.need(Action.DRAFT)
    _unpublished(at, draft)
    path = next((one for one in source_files(draft.documents) if one.relative_to(draft.documents).as_posix() == name), None)
    if path is None:
        raise DraftProblem(f"{name} is not in the draft any more.")
    path.unlink()


def put_back(at: Office, user: User, draft: Draft, name: str) -> None:
    """Makes a file of the draft what it is in the documents folder."""
    user.need(Action.DRAFT)
    _unpublished(at, draft)
    if all(name != file.name for file in files(at, draft)):
        raise DraftProblem(f"{name} is neither in the draft nor in the documents folder.")
    target, source = draft.documents / name, at.places.documents / name
    target.unlink(missing_ok=True)
    if os.path.lexists(source):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def discard(at: Office, user: User, name: str) -> None:
    user.need(Action.DRAFT)
    if not _NAME.fullmatch(name) or not (at.drafts / name).is_dir():
        raise DraftProblem(f"There is no draft {name}.")
    if (job := jobs.running(at.jobs)) and job.draft == name:
        raise DraftProblem(f"{job.busy}. A draft that is being published cannot be discarded.")
    _remove(at, name)


def files(at: Office, draft: Draft) -> list[File]:
    """The draft's files beside the documents folder, what differs first."""
    live, mine = source_hashes(at.places.documents), source_hashes(draft.documents)
    found = [File(name, _state(live.get(name), mine.get(name))) for name in sorted({*live, *mine})]
    return sorted(found, key=lambda file: (file.state is State.SAME, file.name))


def _state(live: str | None, mine: str | None) -> State:
    if live is None:
        return State.NEW
    if mine is None:
        return State.REMOVED
    return State.SAME if live == mine else State.CHANGED


def digest(draft: Draft) -> str:
    """Equal digests mean equal files: what was looked at is what is published."""
    return hashlib.sha256(json.dumps(source_hashes(draft.documents), sort_keys=True).encode()).hexdigest()


def outdated(at: Office, draft: Draft) -> list[str]:
    """Files that others changed in the documents folder since the draft was made."""
    return changed_beneath(draft, at.places.documents)


def bring_up_to_date(at: Office, user: User, draft: Draft) -> list[str]:
    """Takes in what others published since. Returns the files that both changed: there the draft's words stay."""
    user.need(Action.DRAFT)
    _unpublished(at, draft)
    mine, live = source_hashes(draft.documents), source_hashes(at.places.documents)
    both = []
    for name in outdated(at, draft):
        if mine.get(name) != draft.base.get(name):
            both.append(name)
        else:
            put_back(at, user, draft, name)
    _write(replace(draft, base=live))
    return both


def places(at: Office, draft: Draft) -> pipeline.Places:
    """The draft in the place of the documents folder, for the check and a quick plan."""
    return replace(at.places, documents=draft.documents)


def look_at_changes(at: Office, user: User, draft: Draft) -> Job:
    """Starts asking both versions which answers change. Raises Busy."""
    user.need(Action.DRAFT)
    arguments = ["plan", "--documents", str(draft.documents), "--index", str(at.places.index), "--by", user.name, *_faq(at)]
    return jobs.start(at.jobs, Kind.LOOK, user.name, draft.name, digest(draft), arguments)


def overtaken(at: Office, job: Job) -> bool:
    """Whether something was published since the job compared with what patients read."""
    current = Versions(at.places.index).current()
    return current is not None and (at.places.index / "CURRENT").stat().st_mtime > job.since.timestamp()


def publish(at: Office, user: User, draft: Draft, looked_at: str, reason: str = "") -> Job:
    """Starts the publish of exactly what was looked at. With a reason it overrides errors. Raises DraftProblem, Busy."""
    user.need(Action.PUBLISH)
    if reason:
        user.need(Action.OVERRIDE)
    if digest(draft) != looked_at:
        raise DraftProblem("The draft was changed after you looked at it. Look at it again, then publish.")
    arguments = [
        "publish",
        "--draft",
        str(draft.folder),
        "--documents",
        str(at.places.documents),
        "--index",
        str(at.places.index),
    ]
    override = ["--override", user.name, f"--reason={reason}"] if reason else []
    return jobs.start(
        at.jobs, Kind.PUBLISH, user.name, draft.name, looked_at, [*arguments, *_faq(at), "--by", user.name, *override]
    )


def _faq(at: Office) -> list[str]:
    return ["--faq", str(at.places.faq)] if at.places.faq else []


def tidy(at: Office) -> None:
    """A draft whose publish came through is done with: what patients read is the documents folder again."""
    there = set(names(at))
    for job in jobs.jobs(at.jobs):
        if job.kind is Kind.PUBLISH and job.draft in there and not jobs.is_running(job):
            found = jobs.outcome(job)
            try:
                done = isinstance(found, pipeline.Outcome) and not found.refused and digest(find(at, job.draft)) == job.digest
            except FaqError:
                continue
            if done:
                _remove(at, job.draft)
                there.discard(job.draft)


def _unpublished(at: Office, draft: Draft) -> None:
    find(at, draft.name)
    if (job := jobs.running(at.jobs)) and job.draft == draft.name:
        raise DraftProblem(f"{job.busy}. The draft can be changed when that is over.")


def _copy(documents: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in source_files(documents):
        copy = target / path.relative_to(documents)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)


def _write(draft: Draft) -> None:
    row = {"name": draft.name, "who": draft.who, "when": draft.when, "base": dict(draft.base)}
    temporary = draft.folder / "draft.json.new"
    temporary.write_text(json.dumps(row, indent=1), encoding="utf-8")
    temporary.replace(draft.folder / "draft.json")


def _remove(at: Office, name: str) -> None:
    """Out of sight in one step, then gone."""
    doomed = at.drafts / f".gone-{name}-{secrets.token_hex(3)}"
    (at.drafts / name).rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
