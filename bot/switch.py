"""One file in the data folder closes the patients' app: every question gets the fixed "please call us", danger its card.

`python -m bot close --by NAME --reason …` writes it; an empty file made by hand does the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ingest import audit
from ingest.types import FaqError

FILE = "CLOSED"


class NotClosed(FaqError):
    """There is nothing to open."""


def is_closed(data: Path) -> bool:
    return (data / FILE).exists()


def told(data: Path) -> str:
    """When it was closed, by whom and why; empty when a file made by hand does not say."""
    try:
        return (data / FILE).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def close(data: Path, index: Path, who: str, why: str) -> None:
    """Closes the chat within a second. It closes even when the audit cannot be written; that is then raised."""
    try:
        audit.record(index, who, "close", why)
    finally:
        data.mkdir(parents=True, exist_ok=True)
        (data / FILE).write_text(f"{datetime.now(UTC).isoformat(timespec='seconds')} {who}: {why}\n", encoding="utf-8")


def reopen(data: Path, index: Path, who: str, why: str) -> None:
    """Lets the chat answer again. Raises NotClosed."""
    if not is_closed(data):
        raise NotClosed("The chat is not closed.")
    audit.record(index, who, "open", why)
    (data / FILE).unlink()
