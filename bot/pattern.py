"""A clinician's pattern text becomes a matcher over word tokens: no regular expressions, no backtracking.

The language (all of it):

    chest pain              words in this order, next to each other
    (chest|rib cage) pain   alternatives, each one or more words; they may nest
    (very|really)? bad      an optional group
    chest ..3 pain          at most three words in between (never across the end of a sentence)
    bleed*                  any word that starts like this
    <body>                  a named list of the same file, itself made of pattern texts

Matching keeps the set of places reached, so the time is words x elements whatever the text; see Thompson, "Regular
expression search algorithm", CACM 11(6), 1968.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.normalise import canonical
from ingest.types import FaqError

MAX_GAP = 12  # words; a longer gap would join things that do not belong together
SENTENCE_END = "."
PAUSE = ","
_LEXER = re.compile(r"\s*(?:(?P<gap>\.\.\d+)|(?P<list><[a-z_]+>)|(?P<mark>[()|?])|(?P<word>(?:\d+\.\d*|[a-z0-9%']+)\*?))")


class PatternError(FaqError):
    """A pattern text that does not follow the language; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    prefix: bool = False

    def accepts(self, token: str) -> bool:
        return token.startswith(self.text) if self.prefix else token == self.text


@dataclass(frozen=True, slots=True)
class Gap:
    most: int  # words


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Words, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    parts: tuple[Word | Gap | Choice, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `start` (included) to `end` (not included)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pattern:
    text: str
    root: Words
    starts: frozenset[str]  # the words a match may begin with
    prefixes: tuple[str, ...]  # the word beginnings a match may begin with

    @classmethod
    def parse(cls, text: str, lists: Mapping[str, Sequence[str]] | None = None) -> Pattern:
        """Raises PatternError when the text does not follow the language."""
        root = _Parser(text, lists or {}).parse()
        words = list(_first(root))
        starts = frozenset(w.text for w in words if not w.prefix)
        return cls(text, root, starts, tuple(sorted({w.text for w in words if w.prefix})))

    def may_start(self, tokens: frozenset[str]) -> bool:
        """A quick 'no' for most patterns: none of the words that could begin a match is there."""
        if not self.starts.isdisjoint(tokens):
            return True
        return bool(self.prefixes) and any(t.startswith(self.prefixes) for t in tokens)

    def spans(self, tokens: Sequence[str], longest: bool = False) -> Iterator[Span]:
        """Every place the pattern matches, with the shortest (or longest) end for each start."""
        for start, token in enumerate(tokens):
            if token in self.starts or (self.prefixes and token.startswith(self.prefixes)):
                ends = _step(self.root, tokens, {start})
                if ends:
                    yield Span(start, max(ends) if longest else min(ends))

    def words(self) -> Iterator[Word]:
        yield from _words(self.root)


def _step(sequence: Words, tokens: Sequence[str], places: set[int]) -> set[int]:
    for part in sequence.parts:
        if not places:
            return places
        match part:
            case Word():
                places = _after_word(part, tokens, places)
            case Gap():
                places = _after_gap(part, tokens, places)
            case Choice():
                reached = set(places) if part.optional else set()
                for option in part.options:
                    reached |= _step(option, tokens, places)
                places = reached
    return places


def _after_word(word: Word, tokens: Sequence[str], places: set[int]) -> set[int]:
    reached = set()
    for place in places:
        at = place
        while at < len(tokens) and tokens[at] == PAUSE:  # a comma never separates what belongs together
            at += 1
        if at < len(tokens) and word.accepts(tokens[at]):
            reached.add(at + 1)
    return reached


def _after_gap(gap: Gap, tokens: Sequence[str], places: set[int]) -> set[int]:
    reached = set(places)
    for place in places:
        at, words = place, 0
        while at < len(tokens) and tokens[at] != SENTENCE_END and words < gap.most:
            words += tokens[at] != PAUSE
            at += 1
            reached.add(at)
    return reached


def _first(sequence: Words) -> Iterator[Word]:
    for part in sequence.parts:
        match part:
            case Word():
                yield part
                return
            case Gap():
                continue
            case Choice():
                for option in part.options:
                    yield from _first(option)
                if not part.optional:
                    return


def _words(sequence: Words) -> Iterator[Word]:
    for part in sequence.parts:
        match part:
            case Word():
                yield part
            case Choice():
                for option in part.options:
                    yield from _words(option)
            case Gap():
                continue


class _Parser:
    def __init__(self, text: str, lists: Mapping[str, Sequence[str]], inside: tuple[str, ...] = ()) -> None:
        self.text, self.lists, self.inside = canonical(text), lists, inside
        self.shown = text if len(text) <= 90 else f"{text[:90]}…"
        self.marks = list(self._lex())
        self.at = 0

    def _lex(self) -> Iterator[tuple[str, str]]:
        at, text = 0, self.text.strip()
        while at < len(text):
            found = _LEXER.match(text, at)
            if found is None or found.lastgroup is None:
                raise PatternError(
                    f"Pattern “{self.shown}”: “{text[at : at + 10]}” is not a lower-case word, (a|b), ..N, <list> or word*."
                )
            yield found.lastgroup, found.group(found.lastgroup)
            at = found.end()

    def parse(self) -> Words:
        sequence = self._sequence()
        if self.at < len(self.marks):
            raise PatternError(f"Pattern “{self.shown}”: “{self.marks[self.at][1]}” stands where nothing was opened.")
        solid = [p for p in sequence.parts if isinstance(p, Word) or (isinstance(p, Choice) and not p.optional)]
        if not solid:
            raise PatternError(f"Pattern “{self.shown}” would match anything: it needs at least one word.")
        if isinstance(sequence.parts[0], Gap) or isinstance(sequence.parts[-1], Gap):
            raise PatternError(f"Pattern “{self.shown}”: a gap (..N) must stand between two words.")
        return sequence

    def _sequence(self) -> Words:
        parts: list[Word | Gap | Choice] = []
        while self.at < len(self.marks):
            kind, value = self.marks[self.at]
            if value in ("|", ")"):
                break
            self.at += 1
            if kind == "word":
                parts.append(Word(value.rstrip("*"), value.endswith("*")))
            elif kind == "gap":
                parts.append(self._gap(int(value[2:])))
            elif kind == "list":
                parts.append(self._optional(Choice(self._named(value[1:-1]))))
            elif value == "(":
                parts.append(self._optional(Choice(self._options())))
            else:
                raise PatternError(f"Pattern “{self.shown}”: “?” may only follow a group such as (a|b).")
        if not parts:
            raise PatternError(f"Pattern “{self.shown}”: an empty alternative or an empty pattern.")
        return Words(tuple(parts))

    def _gap(self, most: int) -> Gap:
        if not 1 <= most <= MAX_GAP:
            raise PatternError(f"Pattern “{self.shown}”: a gap is 1 to {MAX_GAP} words, not {most}.")
        return Gap(most)

    def _options(self) -> tuple[Words, ...]:
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        if not self._take(")"):
            raise PatternError(f"Pattern “{self.shown}”: a “(” is not closed.")
        return tuple(options)

    def _optional(self, choice: Choice) -> Choice:
        return Choice(choice.options, True) if self._take("?") else choice

    def _named(self, name: str) -> tuple[Words, ...]:
        if name in self.inside:
            raise PatternError(f"Pattern “{self.shown}”: the list <{name}> contains itself.")
        if name not in self.lists:
            raise PatternError(f"Pattern “{self.shown}”: there is no list <{name}>. Lists: {', '.join(sorted(self.lists))}.")
        return tuple(_Parser(entry, self.lists, (*self.inside, name)).parse() for entry in self.lists[name])

    def _take(self, mark: str) -> bool:
        if self.at < len(self.marks) and self.marks[self.at][1] == mark:
            self.at += 1
            return True
        return False
