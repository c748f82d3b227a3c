"""Steps of a publish that run in a process of their own: writing a Chroma folder, and opening a built version for the first time.

One helper is started early and imports its libraries while the publisher loads the model. For each step that it reads from
standard input it forks a process that has opened nothing yet, and answers with that one's last words. A publisher that dies
closes the pipe, and the helper ends. Damaged HNSW files end the process that opens them: better this one than the
publisher or the chat.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.types import FaqError, IndexDamaged, Manifest

SECONDS = 1800  # that a step is waited for, once there is nothing else to do; 10,000 passages take about 20
_ROOT = Path(__file__).parents[1]


class Helper:
    """A process that is already warming up, for steps one after another."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.aside"],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip

    @contextmanager
    def writing(self, folder: Path, last: Path | None = None) -> Iterator[None]:
        """Writes the Chroma folder of a version from its words and vectors, and from the version `last` where there is one,
        while what stands inside runs. Raises IndexDamaged."""
        with self._doing("write", folder, *([last] if last else [])):
            yield

    @contextmanager
    def validating(self, folder: Path) -> Iterator[None]:
        """Opens a complete version, while what stands inside runs. Raises IndexDamaged when it does not answer as it should."""
        with self._doing("validate", folder):
            yield

    @contextmanager
    def _doing(self, step: str, *folders: Path) -> Iterator[None]:
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the helper is started with pipes")
        with suppress(OSError):  # it has ended: the empty answer says so
            self._process.stdin.write(json.dumps([step, *(str(folder.resolve()) for folder in folders)]) + "\n")
            self._process.stdin.flush()
        yield
        late = threading.Timer(SECONDS, self._kill)
        late.start()
        try:
            answer = self._process.stdout.readline()
        finally:
            late.cancel()
        words = json.loads(answer) if answer else "The helping process ended, or took too long."
        if words:
            raise IndexDamaged(f"The new version does not answer as it should, so patients keep the old one. {words}")

    def stop(self) -> None:
        """Ends the process and what it forked."""
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was waiting to be written has no reader any more
                    pipe.close()

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def main() -> None:
    from ingest import index

    index.warm()  # while the publisher loads the model
    for line in sys.stdin:
        step, *folders = json.loads(line)
        print(json.dumps(_in_a_fork(step, *map(Path, folders))), flush=True)


def _in_a_fork(step: str, *folders: Path) -> str:
    """Last words of the step; empty when it worked."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        code = 1
        try:
            _step(step, *folders)
            code = 0
        except FaqError as error:
            print(error, file=sys.stderr, flush=True)
        except BaseException:  # noqa: BLE001  nothing may go on in this process but what was asked of it
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as pipe:
        lines = pipe.read().strip().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "" if code == 0 else lines[-1] if lines else f"It ended with {code}."


def _step(step: str, folder: Path, last: Path | None = None) -> None:
    from ingest import index

    if step == "write":
        index.write_chroma(folder, last)
        return
    opened = index.Index(folder, Manifest.from_json(json.loads((folder / "manifest.json").read_bytes())))
    index.validate(opened)
    opened.close()


if __name__ == "__main__":
    main()
