"""A question that asks two things becomes its parts; one that tells a story first becomes what it asks."""

from __future__ import annotations

import re

from bot.followup import topical

_OPENING = r"(?:how|when|what|whats|where|why|who|which|can|could|do|does|did|is|are|am|will|would|should|may)\b(?!\s+(?:if|about)\b\s*$)"
_JOINT = re.compile(rf"(?:\?+\s+|[.;]\s+|,?\s+(?:and|also|plus|&)\s+(?:also\s+)?|,\s+)(?={_OPENING})", re.IGNORECASE)
_OPENS = re.compile(rf"\W*(?:(?:and|also|so|ok|hi|hello|please)\W+)*{_OPENING}", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
SHORTEST = 3  # words; "how and when" is one question
MOST = 3  # parts answered; more than three are read as one question


def parts(question: str) -> tuple[str, ...]:
    """At most MOST parts, each opening like a question of its own and with a topic of its own; otherwise the question itself.

    "Can I drive after it, and how long not" asks one thing: by itself the second half would ask how long anything takes.
    """
    pieces = [piece.strip(" ,.;?") for piece in _JOINT.split(question) if piece.strip(" ,.;?")]
    asking = [piece for piece in pieces if _OPENS.match(piece) and len(piece.split()) >= SHORTEST]
    if not 2 <= len(asking) <= MOST or len(asking) != len(pieces) or not all(map(topical, asking)):
        return (question,)
    return tuple(asking)


def asking(message: str) -> str:
    """The sentences of a message that ask, without the story around them; the message itself when it only asks."""
    sentences = [one for one in _SENTENCE.split(message) if len(one.split()) >= SHORTEST]
    questions = [one for one in sentences if one.rstrip().endswith("?")] or sentences[-1:]
    return " ".join(questions) if 0 < len(questions) < len(sentences) else message
