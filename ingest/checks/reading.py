"""Passages become reading grades: how many years of school a section asks for, and its hardest sentences."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.read.problems import warning
from ingest.sentences import sentence_spans
from ingest.types import Outline, Passage, Problem

LONG = 25  # words a sentence: what plain-language guides for patients (CDC Clear Communication Index, NHS) allow at most
HARD = 9.0  # Flesch-Kincaid grade; health pages are advised to stay at 6 to 8 (AMA, NIH)
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its own grade and the line of canonical text that it begins on."""

    text: str
    words: int
    syllables: int
    grade: float
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Flesch-Kincaid grade of a section (years of school, lower is easier), and its hardest sentences first."""

    document: str
    section: tuple[str, ...]
    words: int
    grade: float
    hardest: tuple[Sentence, ...]


@lru_cache(50_000)
def syllables(word: str) -> int:
    """Groups of vowels, less a silent last e: within one of the dictionary for nine words in ten."""
    word = word.lower()
    count = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    return max(1, count)


def grade(words: int, sentences: int, spoken: int) -> float:
    """Kincaid et al. 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59."""
    return round(0.39 * words / max(1, sentences) + 11.8 * spoken / max(1, words) - 15.59, 1)


def readings(one: Outline) -> list[Reading]:
    """One a section that holds text of its own, in order."""
    ends = [match.start() for match in re.finditer("\n", one.document.text)]
    sections: dict[tuple[str, ...], list[Passage]] = {}
    for passage in one.passages:
        sections.setdefault(passage.path, []).append(passage)
    found = [_reading(one, path, passages, ends) for path, passages in sections.items()]
    return [reading for reading in found if reading.words]


def reading_problems(one: Outline) -> Iterator[Problem]:
    """Long sentences, one each, and sections that ask for too much school."""
    if one.document.language != "en":
        return  # the formula and its constants are for English
    for reading in readings(one):
        place = " › ".join(reading.section)
        for sentence in reading.hardest:
            if sentence.words > LONG:
                words = f"A sentence of “{place}” has {sentence.words} words: “{sentence.text[:60]}…”"
                yield warning(
                    "long-sentence", one.document.source, words, f"Cut it into sentences of at most {LONG} words.", sentence.line
                )
        if reading.grade > HARD and reading.words >= 30:
            words = f"“{place}” reads at grade {reading.grade}."
            yield warning(
                "hard-to-read",
                one.document.source,
                words,
                "Grade 6 to 8 is advised: shorter sentences, shorter words.",
                reading.hardest[0].line,
            )


def _reading(one: Outline, path: tuple[str, ...], passages: Sequence[Passage], ends: Sequence[int]) -> Reading:
    sentences = [sentence for passage in passages for sentence in _sentences(one, passage, ends)]
    words, spoken = sum(sentence.words for sentence in sentences), sum(sentence.syllables for sentence in sentences)
    hardest = tuple(sorted(sentences, key=lambda s: (-s.grade, s.line)))
    return Reading(one.document.slug, path, words, grade(words, len(sentences), spoken), hardest)


def _sentences(one: Outline, passage: Passage, ends: Sequence[int]) -> Iterator[Sentence]:
    text = one.document.text
    for start, end in sentence_spans(text, passage.start, passage.end):
        words = _WORD.findall(text[start:end])
        if words:
            spoken, line = sum(map(syllables, words)), bisect_left(ends, start) + 1
            yield Sentence(" ".join(text[start:end].split()), len(words), spoken, grade(len(words), 1, spoken), line)
