"""The kinds of section that a page has become questions to tap, each of which the page really answers."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

from bot.library import Shelf
from bot.types import Choice, Hit
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

CHOICES = 3  # questions offered after a reply
FIRST_CHOICES = 4  # questions offered in an empty chat

Answered = tuple[tuple[Kind, Choice], ...]


def load_questions(path: Path) -> dict[Kind, str]:
    """Kind of section -> question, from `data/questions.toml`. Raises ConfigurationError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return {Kind(kind): str(question) for kind, question in raw.items()}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be used: {error}") from error


class Suggestions:
    """Every question offered was asked for real, once a version, and is answered from the kind of section it is about."""

    def __init__(self, questions: Mapping[Kind, str], kinds: Callable[[Shelf, str, str], Sequence[Kind | None]]) -> None:
        """`kinds` asks a question of a procedure and gives the kinds of section that its answer is quoted from."""
        self._questions, self._kinds = questions, kinds
        self._asked: WeakKeyDictionary[Shelf, dict[str, Answered]] = WeakKeyDictionary()  # goes with its version
        self._asking = threading.Lock()

    def first(self, shelf: Shelf, procedure: str | None) -> tuple[Choice, ...]:
        """For an empty chat: about the page, or the only procedure there is, or one a procedure, each of another kind."""
        slug = procedure if procedure in shelf.titles else shelf.only
        if slug is not None:
            return tuple(choice for _, choice in self._answered(shelf, slug)[:FIRST_CHOICES])
        varied: dict[Kind, Choice] = {}
        for slug in sorted(shelf.titles):
            offered = [pair for pair in self._answered(shelf, slug) if pair[0] not in varied]
            for kind, choice in offered[:1]:
                varied[kind] = replace(choice, label=f"{shelf.titles[slug]}: {choice.label}")
            if len(varied) == FIRST_CHOICES:
                break
        return tuple(varied.values())

    def near(
        self, shelf: Shelf, procedure: str | None, hits: Sequence[Hit], shown: Sequence[Kind | None] = ()
    ) -> tuple[Choice, ...]:
        """After a reply: what the page does answer, nearest to what was asked first, without the kinds `shown` already."""
        if procedure is None:
            return ()
        kinds = [kind_of_path(hit.passage.path) for hit in hits]
        offered = [(kind, choice) for kind, choice in self._answered(shelf, procedure) if kind not in shown]
        offered.sort(key=lambda pair: kinds.index(pair[0]) if pair[0] in kinds else len(kinds))
        return tuple(choice for _, choice in offered[:CHOICES])

    def _answered(self, shelf: Shelf, procedure: str) -> Answered:
        with self._asking:  # those who come in the first moment of a version do not all ask for themselves
            known = self._asked.setdefault(shelf, {})
            if procedure not in known:
                known[procedure] = self._ask(shelf, procedure)
            return known[procedure]

    def _ask(self, shelf: Shelf, procedure: str) -> Answered:
        has = {kind_of_path(passage.path) for passage in shelf.index.passages if passage.document == procedure}
        asked = {kind: self._questions[kind].format(title=shelf.titles[procedure]) for kind in ORDER if kind in self._questions}
        return tuple(
            (kind, Choice(question, question, procedure))
            for kind, question in asked.items()
            if kind in has and kind in self._kinds(shelf, procedure, question)
        )
