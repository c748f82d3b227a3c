"""A watched folder publishes what is saved, only once it is saved whole, and stops when told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from ingest import candidate, watch
from ingest.types import FaqError, PublishBusy
from tests.conftest import ROOT, places


def heeding(command: list[str]) -> subprocess.Popen[str]:
    """A process that heeds Ctrl-C, which the child of a background job would ignore from birth."""
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    wrapped = [sys.executable, "-c", code, *command]
    return subprocess.Popen(wrapped, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Watched:
    """A folder under watch in a process of its own, whose publishes are printed as the words they found."""

    CODE = (
        "import sys, pathlib; from ingest.watch import watch; folder = pathlib.Path(sys.argv[1])\n"
        "say = lambda words: print('SAY', words, flush=True)\n"
        "def publish(): print('PUBLISH', '|'.join(path.read_text() for path in sorted(folder.iterdir())), flush=True)\n"
        "try: watch(folder, publish, say, settled=0.6)\nexcept KeyboardInterrupt: print('ENDED', flush=True)"
    )

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", self.CODE, str(folder)]
        self.process = heeding(command)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def published(self) -> list[str]:
        return [line.removeprefix("PUBLISH ") for line in self.lines if line.startswith("PUBLISH")]

    def end(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "page.txt").write_text("first")
    return documents


@pytest.fixture
def watched(folder: Path) -> Iterator[Watched]:
    one = Watched(folder)
    assert until(lambda: one.published == ["first"]), one.lines
    yield one
    one.end()


def test_an_edit_is_published_once_when_it_has_settled(folder: Path, watched: Watched) -> None:
    for number in range(6):  # an editor that saves again and again
        (folder / "page.txt").write_text(f"draft {number}")
        time.sleep(0.1)
    (folder / "page.txt").write_text("second")
    assert until(lambda: len(watched.published) > 1)
    time.sleep(1.5)
    assert watched.published == ["first", "second"]


def test_a_half_written_file_is_never_published_however_long_it_takes(folder: Path, watched: Watched) -> None:
    with (folder / "page.txt").open("w") as file:
        file.write("half of it")
        file.flush()
        assert until(lambda: any("still being written" in line for line in watched.lines))
        time.sleep(1.5)
        assert watched.published == ["first"]
        file.write(" and the rest")
    assert until(lambda: watched.published == ["first", "half of it and the rest"]), watched.lines


def test_a_file_touched_without_a_change_is_not_published_again(folder: Path, watched: Watched) -> None:
    (folder / "page.txt").write_text("first")
    time.sleep(2)
    assert watched.published == ["first"]


def test_an_approved_answer_and_a_new_day_are_published_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2026, 11, 30)]
    published: list[str] = []
    answers = tmp_path / "faq"

    def publish() -> None:
        published.append(",".join(path.name for path in answers.iterdir()))
        if len(published) == 1:
            threading.Timer(0.3, lambda: (answers / "page.toml").write_text("approved")).start()
        if len(published) == 2:
            days[0] = date(2026, 12, 1)
        if len(published) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(watch, "_today", lambda: days[0])
    with pytest.raises(KeyboardInterrupt):
        watch.watch(folder, publish, lambda words: None, settled=0.2, answers=answers)
    assert published == ["", "page.toml", "page.toml"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_terminate_end_it_cleanly(number: int, watched: Watched) -> None:
    assert (watched.end(number), watched.lines[-1]) == (0, "ENDED")


def test_a_busy_index_and_a_refusal_are_said_and_the_first_is_tried_again() -> None:
    said: list[str] = []

    def busy() -> None:
        raise PublishBusy("Another publish is running: Ana, since 10:42.")

    def refused() -> None:
        raise FaqError("The disk is full.")

    assert (watch._attempt(busy, said.append) or 0) > time.monotonic()
    assert watch._attempt(refused, said.append) is None
    assert "Ana, since 10:42. Trying again" in said[0] and said[1:] == [
        "Nothing was published. The disk is full.",
        "Waiting for the next edit.",
    ]


def test_a_missing_folder_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FaqError, match="--documents"):
        watch.watch(tmp_path / "none", lambda: None, lambda words: None)


def test_a_file_saved_while_it_is_read_refuses(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "page.txt").write_text("Page\n\nRisks:\nThere is a small risk.\n")
    real = candidate.examine

    def edited_meanwhile(where: candidate.Places) -> object:
        found = real(where)
        (folder / "page.txt").write_text("Page\n\nRisks:\nThere is a large risk.\n")
        return found

    monkeypatch.setattr(candidate, "examine", edited_meanwhile)
    outcome = candidate.candidate(places(folder, tmp_path / "index")).outcome
    assert outcome.refused and "changed-while-read" in {problem.code for problem in outcome.problems}


def test_the_command_publishes_edits_and_ends_with_0(own_index: Path, tmp_path: Path) -> None:
    documents = tmp_path / "procedures"
    documents.mkdir()
    page = (ROOT / "data" / "procedures" / "si-joint-fusion.txt").read_text(encoding="utf-8")
    (documents / "si-joint-fusion.txt").write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "ingest", "publish", "--watch", "--documents", str(documents), "--index", str(own_index)]
    with heeding(command) as process:
        try:
            assert process.stdout is not None
            assert "Watching" in process.stdout.readline()
            assert "Nothing to publish" in process.stdout.readline()
            (documents / "si-joint-fusion.txt").write_text(page.replace("45 to 90", "50 to 95"), encoding="utf-8")
            lines: list[str] = []
            while not lines or "Published" not in lines[-1]:
                lines.append(process.stdout.readline())
                assert lines[-1], lines
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, "Stopped" in rest, "Traceback" in rest) == (0, True, False)
