"""A long step (a publish, a look at what would change) runs in a process of its own, and a folder says how far it is.

    FAQ_DATA_DIR/run/<kind>-<time>-<random>/
        job.json        what, who, since when, of which draft
        running.lock    held by the process: the kernel frees it when the process ends, however it ends
        progress.json   {"done", "total"}
        output.json     what `python -m ingest … --json` printed
        errors.txt      what it printed besides
        index/          of a look at changes: the candidate, to be asked

The process belongs to no browser and no screen: closing one stops nothing.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.settings import ROOT
from ingest.candidate import Outcome
from ingest.types import FaqError

KEPT = 20  # jobs whose outcome can still be looked at
_outcome = TypeAdapter(Outcome)


class Busy(FaqError):
    """Another publish or look at changes is running; the message names who, and since when."""


class Kind(StrEnum):
    """What a job does."""

    PUBLISH = "publish"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of `python -m ingest`, running or over."""

    folder: Path
    kind: Kind
    who: str
    since: datetime
    draft: str
    digest: str  # of the draft's files when it started

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def busy(self) -> str:
        """Busy: Ann, since 10:42."""
        return f"Busy: {self.who}, since {self.since.astimezone():%H:%M}"


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended without an outcome; `message` says why, `busy` whether somebody else was at it."""

    message: str
    busy: bool = False


def start(folder: Path, kind: Kind, who: str, draft: str, digest: str, arguments: Sequence[str]) -> Job:
    """Starts `python -m ingest` with the arguments. Raises Busy when one is running."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "start.lock").open("ab") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if other := running(folder):
            raise Busy(f"{other.busy}. Wait for it to finish, then try again.")
        _prune(folder)
        now = datetime.now(UTC)
        job = Job(folder / f"{kind}-{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}", kind, who, now, draft, digest)
        keep = ["--keep", str(job.index)] if kind is Kind.LOOK else []
        progress_file = str(job.folder / "progress.json")
        _run(job, [sys.executable, "-m", "ingest", *arguments, *keep, "--json", "--progress", progress_file])
    return job


def _run(job: Job, command: Sequence[str]) -> None:
    job.folder.mkdir()
    with (
        (job.folder / "running.lock").open("ab") as lock,
        (job.folder / "output.json").open("wb") as output,
        (job.folder / "errors.txt").open("wb") as errors,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # the process inherits it; ours goes with the handle
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True,
            pass_fds=(lock.fileno(),),
        )  # fmt: skip
        row = {**asdict(job), "folder": job.folder.name, "since": job.since.isoformat()}
        (job.folder / "job.json.new").write_text(json.dumps(row), encoding="utf-8")
        (job.folder / "job.json.new").replace(job.folder / "job.json")  # only now others see it, and see it running
    threading.Thread(target=process.wait, name="job", daemon=True).start()  # so that no zombie stays


def jobs(folder: Path) -> list[Job]:
    """Every job that is kept, newest first. A folder that is not a job's is passed over: it was never started."""
    found = []
    for path in folder.glob("*/job.json"):
        try:
            raw = json.loads(path.read_bytes())
            since = datetime.fromisoformat(raw["since"])
            found.append(Job(path.parent, Kind(raw["kind"]), raw["who"], since, raw["draft"], raw["digest"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda job: job.since, reverse=True)


def is_running(job: Job) -> bool:
    try:
        with (job.folder / "running.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def running(folder: Path) -> Job | None:
    """The job that runs now."""
    return next((job for job in jobs(folder) if is_running(job)), None)


def progress(job: Job) -> float:
    """How much of the texts is encoded, 0 to 1; 0 before that begins."""
    try:
        raw = json.loads((job.folder / "progress.json").read_bytes())
        return min(1.0, float(raw["done"]) / max(1.0, float(raw["total"])))
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def outcome(job: Job) -> Outcome | Failed:
    """What a job that is over has found or done."""
    try:
        raw = json.loads((job.folder / "output.json").read_bytes())
        return Failed(raw["error"], raw.get("kind") == "PublishBusy") if "error" in raw else _outcome.validate_python(raw)
    except (OSError, ValueError, TypeError, ValidationError):
        lines = (job.folder / "errors.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = f" The last words were: {lines[-1][:300]}" if lines else ""
        return Failed(f"It stopped before it was done. Patients read what they read before. Try again.{last}")


def _prune(folder: Path) -> None:
    """Old jobs go; of looks at changes only the newest of each draft keeps its index."""
    known = jobs(folder)
    for job in known[KEPT - 1 :]:
        shutil.rmtree(job.folder, ignore_errors=True)
    newest: set[str] = set()
    for job in known:
        if job.draft in newest:
            shutil.rmtree(job.index, ignore_errors=True)
        newest.add(job.draft)
