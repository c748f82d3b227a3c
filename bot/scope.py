"""A question, the page it came from and the conversation become the procedure that is meant, or the candidates.

Names decide, never similarity: look-alike pages repeat each other's sentences, and a sentence of the wrong procedure is
the worst answer there is.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from ingest.types import ConfigurationError, Document

NAMED = 0.6  # share of a name's telling words that a question must hold; "SI joint" alone is .56 of "SI Joint Fusion"
CLOSE = 0.12  # two names whose shares differ by less are both candidates
GENERIC_WEIGHT = 0.25  # of a word such as "joint", which hardly tells one procedure from another
THE_PROCEDURE = "the procedure"
_WORD = re.compile(r"[a-z0-9]+(?:[’'-][a-z0-9]+)*", re.IGNORECASE)


class _NamesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    same: list[list[str]] = []
    generic: list[str] = []
    kinds: list[str] = []
    elsewhere: list[str] = []
    procedures: dict[str, list[str]] = {}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or several that mean one, in its comparing form with its span in the text."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Names:
    """What procedures are called: `data/names.toml`."""

    same: Mapping[tuple[str, ...], str] = field(default_factory=dict)  # words -> comparing form
    generic: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()  # words that say what is done: "fusion", "injection"
    elsewhere: tuple[str, ...] = ()
    procedures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _lengths: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # first word -> lengths of names, longest first

    @classmethod
    def load(cls, path: Path) -> Names:
        """Raises ConfigurationError that names the file and the field."""
        try:
            raw = _NamesFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise ConfigurationError(f"{path} cannot be used: {error}") from error
        same = {tuple(_stem(w) for w in _WORD.findall(word.lower())): line[0].lower() for line in raw.same for word in line}
        procedures = {slug: tuple(names) for slug, names in raw.procedures.items()}
        firsts = {key[0] for key in same}
        lengths = {first: tuple(sorted({len(key) for key in same if key[0] == first}, reverse=True)) for first in firsts}
        return cls(same, frozenset(raw.generic), frozenset(raw.kinds), tuple(raw.elsewhere), procedures, lengths)

    def tokens(self, text: str, known: Sequence[str] = ()) -> list[Token]:
        """Comparing forms of the words of a text; long misspelt words become the `known` word one or two letters away."""
        words = [(self._corrected(_stem(match[0].lower()), known), match.start(), match.end()) for match in _WORD.finditer(text)]
        tokens: list[Token] = []
        at = 0
        while at < len(words):
            for length in self._lengths.get(words[at][0], ()):
                key = tuple(word for word, _, _ in words[at : at + length])
                if len(key) == length and (form := self.same.get(key)) is not None:
                    tokens.append(Token(form, words[at][1], words[at + length - 1][2]))
                    at += length
                    break
            else:
                word, start, end = words[at]
                tokens.append(Token(word, start, end))
                at += 1
        return tokens

    def _corrected(self, word: str, known: Sequence[str]) -> str:
        if len(word) < 6 or not known or word in known:
            return word
        if word in self.generic:
            return word
        found = process.extractOne(word, known, scorer=DamerauLevenshtein.distance, score_cutoff=2 if len(word) > 8 else 1)
        return word if found is None else found[0]


def _stem(word: str) -> str:
    """The singular, roughly: enough to compare names of procedures."""
    word = re.sub(r"[’']s$", "", word)
    if len(word) > 5 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word


# Treatments told as tried in vain, in a message that asks who this one is for. Narrow on purpose: "I had X, how long does it
# hurt" is about X.
_HISTORY = re.compile(
    r"\b(?:tried|trying|failed|wore off|(?:didn'?t|doesn'?t|don'?t|not|never) (?:work|help)\w*|did nothing|no luck|"
    r"nothing? (?:work|help)\w*)\b",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(r"\b(?:candidate|right|rite|person|people|group|fit|suit\w*|eligib\w*|qualif\w*)\b", re.IGNORECASE)
_THIS = re.compile(r"\bthis\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Name:
    slug: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """The procedure that is meant and the question with its name taken out ("does SI fusion hurt" -> "does the procedure hurt")."""

    procedure: str
    question: str
    named: bool  # the question itself names it


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Which procedure? The candidates, likeliest first; empty when nothing points to any."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The question is about a procedure that no page here is about."""

    name: str


