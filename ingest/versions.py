"""A built version becomes the one patients read: staging, lock, pointer, roll back and pruning on disk.

index/CURRENT          one line, a version id
index/publish.lock     flock, freed by the kernel when its holder dies
index/versions/<id>/   complete and immutable
index/archive/<id>/    the words of a version that is no longer kept whole, for links of old answers; ARCHIVED says since when
index/staging-*        unfinished; removed by the next holder of the lock
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.storage import sync, sync_all
from ingest.stored import TEXT
from ingest.types import IndexDamaged, IndexMissing, Manifest, PublishBusy

KEPT = 5  # versions that stay for going back
EVIDENCE = timedelta(days=365)  # that the words of older ones stay, unless a setting says otherwise
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_TIME = "%Y%m%dT%H%M%SZ"


class Versions:
    """The versions under one index folder. Reading takes no lock; everything that changes it is called under `lock`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ids(self) -> list[str]:
        """Ids of all complete versions, oldest first."""
        return sorted(path.name for path in self.folder.glob("versions/*") if _ID.fullmatch(path.name))

    def path(self, version: str) -> Path:
        return self.folder / "versions" / version

    def text_path(self, version: str) -> Path:
        """Where the words of a version are read from, kept whole or not. Raises IndexMissing."""
        for path in (self.path(version), self.folder / "archive" / version):
            if _ID.fullmatch(version) and path.is_dir():
                return path
        raise IndexMissing(f"Version {version} is no longer kept.")

    def current(self) -> str | None:
        """The id in CURRENT, or None before the first publish. Raises IndexDamaged when the pointer is not a known id."""
        try:
            raw = (self.folder / "CURRENT").read_bytes()
        except FileNotFoundError:
            return None
        version = raw.decode("ascii", "replace").strip()
        if not _ID.fullmatch(version) or not self.path(version).is_dir():
            raise IndexDamaged(f"{self.folder / 'CURRENT'} does not name a version. Run `python -m ingest rollback`.")
        return version

    def manifest(self, version: str) -> Manifest:
        """What a version is made of. Raises IndexDamaged."""
        path = self.path(version) / "manifest.json"
        try:
            return Manifest.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexDamaged(f"{path} cannot be read ({error}). Run `python -m ingest publish`.") from error

    def good_before(self, version: str | None) -> list[str]:
        """Ids older than `version` (all of them for None), newest first: where going back leads."""
        return [known for known in reversed(self.ids()) if version is None or known < version]

    @contextmanager
    def lock(self, who: str = "somebody") -> Iterator[None]:
        """Holds the publish lock and sweeps away what a dead publisher left. Raises PublishBusy at once when held."""
        (self.folder / "versions").mkdir(parents=True, exist_ok=True)
        with (self.folder / "publish.lock").open("a+b") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read(200).decode("utf-8", "replace").strip() or "somebody"
                raise PublishBusy(f"Another publish is running: {holder}. Wait for it to finish, then try again.") from None
            handle.truncate(0)
            handle.write(f"{who}, since {datetime.now().astimezone():%H:%M}\n".encode())
            handle.flush()
            for left in self.folder.glob("staging-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def stage(self) -> Path:
        """A new empty folder to build a version in."""
        path = self.folder / f"staging-{os.getpid()}"
        path.mkdir()
        return path

    def new_id(self, corpus: str, now: datetime | None = None) -> str:
        """An id that sorts after every existing one, even when the clock was set back."""
        moment = (now or datetime.now(UTC)).replace(microsecond=0)
        if known := self.ids():
            newest = datetime.strptime(known[-1].split("-")[0], _TIME).replace(tzinfo=UTC)
            moment = max(moment, newest + timedelta(seconds=1))
        return f"{moment.strftime(_TIME)}-{corpus[:6]}"

    def complete(self, staged: Path, version: str) -> None:
        """Moves a validated staging folder to its final place, durably. Its path is never used again."""
        sync_all(staged)
        staged.rename(self.path(version))
        sync(self.folder / "versions")

    def switch(self, version: str) -> None:
        """Makes `version` the one that patients read. Raises IndexMissing for an unknown id."""
        if not _ID.fullmatch(version) or not self.path(version).is_dir():
            raise IndexMissing(f"There is no version {version}. `python -m ingest versions` lists them.")
        temporary = self.folder / "CURRENT.new"
        temporary.write_text(version + "\n", encoding="ascii")
        sync(temporary)
        temporary.replace(self.folder / "CURRENT")
        sync(self.folder)

    def prune(self, evidence: timedelta = EVIDENCE, now: datetime | None = None) -> list[str]:
        """Keeps only the words of all but the newest KEPT versions and the current one, and those only for `evidence`.

        Returns the versions that are no longer kept whole. What cannot be archived stays whole; then the first OSError is raised
        at the end.
        """
        moment = now or datetime.now(UTC)
        current = self.current()
        gone = []
        refused: OSError | None = None
        for version in self.ids()[:-KEPT]:
            if version == current:
                continue
            try:
                self._archive(version, moment)
            except OSError as error:
                refused = refused or error
                continue
            self._remove(self.path(version))
            gone.append(version)
        for path in self.folder.glob("archive/*"):
            if _ID.fullmatch(path.name) and _archived_on(path) < moment - evidence:
                self._remove(path)
        if refused is not None:
            raise refused
        return gone

    def _archive(self, version: str, now: datetime) -> None:
        """Copies the words of a version, durably and in one step; a machine that stops half-way leaves nothing to be seen."""
        target = self.folder / "archive" / version
        if target.exists():
            return
        target.parent.mkdir(exist_ok=True)
        staged = self.folder / f"staging-archive-{version}"
        staged.mkdir()
        for part in (self.path(version) / name for name in TEXT):
            for path in (part, *sorted(part.rglob("*"))):  # one by one: a refusal is then one OSError in plain words
                copy = staged / path.relative_to(self.path(version))
                if path.is_dir():
                    copy.mkdir()
                elif path.exists():
                    shutil.copyfile(path, copy)
        (staged / "ARCHIVED").write_text(now.isoformat(timespec="seconds") + "\n", encoding="ascii")
        sync_all(staged)
        staged.rename(target)
        sync(target.parent)

    def _remove(self, path: Path) -> None:
        doomed = self.folder / f"staging-gone-{path.name}"
        path.rename(doomed)  # one step, so that no half a version is ever listed
        shutil.rmtree(doomed, ignore_errors=True)


def _archived_on(path: Path) -> datetime:
    """Since when only the words are kept; now when that cannot be read, so that nothing goes too early."""
    try:
        return datetime.fromisoformat((path / "ARCHIVED").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return datetime.now(UTC)
