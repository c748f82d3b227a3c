"""Word lists on disk become the words that are nobody's name: kept in the journal, and never 'corrected'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.normalise import canonical
from bot.safety_data import SafetyDataError


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: frozenset[str]  # lower case, no accents
    names: frozenset[str]  # first and last names; a word may be both ("may", "grace")

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Reads vocabulary.txt and names.txt, one word a line, # starts a comment. Raises SafetyDataError."""
        return cls(_read(folder / "vocabulary.txt"), _read(folder / "names.txt"))

    def knows(self, word: str) -> bool:
        return word in self.words or (word.endswith("s") and word[:-1] in self.words)

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