class Scope:
    """Knows the names of every published procedure."""

    def __init__(self, documents: Mapping[str, Document], names: Names) -> None:
        self._documents = documents
        self._names = names
        called = {slug: (document.title, *names.procedures.get(slug, ())) for slug, document in documents.items()}
        self._called = [
            _Name(slug, words)
            for slug, titles in called.items()
            for title in titles
            for part in _variants(title)
            if (words := frozenset(token.word for token in names.tokens(part))) - names.generic
        ]
        held = Counter(
            word for slug in called for word in frozenset[str]().union(*(n.words for n in self._called if n.slug == slug))
        )
        self._weights = {
            word: (GENERIC_WEIGHT if word in names.generic else 1.0) * (1.0 + math.log(len(documents) / count))
            for word, count in held.items()
        }
        self._known = sorted(
            {word for one in self._called for word in one.words if len(word) > 4}
            | {w for key in names.same for w in key if len(w) > 5}
        )
        spelt = {_stem(word.lower()) for titles in called.values() for title in titles for word in _WORD.findall(title)}
        self._here = (
            spelt | self._weights.keys()
        )  # "steroid injection" is not elsewhere where there is an epidural steroid injection
        self._elsewhere = [frozenset(token.word for token in names.tokens(name)) for name in names.elsewhere]
        self._own = {slug: frozenset[str]().union(*(one.words for one in self._called if one.slug == slug)) for slug in called}
        self._spoken = {slug: {token.word for token in names.tokens(document.text)} for slug, document in documents.items()}

    def settle(self, question: str, page: str | None, spoken: str | None) -> Settled | Unsettled | Elsewhere:
        """`page` is the page the patient came from, `spoken` what the conversation is about. Words beat page beats conversation."""
        tokens = self._names.tokens(question, self._known)
        scores = self._scores(tokens)
        sister = {slug: words for slug in scores if (words := self._sister(question, tokens, slug))}
        scores = {slug: score for slug, score in scores.items() if slug not in sister}
        best = max(scores.values(), default=0.0)
        told = _told(question)
        if best < NAMED and sister and not told:
            return Elsewhere(next(iter(sister.values()))) if not scores or best < NAMED / 2 else Unsettled(_likely(scores, best))
        if best >= NAMED:
            candidates = sorted((s for s in scores if scores[s] >= best - CLOSE), key=lambda s: (-scores[s], s))
            for preferred in (page, spoken):
                if preferred in candidates:
                    candidates = [preferred]
            if len(candidates) == 1:
                return Settled(candidates[0], self._without_name(question, tokens, candidates[0]), named=True)
            return Unsettled(tuple(candidates))
        fallback = page or spoken or (next(iter(self._documents)) if len(self._documents) == 1 else None)
        if not (told and fallback) and (other := self._other(tokens, fallback)):
            return Elsewhere(other)
        if fallback in self._documents and fallback is not None:
            return Settled(fallback, question, named=False)
        return Unsettled(_likely(scores, best))

    def _scores(self, tokens: Sequence[Token]) -> dict[str, float]:
        """Slug -> share of its name that the question holds, less what the question names beyond it; 0 to 1."""
        held = {token.word for token in tokens if token.word in self._weights}
        scores: dict[str, float] = {}
        for name in self._called:
            total = sum(self._weights[word] for word in name.words)
            matched = sum(self._weights[word] for word in name.words & held)
            beyond = sum(self._weights[word] for word in held - self._own[name.slug] if word not in self._names.generic)
            telling = {word for word in name.words & held if word not in self._names.generic}
            score = matched / (total + 0.6 * beyond) if telling else 0.0
            if not beyond and self._one_page(telling):
                score = max(score, NAMED)
            scores[name.slug] = max(scores.get(name.slug, 0.0), score)
        return scores

    def _one_page(self, words: set[str]) -> bool:
        """Two telling words that a single page's names hold: "sacroiliac fusion" is the "Lateral Sacroiliac Joint Fusion"."""
        telling = words - self._names.generic
        return len(telling) > 1 and sum(telling <= own for own in self._own.values()) == 1

    def _without_name(self, question: str, tokens: Sequence[Token], slug: str) -> str:
        """The question with the longest run of the procedure's name replaced by "the procedure"."""
        words = self._own[slug]
        allowed = words | {"surgery", "procedure", "operation", "treatment"}
        best: tuple[float, int, int] = (0.0, 0, 0)
        for first in range(len(tokens)):
            seen: set[str] = set()
            for last in range(first, len(tokens)):
                if tokens[last].word not in allowed:
                    break
                seen.add(tokens[last].word)
                weight = sum(self._weights.get(word, 0.0) for word in seen & words)
                total = min(sum(self._weights[word] for word in name.words) for name in self._called if name.slug == slug)
                if (weight / total >= NAMED or self._one_page(seen & words)) and (weight, last - first) > (
                    best[0],
                    best[2] - best[1],
                ):
                    best = (weight, first, last)
        if best[0] == 0.0:
            return question
        start, end = tokens[best[1]].start, tokens[best[2]].end
        before = re.sub(r"\b(the|a|an|my|this|your)\s+$", "", question[:start], flags=re.IGNORECASE)
        return f"{before}{THE_PROCEDURE}{question[end:]}"

    def _sister(self, question: str, tokens: Sequence[Token], slug: str) -> str:
        """The words that name a sister procedure: a name's word followed by what else is done there ("SI injection")."""
        own = self._own[slug]
        held = {token.word for token in tokens}
        if not own & self._names.kinds or held & own & self._names.kinds:
            return ""
        run: list[Token] = []
        for token in tokens:
            if token.word in self._names.kinds and run and any(one.word not in self._names.generic for one in run):
                return question[run[0].start : token.end]
            run = [*run, token] if token.word in own else []
        return ""

    def _other(self, tokens: Sequence[Token], fallback: str | None) -> str | None:
        """A procedure of `elsewhere` that the question names, that no page is called by and the page in use never speaks of."""
        held = {token.word for token in tokens}
        spoken = self._spoken.get(fallback or "", set())
        for name, words in zip(self._names.elsewhere, self._elsewhere, strict=True):
            if words <= held and not words <= spoken and not words <= self._here:
                return name
        return None


def _told(question: str) -> bool:
    """Whether other treatments are the history of a question about this one: "three shots did nothing, am I right for this"."""
    return all(pattern.search(question) for pattern in (_HISTORY, _CANDIDATE, _THIS))


def _likely(scores: Mapping[str, float], best: float) -> tuple[str, ...]:
    return tuple(sorted((s for s in scores if scores[s] >= max(0.25, best - 2 * CLOSE)), key=lambda s: (-scores[s], s)))


def _variants(title: str) -> list[str]:
    """ "Radiofrequency Ablation (RFA) – Kestrel Spine" -> the whole, without brackets, what is in brackets, before the dash."""
    inside = re.findall(r"\(([^)]+)\)", title)
    outside = re.sub(r"\([^)]*\)", " ", title)
    head = re.split(r"\s[–—|-]\s|:\s|,\s| at ", outside)[0]
    return list(dict.fromkeys(part.strip() for part in (head, *inside) if part.strip()))
