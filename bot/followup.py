"""A question that leans on the one before becomes a question that stands alone, without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.types import Answer, Clarify, Turn

_LEAD = re.compile(
    r"^\s*(?:ok(?:ay)?|and|so|then|also|but|thanks|thank you|great|alright|well|hmm|oh|no|yes)\b[\s,.!:]*", re.IGNORECASE
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
    too very just really still any some other others another same all both each every serious common normal
    bad good better worse happen happens work works mean means count apply please tell explain
    """.split()
)
_POINTS = re.compile(
    r"\b(?:that|those|these|them|this|they|the first one|the second one|the other one|either|which ones?|another one)\b",
    re.IGNORECASE,
)


def standalone(question: str, turns: Sequence[Turn]) -> str:
    """The question to search: with its missing topic taken from the last question that was answered from a page.

    Refused and escalated turns are passed over: what they asked must not steer a later search.
    """
    before = next((turn.reply.searched or turn.question for turn in reversed(turns) if _feeds(turn)), None)
    if before is None:
        return question
    if about := _ABOUT.match(question):
        return _reframed(before, question[about.end() :])
    rest = _LEAD.sub("", question)
    words = re.findall(r"[a-z]+", rest.lower())
    topical = [word for word in words if word not in _EMPTY]
    if not topical or (len(topical) == 1 and len(words) <= 6 and _POINTS.search(rest)):
        return f"{before.rstrip(' ?.!')}, {rest}"
    return question


def _feeds(turn: Turn) -> bool:
    return isinstance(turn.reply, Answer | Clarify)


def _reframed(before: str, topic: str) -> str:
    """("when can I start walking", "swimming?") -> "when can I start swimming?"."""
    if not [word for word in re.findall(r"[a-z]+", topic.lower()) if word not in _EMPTY]:
        return f"{before.rstrip(' ?.!')}, {topic}"
    frame = _FRAME.match(before)
    return f"{frame[0]} {topic}" if frame else topic
