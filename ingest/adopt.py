"""A draft becomes the documents folder, all of it or nothing, whenever the machine stops.

    DRAFT/documents/     a copy of the documents folder with an editor's changes
    DRAFT/draft.json     {"name", "who", "when", "base": {file: sha256}}; base is the documents folder that was copied

What changes is first written to `.incoming/` inside the documents folder; the file READY there is the moment of decision. Before it
nothing has happened; after it `finish` carries the rest out, as often as it takes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.read import source_hashes
from ingest.storage import sync
from ingest.types import FaqError

INCOMING = ".incoming"  # hidden: no reader takes it for a document


class DraftOutdated(FaqError):
    """Documents were changed since the draft was made; publishing it would undo that."""


class DraftUnreadable(FaqError):
    """A draft's folder or its draft.json is missing or damaged."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An editor's changes, aside from what patients read."""

    name: str
    folder: Path
    who: str
    when: str  # ISO 8601, UTC
    base: Mapping[str, str]  # file name -> sha256 of the documents folder that it was made from

    @property
    def documents(self) -> Path:
        return self.folder / "documents"


def read_draft(folder: Path) -> Draft:
    """Raises DraftUnreadable."""
    try:
        raw = json.loads((folder / "draft.json").read_bytes())
        base = {str(name): str(digest) for name, digest in raw["base"].items()}
        draft = Draft(str(raw["name"]), folder, str(raw["who"]), str(raw["when"]), base)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as reason:
        raise DraftUnreadable(f"The draft {folder.name} cannot be read ({reason}). Discard it and start a new one.") from reason
    if not draft.documents.is_dir():
        raise DraftUnreadable(f"The draft {folder.name} has lost its documents. Discard it and start a new one.")
    return draft


def changed_beneath(draft: Draft, documents: Path) -> list[str]:
    """Files of the documents folder that are neither as the draft found them nor as the draft wants them."""
    found, wanted = source_hashes(documents), source_hashes(draft.documents)
    names = sorted({*found, *draft.base})
    return [name for name in names if found.get(name) not in (draft.base.get(name), wanted.get(name))]


def fresh(draft: Draft, documents: Path) -> None:
    """Raises DraftOutdated when publishing the draft would undo what others changed."""
    if others := changed_beneath(draft, documents):
        raise DraftOutdated(
            f"{', '.join(others)} changed in the documents folder since this draft was made. "
            "Bring the draft up to date, look at it again, then publish."
        )


def take_over(draft: Draft, documents: Path) -> None:
    """Makes the documents folder what the draft is. Call it under the publish lock. Raises DraftOutdated, OSError."""
    finish(documents)
    fresh(draft, documents)
    found, wanted = source_hashes(documents), source_hashes(draft.documents)
    incoming = documents / INCOMING
    try:
        (incoming / "files").mkdir(parents=True)
        for name in (name for name, digest in wanted.items() if found.get(name) != digest):
            target = incoming / "files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(draft.documents / name, target)
            sync(target)
        _write(incoming / "gone.json", json.dumps([name for name in found if name not in wanted]))
        _write(incoming / "READY.new", "")
        (incoming / "READY.new").replace(incoming / "READY")
        sync(incoming)
    except OSError:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    finish(documents)


def finish(documents: Path) -> None:
    """Carries out a take-over that was decided, and sweeps away one that was not."""
    incoming = documents / INCOMING
    if not incoming.is_dir():
        return
    if (incoming / "READY").exists():
        for path in sorted(path for path in (incoming / "files").rglob("*") if path.is_file()):
            target = documents / path.relative_to(incoming / "files")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        for name in json.loads((incoming / "gone.json").read_bytes()):
            (documents / name).unlink(missing_ok=True)
        sync(documents)
        (incoming / "READY").unlink()
    shutil.rmtree(incoming, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    sync(path)
