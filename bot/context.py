"""A mention of a red flag becomes excused or not: negated, past, hypothetical, a general question, or a saying."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.pattern import PAUSE, SENTENCE_END, Pattern, Span
from bot.safety_data import ContextFile, ContextRow

NEGATORS = frozenset(
    ["no", "not", "without", "never", "nor", "neither", "dont", "doesnt", "didnt", "havent", "hasnt", "isnt", "arent", "wasnt"]
)
LIST_WORDS = frozenset({"or", "nor", "o", "ni"})


_Cues = tuple[list[Span], list[Span], list[Span], list[Span]]


class PatternSet:
    """Many patterns, found fast: only those whose first word occurs are tried."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(patterns)
        self.by_word: dict[str, list[int]] = {}
        self.by_head: dict[str, list[int]] = {}
        for at, pattern in enumerate(self.patterns):
            for word in pattern.starts:
                self.by_word.setdefault(word, []).append(at)
            for prefix in pattern.prefixes:
                self.by_head.setdefault(prefix[:2], []).append(at)

    def candidates(self, tokens: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for token in tokens:
            found.update(self.by_word.get(token, ()))
            for size in (1, 2):
                found.update(self.by_head.get(token[:size], ()))
        return found

    def spans(self, tokens: Sequence[str], longest: bool = False) -> list[Span]:
        return [span for at in self.candidates(set(tokens)) for span in self.patterns[at].spans(tokens, longest)]


@dataclass(frozen=True, slots=True)
class _Excuse:
    before: PatternSet
    after: PatternSet
    anywhere: PatternSet
    breaks: PatternSet
    carry: frozenset[str]
    reach: int
    after_reach: int

    @classmethod
    def of(cls, row: ContextRow, lists: Mapping[str, Sequence[str]]) -> _Excuse:
        def patterns(texts: Sequence[str]) -> PatternSet:
            return PatternSet(Pattern.parse(text, lists) for text in texts)

        return cls(
            before=patterns(row.before),
            after=patterns(row.after),
            anywhere=patterns(row.anywhere),
            breaks=patterns(row.breaks),
            carry=frozenset(row.carry),
            reach=row.reach,
            after_reach=row.after_reach,
        )


class Contexts:
    """Loaded from data/safety/context.yaml."""

    def __init__(self, file: ContextFile) -> None:
        rows = {name: getattr(file, name) for name in ("negated", "past", "hypothetical", "question")}
        self.excuses = {name: _Excuse.of(row, file.lists) for name, row in rows.items()}
        self.present = PatternSet(Pattern.parse(p, file.lists) for p in file.present)
        self.idioms = PatternSet(Pattern.parse(p, file.lists) for p in file.idioms)

    def reading(self, tokens: Sequence[str]) -> Reading:
        return Reading(self, tokens)


class Reading:
    """One message with the places of the cues, each found at most once."""

    def __init__(self, contexts: Contexts, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.contexts = contexts
        self._cues: dict[str, _Cues] = {}

    @cached_property
    def idioms(self) -> list[Span]:
        return self.contexts.idioms.spans(self.tokens, longest=True)

    @cached_property
    def present(self) -> list[Span]:
        return self.contexts.present.spans(self.tokens)

    def cues(self, name: str) -> _Cues:
        """The places of the cues of one context: before, after, anywhere, breaks."""
        if name not in self._cues:
            e = self.contexts.excuses[name]
            before, after, anywhere, breaks = (group.spans(self.tokens) for group in (e.before, e.after, e.anywhere, e.breaks))
            self._cues[name] = (before, after, anywhere, breaks)
        return self._cues[name]

    def excused(self, span: Span, names: Sequence[str], own_words: frozenset[str], parts: Sequence[Span] = ()) -> bool:
        """Whether a context in `names` (or a saying) excuses the mention at `span`.

        A negation inside one of the other `parts` of the same hit belongs to the danger itself: "no feeling in my groin".
        """
        if any((i.start <= span.start and span.end <= i.end) or i.start < span.end < i.end for i in self.idioms):
            return True
        if "negated" in names and any(t in NEGATORS and t not in own_words for t in self.tokens[span.start + 1 : span.end - 1]):
            return True
        return any(self._excused_by(name, span, parts) for name in names)

    def _excused_by(self, name: str, span: Span, parts: Sequence[Span]) -> bool:
        excuse = self.contexts.excuses[name]
        before, after, anywhere, breaks = self.cues(name)
        left, right = self._part(span, breaks)
        if name != "negated" and any(left <= p.start and p.end <= right for p in self.present):
            return False
        if any(left <= cue.start and cue.end <= right for cue in anywhere):
            return True
        for cue in before:
            inside = any(p != span and p.start <= cue.start and cue.end <= p.end for p in parts)
            in_front = left <= cue.start < span.start and cue.end <= span.start + (2 if name != "negated" else 0)
            if in_front and not inside and self._joined(excuse, cue, span):
                return True
        return any(span.end <= c.start <= span.end + excuse.after_reach and c.end <= right for c in after)

    def _joined(self, excuse: _Excuse, cue: Span, span: Span) -> bool:
        between = [t for t in self.tokens[cue.end : span.start] if t != PAUSE]
        if not excuse.carry:
            return len(between) <= excuse.reach
        paused = PAUSE in self.tokens[cue.end : span.start]
        after = self.tokens[span.end : span.end + 4]
        rest = after[: after.index(SENTENCE_END)] if SENTENCE_END in after else after
        in_list = not LIST_WORDS.isdisjoint((*self.tokens[cue.end : span.end], *rest))
        if in_list and len(between) <= excuse.reach + 5 and "i" not in between:
            return True
        return not paused and len(between) <= excuse.reach and all(t in excuse.carry for t in between)

    def _part(self, span: Span, breaks: Sequence[Span]) -> tuple[int, int]:
        """The stretch of the same sentence around `span`, cut at the nearest break on either side."""
        left, right = span.start, span.end
        while left > 0 and self.tokens[left - 1] != SENTENCE_END:
            left -= 1
        while right < len(self.tokens) and self.tokens[right] != SENTENCE_END:
            right += 1
        left = max([left, *(b.start for b in breaks if b.end <= span.start)])
        right = min([right, *(b.start for b in breaks if b.start >= span.end)])
        return left, right
