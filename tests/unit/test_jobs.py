"""Jobs go on without whoever started them, one at a time, and always end in words."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from ingest.candidate import Outcome
from tests.conftest import CLINIC
from web import jobs
from web.jobs import Busy, Failed, Kind


def started(folder: Path, *arguments: str) -> jobs.Job:
    return jobs.start(folder, Kind.PUBLISH, "Ann", "aftercare", "0", arguments)


def over(job: jobs.Job) -> None:
    end = time.monotonic() + 120
    while jobs.is_running(job):
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.05)


def quick(tmp_path: Path) -> tuple[str, ...]:
    return ("plan", "--quick", "--documents", str(CLINIC), "--index", str(tmp_path / "index"))


def test_a_second_editor_is_told_who_is_at_it_and_since_when(tmp_path: Path) -> None:
    job = started(tmp_path / "run", *quick(tmp_path))
    with pytest.raises(Busy, match=r"Busy: Ann, since \d\d:\d\d"):
        started(tmp_path / "run", *quick(tmp_path))
    over(job)
    over(started(tmp_path / "run", *quick(tmp_path)))


def test_a_job_that_is_over_tells_its_outcome(tmp_path: Path) -> None:
    job = started(tmp_path / "run", *quick(tmp_path))
    over(job)
    found = jobs.outcome(jobs.jobs(tmp_path / "run")[0])
    assert isinstance(found, Outcome)
    assert [change.action for change in found.changes] == ["added"]
    assert jobs.jobs(tmp_path / "run") == [job]


def test_a_job_that_was_killed_is_said_to_have_stopped_and_frees_the_way(tmp_path: Path) -> None:
    job = started(tmp_path / "run", *quick(tmp_path))
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    mine = [int(pid) for path in children for pid in path.read_text().split()]
    ours = [pid for pid in mine if str(job.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(ours) == 1
    os.kill(ours[0], signal.SIGKILL)
    over(job)
    found = jobs.outcome(job)
    assert isinstance(found, Failed)
    assert "stopped before it was done" in found.message
    assert jobs.running(tmp_path / "run") is None


def test_an_error_of_the_command_is_handed_on_in_its_own_words(tmp_path: Path) -> None:
    job = started(tmp_path / "run", "publish", "--draft", str(tmp_path / "none"), "--index", str(tmp_path / "index"))
    over(job)
    found = jobs.outcome(job)
    assert isinstance(found, Failed)
    assert "The draft none cannot be read" in found.message
    assert not found.busy


def test_progress_is_nothing_before_it_begins(tmp_path: Path) -> None:
    job = started(tmp_path / "run", *quick(tmp_path))
    assert jobs.progress(job) == 0.0
    over(job)
