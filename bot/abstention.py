"""A reading that does not answer becomes an honest no: which kind of no, the next step, and what the page does answer."""

from __future__ import annotations

from bot.language import Language
from bot.library import Shelf
from bot.quoting import MIN_ANSWERABLE, withdrawn
from bot.reader import Reading
from bot.suggest import Suggestions
from bot.triage import Assessment
from bot.types import NoAnswer, Reason
from bot.wording import Wording
from ingest.kinds import kind_of_path

NEAR = MIN_ANSWERABLE / 4  # probability; above, a refusal names the section that comes nearest


def reason_for(shelf: Shelf, best: Reading, assessment: Assessment, bar: float) -> Reason:
    """Taken out of answers, a decision for the care team, not our field, or not on this page."""
    if withdrawn(shelf, best, bar):
        return Reason.WITHDRAWN
    if assessment.advice:
        return Reason.ADVICE
    if assessment.outside:
        return Reason.OFF_TOPIC
    if best.answerable < NEAR:
        return Reason.TOPIC
    return Reason.WITHDRAWN if withdrawn(shelf, best, NEAR) else Reason.DETAIL


class Abstention:
    """Puts a reason into the clinic's fixed words."""

    def __init__(self, wording: Wording, suggestions: Suggestions) -> None:
        self._wording, self._suggestions = wording, suggestions

    def no(
        self,
        shelf: Shelf,
        reason: Reason,
        asked: str,
        procedure: str | None,
        *,
        best: Reading | None = None,
        name: str = "",
    ) -> NoAnswer:
        """`best` is the reading that came nearest, `name` the procedure that no page is about."""
        known = procedure if procedure in shelf.titles else shelf.only
        title = shelf.titles[known] if known else ""
        hits = best.hits if best else ()
        key, section = reason.value, ""
        if reason is Reason.DETAIL:
            near = hits[0].passage.path if hits else ()
            section = near[0] if near and kind_of_path(near) else ""
            key = "detail" if section and title else "topic"
        language: Language = "es" if reason is Reason.LANGUAGE else "en"
        return NoAnswer(
            text=self._wording.text(f"no.{key}", language, title=title, section=section, name=name),
            reason=reason,
            name=name,
            procedure=known,
            searched=asked,
            choices=self._suggestions.near(shelf, known, hits),
            confidence=best.answerable if best else 0.0,
            version=shelf.index.manifest.id,
            hits=hits,
        )
