"""A reading becomes the hits whose words a patient is shown, or none: sure enough, whole, and nothing of it withdrawn."""

from __future__ import annotations

from bot.library import Shelf
from bot.reader import Reading
from bot.types import Hit

MIN_ANSWERABLE = 0.74  # probability; set on tests/quality, checked on questions kept apart from it, see decisions/0007
ALSO = 0.2  # a further passage is quoted when it is this share as probable as the best one
LISTED = 0.35  # another item of the same list is shown when it states what is asked for this fully, by the intent layer
MOST_QUOTED = 6  # passages; more than a patient reads on a phone at once


def answers(shelf: Shelf, reading: Reading, bar: float) -> bool:
    """Sure enough, and nothing of it withdrawn: half a list of risks would mislead more than none."""
    return reading.answerable >= bar and not withdrawn(shelf, reading, bar)


def withdrawn(shelf: Shelf, reading: Reading, bar: float) -> bool:
    """Whether this would be quoted if none of it were withdrawn."""
    return reading.answerable >= bar and any(not shelf.may_quote(hit.passage) for hit in quoted(reading))


def quoted(reading: Reading) -> tuple[Hit, ...]:
    """The hits a patient is shown: the best, those nearly as probable, and those of the same section that state as much.

    The last is what brings a list whole: "What are the risks?" shows every item, "is infection a risk" the one.
    """
    best = reading.hits[0]
    heading = _heading(best)
    shown = [
        hit
        for hit in reading.hits
        if hit.probability >= ALSO * best.probability
        or (
            hit.passage.document == best.passage.document
            and _heading(hit) == heading
            and hit.stated >= max(LISTED, best.stated / 2)
        )
    ]
    return tuple(shown[:MOST_QUOTED])


def _heading(hit: Hit) -> tuple[str, ...]:
    """The heading that a passage stands under; a run-in label is part of what it says."""
    path = hit.passage.path
    return path[:-1] if len(path) > 1 and hit.passage.text.startswith(f"{path[-1]}:") else path
