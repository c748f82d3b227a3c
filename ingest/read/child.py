"""Reading in a child process: a file that hangs, crashes or eats memory costs a Problem, never the publish."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from ingest.read.content import Content
from ingest.read.problems import refuse
from ingest.read.worker import AGAIN
from ingest.types import Block, BlockKind, DocumentError, Level, Problem

SECONDS = 18.0  # wall clock for one file, start of the child included: no file may take 20 with what comes after
_ROOT = Path(__file__).parents[2]


class Child:
    """One reading process for a whole folder, started at the first file and again after a file that ended it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def read(self, raw: bytes, name: str, suffix: str) -> Content:
        """The content of one file. Raises DocumentError."""
        process = self._process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise ValueError("the child is started with pipes")
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, end)
        timer.start()
        try:
            process.stdin.write(json.dumps({"name": name, "suffix": suffix, "size": len(raw)}).encode() + b"\n" + raw)
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self.close()
            if late.is_set():
                refuse("too-slow", name, f"The file could not be read within {self._seconds:.0f} seconds.", AGAIN)
            refuse("damaged", name, "The file is damaged: reading it ended the program that reads it.", AGAIN)
        return _content(json.loads(line))

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was waiting to be written has no reader any more
                    continue

    @staticmethod
    def _start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ingest.read.worker"]
        return subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _content(answer: dict[str, Any]) -> Content:
    if "problem" in answer:
        raise DocumentError(_problem(answer["problem"]))
    raw = answer["content"]
    blocks = tuple(Block(BlockKind(one["kind"]), one["start"], one["end"], one["level"]) for one in raw["blocks"])
    problems = tuple(_problem(one) for one in raw["problems"])
    return Content(raw["text"], blocks, raw["meta"], raw["title"], problems, tuple(raw["links"]))


def _problem(raw: dict[str, Any]) -> Problem:
    return Problem(**{**raw, "level": Level(raw["level"])})
