"""A question that leans on the one before becomes a question that stands alone, without a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.types import Answer, Clarify, NoAnswer, Turn

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
    too very just really still any some other others another same all both each every type types kind kinds sort whens hows whats wheres whos thats isnt arent cant dont doesnt wont serious common normal
    bad good better worse happen happens work works mean means count apply please tell explain
    """.split()
)
_FRAGMENT = re.compile(r"^\s*(?:on|for|in|with|at|by|from|until|without)(?:\s+[\w']+){1,3}\W*$", re.IGNORECASE)
_CLAUSE = re.compile(
    r"^\s*(?:when|how|what|where|why|who|which|can|could|do|does|is|are|am|will|would|should|did)\b", re.IGNORECASE
)


def standalone(question: str, turns: Sequence[Turn]) -> str | None:
    """The question to search: with its missing topic taken from the last question that was answered from a page.

    Refused and escalated turns are passed over: what they asked must not steer a later search. None when the question
    leans on a turn that was refused: there is nothing that it could honestly be about.
    """
    rest = _LEAD.sub("", question)
    about = _ABOUT.match(question)
    topic = question[about.end() :] if about else rest
    reframed = about is not None and not _CLAUSE.match(topic) and bool(_topical(topic))
    if turns and not reframed and not _topical(rest) and not _feeds(turns[-1]) and isinstance(turns[-1].reply, NoAnswer):
        return None
    before = next((turn.reply.searched or turn.question for turn in reversed(turns) if _feeds(turn)), None)
    if before is None:
        return question
    if reframed:
        frame = _FRAME.match(before)
        return f"{frame[0]} {topic}" if frame else topic
    return rest if _topical(rest) else f"{before.rstrip(' ?.!')} – {rest}"


def shown(question: str, turns: Sequence[Turn]) -> frozenset[tuple[str, int]]:
    """Document and start of the words that the last turn quoted, when the question asks on from there: "and the others?"."""
    if not turns or _topical(_LEAD.sub("", question)) or not isinstance(turns[-1].reply, Answer):
        return frozenset()
    return frozenset((citation.document, citation.start) for citation in turns[-1].reply.citations)


def _topical(text: str) -> list[str]:
    """The words of a text that carry a topic of their own; none in a fragment such as "on my side?"."""
    if _FRAGMENT.match(text):
        return []
    return [word for word in re.findall(r"[a-z]+", text.lower().replace("'", "").replace("’", "")) if word not in _EMPTY]


def _feeds(turn: Turn) -> bool:
    return isinstance(turn.reply, Answer | Clarify)
