"""The kinds of section that a page has become questions to tap, each of which the page really answers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.types import Choice
from ingest.index import Index
from ingest.kinds import Kind, kind_of_path
from ingest.types import ConfigurationError

# The order in which patients most often ask (our reading of the labelled questions in tests/quality).
ORDER = (
    Kind.RISKS,
    Kind.AFTERCARE,
    Kind.DURATION,
    Kind.PREPARATION,
    Kind.RESULTS,
    Kind.ELIGIBILITY,
    Kind.PROCEDURE,
    Kind.INTRODUCTION,
    Kind.FREQUENCY,
    Kind.ANESTHESIA,
    Kind.WARNING_SIGNS,
    Kind.COST,
)


def load_questions(path: Path) -> dict[Kind, str]:
    """Kind of section -> question, from `data/questions.toml`. Raises ConfigurationError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return {Kind(kind): str(question) for kind, question in raw.items()}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be used: {error}") from error


def suggested(
    index: Index, procedure: str, questions: Mapping[Kind, str], answered: Callable[[str], Sequence[Kind | None]]
) -> tuple[tuple[Kind, Choice], ...]:
    """Every question whose answer, asked for real, comes from the kind of section it is about. `answered` asks it."""
    title = index.documents[procedure].title
    has = {kind_of_path(passage.path) for passage in index.passages if passage.document == procedure}
    found = []
    for kind in ORDER:
        if kind in has and kind in questions:
            question = questions[kind].format(title=title)
            if kind in answered(question):
                found.append((kind, Choice(question, question, procedure)))
    return tuple(found)
