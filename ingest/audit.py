"""What was done to what patients read becomes a line of AUDIT.jsonl: append-only, each line sealed by the hash of the one before."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FIRST = "0" * 64  # what the first line names as the line before it


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many lines there are, and what is wrong with them."""

    lines: int
    problems: tuple[str, ...]


def whoever() -> str:
    """The name of the account that runs the program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def record(folder: Path, who: str, what: str, why: str = "", **details: Any) -> None:
    """Appends one line, durably. Written before the step it tells of, so that nothing ever happens unrecorded."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "AUDIT.jsonl").open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        lines = handle.read().split(b"\n")
        torn = lines[-1] != b""  # a machine that stopped in the middle of a line
        good = [row for row in map(_row, lines) if row is not None]
        row = {
            "number": good[-1]["number"] + 1 if good else 1,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "who": who,
            "what": what,
            "why": why,
            **({"details": details} if details else {}),
            **({"after_torn_line": True} if torn else {}),
            "previous": good[-1]["hash"] if good else FIRST,
        }
        row["hash"] = _seal(row)
        handle.write((b"\n" if torn else b"") + json.dumps(row, ensure_ascii=False).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def verify(folder: Path) -> Verdict:
    """Whether every line is as it was written and none was taken out before the last."""
    path = folder / "AUDIT.jsonl"
    if not path.exists():
        return Verdict(0, ())
    lines = path.read_bytes().split(b"\n")[:-1]
    problems: list[str] = []
    previous, number, torn = FIRST, 0, 0
    for place, line in enumerate(lines, start=1):
        row = _row(line)
        if row is None:
            torn = place
            continue
        if torn and not row.get("after_torn_line"):
            problems.append(f"Line {torn} cannot be read.")
        torn = 0
        if row["hash"] != _seal(row):
            problems.append(f"Line {place} was altered.")
        elif row["previous"] != previous or row["number"] != number + 1:
            problems.append(f"Before line {place} a line was altered, added or taken out.")
        previous, number = row["hash"], row["number"]
    if torn:
        problems.append(f"Line {torn} cannot be read.")
    return Verdict(len(lines), tuple(problems))


def rows(folder: Path) -> list[dict[str, Any]]:
    """The readable lines, oldest first."""
    path = folder / "AUDIT.jsonl"
    return [row for row in map(_row, path.read_bytes().split(b"\n")) if row is not None] if path.exists() else []


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("number"), int) and {"hash", "previous"} <= row.keys() else None


def _seal(row: dict[str, Any]) -> str:
    content = {key: value for key, value in row.items() if key != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
