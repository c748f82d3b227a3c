"""A message and the turns before it become what is asked, and the question in whose light it is read. No language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.types import Answer, Clarify, NoAnswer, Turn

JOINT = " – "  # between a question and the one that it is read after, as replies record them
_LEAD = re.compile(
    r"^\s*(?:ok(?:ay)?|and|n|so|then|also|but|thanks|thank you|great|alright|well|hmm|oh|no|yes)\b[\s,.!:]*", re.IGNORECASE
)
_ABOUT = re.compile(
    r"^\s*(?:(?:and|or|but|so|ok(?:ay)?)[\s,]+)*(?:what|how)\s+(?:about|of|bout)\s+|^\s*(?:and|or)\s+(?=\W*(?:\w+\W+){0,3}\w+\W*$)",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^(?:so |ok |and )?(?:(?:when|how (?:soon|long|often|much|many \w+)|where|what|why|who|which)\s+)?"
    r"(?:can|could|do|does|did|is|are|am|will|would|should|may|might)\b"
    r"(?:\s+(?:i|you|we|they|people|patients)\b)?(?:\s+(?:be able to|be allowed to|have to|need to|need|start|go|get back to|return to|take|eat|drink|use|have|do|get))?",
    re.IGNORECASE,
)
# Words that carry no topic of their own: a question made of these alone leans on the one before.
_EMPTY = frozenset(
    """
    a an the and or but so ok okay then also for of to in on at by with about from as is are was were be been
    am do does did can could will would should may might must i me my you your we our they them their it its
    this that these those there here he she his her what which who whom whose when where why how long much
    many often soon far exactly one ones first second next last more most less least time times day days week
    weeks month months hour hours minute minutes before after during until again if not no yes else instead
    too very just really still any some other others another same all both each every type types kind kinds sort whens hows whats wheres whos thats isnt arent cant dont doesnt wont serious common normal
    bad good better worse worst best happen happens work works mean means count apply please tell explain
    """.split()
)
_FRAGMENT = re.compile(r"^\s*(?:on|for|in|with|at|by|from|until|without)(?:\s+[\w']+){1,3}\W*$", re.IGNORECASE)
_CLAUSE = re.compile(
    r"^\s*(?:when|how|what|where|why|who|which|can|could|do|does|is|are|am|will|would|should|did)\b", re.IGNORECASE
)

_ASKS = re.compile(r"\?|\b(?:when|how|what|where|why|who|which|can|could|do|does|did|is|are|will|would|should)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks, and the last question that a page answered, in whose light it is read; empty at the start."""

    text: str
    before: str = ""

    @property
    def searched(self) -> str:
        """As the reply records it."""
        return f"{self.before}{JOINT}{self.text}" if self.before else self.text

    @property
    def leans(self) -> bool:
        """Whether it has no topic of its own: "and how long does that last?"."""
        return bool(self.before) and not topical(self.text)


def asked(question: str, turns: Sequence[Turn]) -> Asked | None:
    """The question to search, with the one before.

    Refused and escalated turns are passed over: what they asked must not steer a later search. None when the question
    leans on a turn that was refused: there is nothing that it could honestly be about.
    """
    rest = _LEAD.sub("", question) or question
    about = _ABOUT.match(question)
    topic = question[about.end() :] if about else rest
    reframed = about is not None and not _CLAUSE.match(topic) and bool(topical(topic))
    if turns and not reframed and not topical(rest) and _refused(turns[-1]):
        return None
    before = _before(turns)
    if not before:
        return Asked(question)
    frame = _FRAME.match(before.rpartition(JOINT)[2]) if reframed else None
    text = f"{frame[0]} {topic}" if frame else topic if reframed else rest
    return Asked(text, "" if text == before else before)


def shown(question: Asked, turns: Sequence[Turn]) -> frozenset[tuple[str, int]]:
    """Document and start of the words that the last turn quoted, when the question asks on from there: "and the others?"."""
    if not question.leans or not isinstance(turns[-1].reply, Answer):
        return frozenset()
    return frozenset((citation.document, citation.start) for citation in turns[-1].reply.citations)


def _before(turns: Sequence[Turn]) -> str:
    """The last question that a page answered; with what that one leaned on, when it had no topic of its own."""
    fed = next((turn for turn in reversed(turns) if _feeds(turn)), None)
    if fed is None:
        return ""
    own = (fed.reply.searched or fed.question).rpartition(JOINT)[2]
    return own.rstrip(" ?.!") if topical(own) else (fed.reply.searched or fed.question).rstrip(" ?.!")


def topical(text: str) -> list[str]:
    """The words of a text that carry a topic of their own; none in a fragment such as "on my side?"."""
    if _FRAGMENT.match(text):
        return []
    return [word for word in re.findall(r"[a-z]+", text.lower().replace("'", "").replace("’", "")) if word not in _EMPTY]


def _refused(turn: Turn) -> bool:
    """Whether a question got no answer; "I am having it done in April" asked none."""
    return isinstance(turn.reply, NoAnswer) and _ASKS.search(turn.question) is not None


def _feeds(turn: Turn) -> bool:
    return isinstance(turn.reply, Answer | Clarify)
