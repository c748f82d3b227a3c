"""Cleaned text becomes a language: English, Spanish, or another one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal

from bot.normalise import canonical

Language = Literal["en", "es", "other"]
FOREIGN_SHARE = 0.6  # of the words unknown in English before a text in Latin letters counts as another language
_SPANISH_MARKS = re.compile(r"[¿¡ñ]|(?:ción|ís|ía)\b")
_WORD = re.compile(r"[^\W\d_]+")


class Languages:
    """Word shares, not a model: messages are short, and Spanish is the language that has its own cards."""

    def __init__(self, spanish: Iterable[str], knows_english: Callable[[str], bool]) -> None:
        """`spanish`: words that tell Spanish; those that are English as well ("no", "me") count only beside others."""
        self.spanish = frozenset(spanish)
        self.knows_english = knows_english

    def of(self, cleaned: str) -> Language:
        words = _WORD.findall(canonical(cleaned))
        if not words:
            return "en"
        if sum(not w.isascii() for w in words) / len(words) > 0.5:
            return "other"
        spanish = sum(w in self.spanish for w in words) + 2 * len(_SPANISH_MARKS.findall(cleaned.lower()))
        english = sum(self.knows_english(w) and w not in self.spanish for w in words)
        if spanish and spanish > english:
            return "es"
        unknown = sum(not self.knows_english(w) for w in words) / len(words)
        return "other" if len(words) >= 4 and unknown > FOREIGN_SHARE else "en"
