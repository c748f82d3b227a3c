"""What stops a document, or what an editor should know about it, becomes one Problem in an editor's words."""

from __future__ import annotations

from typing import NoReturn

from ingest.types import DocumentError, Level, Problem


def error(code: str, file: str, message: str, hint: str, line: int | None = None) -> Problem:
    """A problem that refuses a publish."""
    return Problem(Level.ERROR, code, file, line, message, hint)


def warning(code: str, file: str, message: str, hint: str, line: int | None = None) -> Problem:
    """A problem that informs."""
    return Problem(Level.WARNING, code, file, line, message, hint)


def refuse(code: str, file: str, message: str, hint: str, line: int | None = None) -> NoReturn:
    """Raises DocumentError: this file cannot become a document."""
    raise DocumentError(error(code, file, message, hint, line))


def left_out(file: str, what: str, words: str, line: int | None = None) -> Problem:
    """Says that text which a reader of the page cannot see was not published, and how it begins."""
    shown = " ".join(words.split())
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    return warning(
        "hidden-text",
        file,
        f"{what} was left out: “{shown}”",
        "If patients should read it, make it visible; if not, delete it.",
        line,
    )
