"""What opens a built version for the first time may break; the publisher is told, and the helper goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.aside import Helper
from ingest.types import IndexDamaged
from ingest.versions import Versions


@pytest.fixture
def helper() -> Iterator[Helper]:
    started = Helper()
    yield started
    started.stop()


def validate(helper: Helper, folder: Path) -> None:
    with helper.validating(folder):
        """Nothing else to do meanwhile."""


def test_a_version_that_cannot_be_opened_is_told_and_the_next_one_is_looked_at(
    helper: Helper, own_index: Path, tmp_path: Path
) -> None:
    versions = Versions(own_index)
    good = versions.path(versions.current() or "")
    with pytest.raises(IndexDamaged, match=r"patients keep the old one.*manifest.json"):
        validate(helper, tmp_path)
    validate(helper, good)
    (good / "vectors.npy").write_bytes(b"")
    with pytest.raises(IndexDamaged, match=r"altered after it was published \(vectors.npy\)"):
        validate(helper, good)


def test_a_helper_that_is_killed_stops_the_publish_in_words(helper: Helper, tmp_path: Path) -> None:
    os.kill(helper._process.pid, signal.SIGKILL)
    time.sleep(0.1)
    with pytest.raises(IndexDamaged, match="helping process ended"), helper.writing(tmp_path):
        pass
