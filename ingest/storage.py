"""A change becomes durable, whole and the only one at its time, and what a disk refuses an error in an editor's words."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.types import StorageFailed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def storing(outcome: str) -> Iterator[None]:
    """Raises StorageFailed for whatever the disk refuses inside; `outcome` says what patients read then."""
    try:
        yield
    except (OSError, sqlite3.Error) as reason:
        raise StorageFailed(f"{words(reason)} {outcome}") from reason


@contextmanager
def one_change(lock: Path, outcome: str) -> Iterator[None]:
    """One change at a time among processes; it lasts milliseconds, so the next waits. Makes the folder. Raises StorageFailed."""
    with storing(outcome):
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def write_whole(path: Path, text: str) -> None:
    """The file holds the old text or the new, whenever the machine stops. Raises OSError."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Waits until a file, or what a folder lists, is on the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(folder: Path) -> None:
    """Waits until a folder and everything below it is on the disk. Raises OSError."""
    for path in (*sorted(folder.rglob("*")), folder):
        sync(path)


def words(reason: Exception) -> str:
    """What is wrong with the disk, the file, and what to do."""
    if isinstance(reason, OSError):
        place = f" ({reason.filename})" if reason.filename else ""
        if reason.errno in _FULL:
            return f"The disk is full{place}. Free some space, then try again."
        return f"A file cannot be read or written: {reason.strerror or reason}{place}. Check the disk and the permissions."
    return f"The cache of vectors cannot be used ({reason}). If the disk is full, free some space, then try again."
