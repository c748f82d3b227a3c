"""A documents folder, and the answers that staff approved, become a publish whenever their files have come to rest.

The library tells that something happened; whether there is anything new is decided by the files' hashes, and whether a
file is complete by time and by the kernel, which knows who has it open for writing.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import watchfiles

from ingest.read import source_files, source_hashes
from ingest.types import FaqError, PublishBusy

SETTLED = 2.0  # seconds without a change: editors and uploads write a file in several steps
TICK = 500  # milliseconds between two looks
AGAIN = 5.0  # seconds until a busy index is tried again


def watch(
    folder: Path,
    publish: Callable[[], object],
    say: Callable[[str], None],
    settled: float = SETTLED,
    answers: Path | None = None,
) -> None:
    """Publishes now, again after edits and on each new day, until interrupted; what stops one publish is said and waits for the next.

    A new day may be the last of an approved answer. Makes the folder of answers, which need not be there yet. Raises FaqError when the folder is missing at the start, KeyboardInterrupt at the end.
    """
    if not folder.is_dir():
        raise FaqError(f"{folder} is not a folder. Name the documents with --documents.")
    if answers:
        answers.mkdir(parents=True, exist_ok=True)
    say(f"Watching {folder}. Press Ctrl-C to stop.")
    day = _today()
    tried: dict[str, str] | None = None  # the files at the last attempt: the same ones end the same way
    due: float | None = 0.0
    with _interrupted_by_terminate():
        watched = (folder, answers) if answers else (folder,)
        for changes in watchfiles.watch(*watched, watch_filter=None, step=50, rust_timeout=TICK, yield_on_timeout=True):
            if changes or day != _today():
                due, day = time.monotonic() + settled, _today()
            if due is None or time.monotonic() < due:
                continue
            if waiting := being_written(folder):
                say(f"{waiting.name} is still being written.")
                due = time.monotonic() + settled
                continue
            found = {**source_hashes(folder), **_answers(answers), "day": day.isoformat()}
            due = None if found == tried else _attempt(publish, say)
            tried = found if due is None else tried


def _today() -> date:
    return date.today()


def _answers(folder: Path | None) -> dict[str, str]:
    files = sorted(folder.glob("*.toml")) if folder else []
    return {f"faq/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _attempt(publish: Callable[[], object], say: Callable[[str], None]) -> float | None:
    """When to try again; None after an attempt that came to an end."""
    try:
        publish()
    except PublishBusy as busy:
        say(f"{busy} Trying again in {AGAIN:.0f} s.")
        return time.monotonic() + AGAIN
    except (FaqError, OSError) as reason:
        say(f"Nothing was published. {reason}")
    say("Waiting for the next edit.")
    return None


def being_written(folder: Path) -> Path | None:
    """A file of the folder that some program has open for writing.

    The kernel grants a read lease (fcntl(2), F_SETLEASE) only on a file that nobody has open for writing. File systems
    without leases, and other people's files, are judged by time alone.
    """
    return next((path for path in source_files(folder) if _has_a_writer(path)), None)


def _has_a_writer(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False  # a link or unreadable: the publish says so
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except OSError as refused:
        return refused.errno == errno.EAGAIN
    finally:
        os.close(handle)


@contextmanager
def _interrupted_by_terminate() -> Iterator[None]:
    """SIGTERM ends like Ctrl-C. SIGIO, which tells of a writer that came during the lease, would end the process."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, how) for number, how in ((signal.SIGTERM, end), (signal.SIGIO, signal.SIG_IGN))}
    try:
        yield
    finally:
        for number, how in before.items():
            signal.signal(number, how)
