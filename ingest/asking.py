"""Questions become replies of a version, and the journal the questions asked most, through the chat's own command line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.answers import Question, Shown
from ingest.types import FaqError

USAGE = 2  # the chat's exit code for a command it does not know
MOST_ASKED = 50  # questions of the journal that a plan asks again
SECONDS = 300  # for one batch: 200 questions take about 10, starting included


class AskingFailed(FaqError):
    """The chat could not be asked."""


def ask(index: Path, questions: Sequence[Question]) -> list[Shown]:
    """What a patient who comes from the question's page would read. Raises AskingFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number, one in enumerate(questions):
            file.write(
                json.dumps({"id": str(number), "question": one.text, "procedure": one.document or None}, ensure_ascii=False)
                + "\n"
            )
        file.flush()
        command = ["ask", "--batch", file.name, "--index", str(index.resolve())]
        done = _run(command)
    rows = done.stdout.splitlines()
    if done.returncode != 0 or len(rows) != len(questions):
        raise AskingFailed(f"The questions could not be asked. {_last_words(done)}".rstrip())
    return [_shown(line) for line in rows]


def most_asked(limit: int = MOST_ASKED) -> list[Question]:
    """The redacted questions that patients asked most, most asked first; none when no journal is kept. Raises AskingFailed."""
    done = _run(["asked", "--json", "--limit", str(limit)])
    if done.returncode == USAGE:  # a chat that keeps no journal knows no such command
        return []
    try:
        done.check_returncode()
        rows = json.loads(done.stdout)
        return [Question(str(row["question"]), str(row["procedure"]), asked=int(row["asked"])) for row in rows]
    except (subprocess.CalledProcessError, ValueError, KeyError, TypeError, AttributeError):
        raise AskingFailed(f"The journal's questions could not be read. {_last_words(done)}".rstrip()) from None


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", *arguments]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise AskingFailed(f"The chat did not answer within {SECONDS} seconds.") from None


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else ""


def _shown(line: str) -> Shown:
    row = json.loads(line)
    return Shown(row["status"], row["text"], tuple((one["document"], tuple(one["section"])) for one in row["citations"]))
