"""Questions become replies of a version, asked through the chat's own command line in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.answers import Question, Shown
from ingest.types import FaqError

SECONDS = 300  # for one batch: 200 questions take about 10, starting included


class AskingFailed(FaqError):
    """The chat could not be asked."""


def ask(index: Path, questions: Sequence[Question]) -> list[Shown]:
    """What a patient who comes from the question's page would read. Raises AskingFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number, one in enumerate(questions):
            file.write(
                json.dumps({"id": str(number), "question": one.text, "procedure": one.document}, ensure_ascii=False) + "\n"
            )
        file.flush()
        command = [sys.executable, "-m", "bot", "ask", "--batch", file.name, "--index", str(index.resolve())]
        root = Path(__file__).parents[1]
        try:
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise AskingFailed(f"The questions were not answered within {SECONDS} seconds.") from None
    rows = done.stdout.splitlines()
    if done.returncode != 0 or len(rows) != len(questions):
        lines = done.stderr.strip().splitlines()
        raise AskingFailed(f"The questions could not be asked. {lines[-1] if lines else ''}".rstrip())
    return [_shown(line) for line in rows]


def _shown(line: str) -> Shown:
    row = json.loads(line)
    return Shown(row["status"], row["text"], tuple((one["document"], tuple(one["section"])) for one in row["citations"]))
