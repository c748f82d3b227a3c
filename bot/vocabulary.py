"""Word lists on disk become the words that are nobody's name: kept in the journal, and never 'corrected'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.normalise import canonical
from bot.safety_data import SafetyDataError


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: frozenset[str]  # English and Spanish, lower case, no accents
    english: frozenset[str]
    names: frozenset[str]  # first and last names; a word may be both ("may", "grace")

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Reads vocabulary.txt, vocabulary_es.txt and names.txt: one word a line, # a comment. Raises SafetyDataError."""
        english = _read(folder / "vocabulary.txt")
        return cls(english | _read(folder / "vocabulary_es.txt"), english, _read(folder / "names.txt"))

    def knows(self, word: str) -> bool:
        return word in self.words or (word.endswith("s") and word[:-1] in self.words)

    def is_english(self, word: str) -> bool:
        return word in self.english or (word.endswith("s") and word[:-1] in self.english)

    @property
    def spanish_only(self) -> frozenset[str]:
        return self.words - self.english

    def with_words(self, texts: Iterable[str]) -> Vocabulary:
        """Also keeps the words of these texts (the published documents), except names."""
        found = {w for text in texts for w in canonical(text).replace("-", " ").split()}
        plain = {w.strip(".,;:!?()[]\"'“”") for w in found}
        return replace(self, words=self.words | frozenset(w for w in plain if w.isalpha() and w not in self.names))


def _read(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SafetyDataError(f"{path} cannot be read ({error.strerror}). Restore it from version control.") from error
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
