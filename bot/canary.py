"""Golden questions asked of the running engine become a verdict: how many still find the section that answers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.types import Answer, Question, Reply
from ingest import answers
from ingest.withdrawn import Withdrawal

MOST = 12  # questions of one check: half a second of one core
LEAST = 4  # that must have been asked before the chat is closed by them: one or two misses are no pattern


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one check went."""

    version: str | None
    when: str  # ISO 8601, UTC
    asked: int
    missed: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        return self.asked - len(self.missed)

    def below(self, share: float) -> bool:
        """Whether fewer than this share found their section; never by fewer questions than LEAST."""
        return self.asked >= LEAST and self.found < share * self.asked

    def __str__(self) -> str:
        missed = f" Missed: {'; '.join(self.missed)}." if self.missed else ""
        return f"{self.found} of {self.asked} canary questions found their section in version {self.version}.{missed}"


def canaries(golden: Path, documents: set[str], gone: Sequence[Withdrawal] = ()) -> tuple[answers.Question, ...]:
    """At most MOST golden questions of documents in use, from the whole file, whose section has no withdrawn words.

    Raises ConfigurationError.
    """
    found = [one for one in answers.golden_questions(golden, documents) if one.section and not _touched(one, gone)]
    step = -(-len(found) // MOST) or 1
    return tuple(found[::step])


def check(ask: Callable[[Question], Reply], questions: Sequence[answers.Question], version: str | None) -> Verdict:
    """Asks each question from its own page."""
    missed = tuple(one.text for one in questions if not _finds(one, ask(Question(one.text, one.document))))
    return Verdict(version, datetime.now(UTC).isoformat(timespec="seconds"), len(questions), missed)


def _touched(one: answers.Question, gone: Sequence[Withdrawal]) -> bool:
    """Whether words are withdrawn inside the section that answers, or all around it."""
    section = one.section or ()
    within = [each.section or () for each in gone if each.document == one.document]
    return any(section[: len(path)] == path or path[: len(section)] == section for path in within)


def _finds(one: answers.Question, reply: Reply) -> bool:
    wanted = one.section or ()
    quoted = reply.citations if isinstance(reply, Answer) else ()
    return any(citation.document == one.document and citation.section[: len(wanted)] == wanted for citation in quoted)
