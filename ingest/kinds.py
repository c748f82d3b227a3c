"""A heading becomes the kind of section it is: the kinds that clinics' procedure pages have, with their synonyms."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of section on a procedure page, in the order patients meet them."""

    INTRODUCTION = "introduction"
    PREPARATION = "preparation"
    PROCEDURE = "procedure"
    ANESTHESIA = "anesthesia"
    DURATION = "duration"
    FREQUENCY = "frequency"
    RESULTS = "results"
    RISKS = "risks"
    AFTERCARE = "aftercare"
    WARNING_SIGNS = "warning signs"
    ELIGIBILITY = "eligibility"
    COST = "cost"
    CLOSING = "closing"


# First match wins, so the narrower kinds stand first. Words are matched from their beginning.
_WORDS: tuple[tuple[Kind, str], ...] = (
    (Kind.WARNING_SIGNS, r"warning signs?|when to call|call us|red flags?|emergency|seek (help|care)|when to (get|seek)"),
    (Kind.COST, r"costs?|price|pricing|insurance|paying|payment|fees?|financ"),
    (Kind.AFTERCARE, r"after|post|recover|healing|downtime|home care|going home|follow|at home|rehab|getting back|return"),
    (Kind.PREPARATION, r"prepar|before|getting ready|pre|ready|what to bring|planning"),
    (Kind.ANESTHESIA, r"an(a)?esth|sedation|numbing"),
    (Kind.FREQUENCY, r"frequen|how often|repeat|number of (sessions|treatments)"),
    (Kind.DURATION, r"duration|how long|time|length"),
    (Kind.RISKS, r"risk|side effect|complication|safety|safe\b|dangers?|problems"),
    (Kind.RESULTS, r"result|expect|benefit|outcome|success|effective|relief|how well"),
    (
        Kind.ELIGIBILITY,
        r"eligib|candida|suitab|who (is|can|may|should|would|needs|benefits)|contraindic|is .* right for|when (we|not)",
    ),
    (Kind.CLOSING, r"start living|contact|schedule|book|take the next|ready to|learn more|why choose|your journey|next step"),
    (
        Kind.PROCEDURE,
        r"procedure|operation|during|how (is|it|the|we|does)|steps?|technique|surgery|what happens|in the room|treatment",
    ),
    (Kind.INTRODUCTION, r"introduc|about|overview|what (is|are)|understanding|at a glance|summary"),
)
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for kind, words in _WORDS)
# Headings that only say what a page is about; tried first because they name the procedure ("Introduction to X Injection").
_OPENING = re.compile(r"^(introduction|overview|about|what (is|are)|understanding)\b", re.IGNORECASE)
_CLOSING = re.compile(r"^(start living|take the next|ready to|why choose|contact us|book|schedule)\b", re.IGNORECASE)
# A heading that stands over the whole course of a visit.
_PARENT = re.compile(
    r"\b(procedure|treatment|surgery|visit)\b.*\b(details?|information|guide|process|overview)\b|^(details|the process)$",
    re.IGNORECASE,
)
COURSE = frozenset({Kind.PREPARATION, Kind.PROCEDURE, Kind.ANESTHESIA, Kind.DURATION, Kind.FREQUENCY})


def kind_of(heading: str) -> Kind | None:
    """The kind of section a heading announces, or None when its words say nothing known."""
    if _OPENING.search(heading):
        return Kind.INTRODUCTION
    if _CLOSING.search(heading):
        return Kind.CLOSING
    return next((kind for kind, pattern in _PATTERNS if pattern.search(heading)), None)


def kind_of_path(path: tuple[str, ...]) -> Kind | None:
    """The kind of the innermost heading that has one; a parent that only gathers others is passed over."""
    for heading in reversed(path):
        if not gathers_course(heading) and (kind := kind_of(heading)) is not None:
            return kind
    return None


def gathers_course(heading: str) -> bool:
    """Whether a heading such as "Procedure Details" stands over preparation, procedure, duration and frequency."""
    return _PARENT.search(heading) is not None
