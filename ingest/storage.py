"""What a disk refuses becomes an error in an editor's words."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.types import StorageFailed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def storing(outcome: str) -> Iterator[None]:
    """Raises StorageFailed for whatever the disk refuses inside; `outcome` says what patients read then."""
    try:
        yield
    except (OSError, sqlite3.Error) as reason:
        raise StorageFailed(f"{words(reason)} {outcome}") from reason


def words(reason: Exception) -> str:
    """What is wrong with the disk, the file, and what to do."""
    if isinstance(reason, OSError):
        place = f" ({reason.filename})" if reason.filename else ""
        if reason.errno in _FULL:
            return f"The disk is full{place}. Free some space, then try again."
        return f"A file cannot be read or written: {reason.strerror or reason}{place}. Check the disk and the permissions."
    return f"The cache of vectors cannot be used ({reason}). If the disk is full, free some space, then try again."
