"""Outlines become contradictions: the same fact with different numbers, and passages that two procedures nearly share."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz

from ingest.read.problems import warning
from ingest.sentences import sentence_spans
from ingest.types import Outline, Problem

_NUMBERS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "ten": "10",
    "twelve": "12",
}
_AMOUNT = re.compile(
    rf"\b(\d{{1,3}}|{'|'.join(_NUMBERS)})(?:\s*(?:-|–|to)\s*(\d{{1,3}}|{'|'.join(_NUMBERS)}))?[\s-]*(minute|min|hour|hr|day|week|month|year)s?\b",
    re.IGNORECASE,
)
PHONE = re.compile(r"(?<![\d.])(?:\+?1[\s.-]?)?\(?([2-9]\d{2})\)?[\s.-]?(\d{3})[\s.-](\d{4})(?!\d)")
# What an amount of time is about, by the words of its sentence. First match wins.
_TOPICS = (
    ("eating before the procedure", re.compile(r"\b(?:eat|food|meal|fast(?:ing)?|nothing by mouth)\b", re.IGNORECASE)),
    ("drinking before the procedure", re.compile(r"\b(?:drink|fluids?|liquids?)\b", re.IGNORECASE)),
    ("driving", re.compile(r"\bdriv(?:e|ing)\b", re.IGNORECASE)),
    ("lifting", re.compile(r"\blift(?:ing)?\b", re.IGNORECASE)),
    ("showering or bathing", re.compile(r"\b(?:shower|bath|bathing|swim)", re.IGNORECASE)),
    ("blood thinners", re.compile(r"\bblood.thinn|anticoagul|aspirin|warfarin", re.IGNORECASE)),
    (
        "how long it takes",
        re.compile(r"\b(?:takes?|lasts?) (?:about |around |only |approximately |between )?(?:\d|one|two|three)", re.IGNORECASE),
    ),
    ("going back to work", re.compile(r"\b(?:back|return) to work", re.IGNORECASE)),
)
ALIKE = 92  # of 100, rapidfuzz token_sort_ratio: two passages that differ in a word or a number
LONG_ENOUGH = 12  # words: shorter passages ("Call us.") may repeat
RARE = 4  # words of a passage by which its like are looked for: comparing all pairs of 16,000 passages would take minutes
MOST_HOLDERS = 40  # passages that share a word and are compared with one another
SHOWN = 40  # pairs


@dataclass(frozen=True, slots=True)
class Fact:
    """An amount said about a topic, and where."""

    document: str
    source: str
    line: int
    topic: str
    amount: str


def fact_problems(outlines: Sequence[Outline]) -> Iterator[Problem]:
    """Amounts that differ inside one document, and phone numbers that differ anywhere."""
    found: dict[tuple[str, str], dict[str, Fact]] = defaultdict(dict)
    phones: dict[str, Fact] = {}
    for one in outlines:
        for fact in _facts(one):
            found[fact.document, fact.topic].setdefault(fact.amount, fact)
        for match in PHONE.finditer(one.document.text):
            number = "-".join(match.groups())
            phones.setdefault(number, Fact(one.document.slug, one.document.source, _line(one, match.start()), "phone", number))
    for (_, topic), amounts in found.items():
        if len(amounts) > 1:
            first, *others = amounts.values()
            for other in others:
                words = f"This says {other.amount} about {topic}; line {first.line} says {first.amount}."
                yield warning(
                    "different-numbers", other.source, words, "Make the two agree, or say what makes them differ.", other.line
                )
    for other in list(phones.values())[1:]:
        first = next(iter(phones.values()))
        words = f"This gives the phone number {other.amount}; {first.source} gives {first.amount}."
        yield warning("different-phones", other.source, words, "Check which one patients should call.", other.line)


def twin_problems(outlines: Sequence[Outline]) -> Iterator[Problem]:
    """Passages that two procedures nearly share, where the difference may be a slip."""
    passages = [(one, passage) for one in outlines for passage in one.passages if len(passage.text.split()) >= LONG_ENOUGH]
    shown = 0
    for left, right in sorted(_pairs([passage.text for _, passage in passages])):
        (one, first), (two, second) = passages[left], passages[right]
        if first.document == second.document or first.text == second.text or shown >= SHOWN:
            continue
        if fuzz.token_sort_ratio(first.text, second.text, score_cutoff=ALIKE):
            shown += 1
            words = f"This passage is nearly the one in {one.document.source}: “{second.text[:60]}…”"
            yield warning(
                "near-duplicate", two.document.source, words, "Check that the difference is meant.", _line(two, second.start)
            )


def _pairs(texts: Sequence[str]) -> set[tuple[int, int]]:
    """Numbers of texts worth comparing: those that share one of the RARE rarest words of either."""
    words = [sorted(set(text.lower().split())) for text in texts]
    spread = Counter(word for one in words for word in one)
    holders: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(words):
        for word in sorted((word for word in one if spread[word] > 1), key=lambda word: spread[word])[:RARE]:
            holders[word].append(number)
    return {pair for numbers in holders.values() for pair in combinations(numbers[:MOST_HOLDERS], 2)}


def _facts(one: Outline) -> Iterator[Fact]:
    ends = [match.start() for match in re.finditer("\n", one.document.text)]
    for passage in one.passages:
        found: list[Fact] = []
        for start, end in sentence_spans(one.document.text, passage.start, passage.end):
            sentence = one.document.text[start:end]
            amounts = list(_AMOUNT.finditer(sentence))
            if len(amounts) != 1:
                continue
            topic = next((topic for topic, pattern in _TOPICS if pattern.search(sentence)), None)
            if topic is not None:
                line = bisect_left(ends, start) + 1
                found.append(Fact(one.document.slug, one.document.source, line, topic, _amount(amounts[0])))
        topics = Counter(fact.topic for fact in found)
        yield from (fact for fact in found if topics[fact.topic] == 1)  # two in one breath are meant to differ


def _amount(match: re.Match[str]) -> str:
    low, high, unit = (part and _NUMBERS.get(part.lower(), part.lower()) for part in match.groups())
    unit = {"min": "minute", "hr": "hour"}.get(unit or "", unit or "")
    return f"{low} to {high} {unit}s" if high else f"{low} {unit}{'' if low == '1' else 's'}"


def _line(one: Outline, at: int) -> int:
    return one.document.text.count("\n", 0, at) + 1
