"""Steps of a publish that run in a process of their own: writing a Chroma folder, and opening a built version for the first time.

A helper is started early and imports its libraries while the publisher loads the model; then it is told its folder on
standard input. A publisher that dies closes that pipe, and the helper ends. Damaged HNSW files end the process that
opens them: better this one than the publisher or the chat.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ingest.types import FaqError, IndexDamaged, Manifest

SECONDS = 1800  # for one step; 10,000 passages take about 20
_ROOT = Path(__file__).parents[1]


class Helper:
    """One step in a process that is already warming up."""

    def __init__(self, step: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.aside", step],
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, folder: Path) -> None:
        """Raises IndexDamaged with the helper's last words when the step fails."""
        try:
            _, words = self._process.communicate(f"{folder.resolve()}\n", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.stop()
            words = "It took too long."
        if self._process.returncode != 0:
            lines = words.strip().splitlines()
            reason = lines[-1] if lines else f"It ended with {self._process.returncode}."
            raise IndexDamaged(f"The new version does not answer as it should, so patients keep the old one. {reason}")

    def stop(self) -> None:
        """Ends the process if it still waits."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


def main(step: str) -> int:
    from ingest import index

    index.warm()  # while the publisher loads the model
    folder = sys.stdin.readline().strip()
    if not folder:
        return 0  # the publisher had nothing to do, or died
    try:
        if step == "write":
            index.write_chroma(Path(folder))
        else:
            manifest = Manifest.from_json(json.loads((Path(folder) / "manifest.json").read_bytes()))
            opened = index.Index(Path(folder), manifest)
            index.validate(opened)
            opened.close()
    except FaqError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
