"""A checked rules file becomes a RuleBook: word tokens in, the rules that hit out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product
from pathlib import Path

from bot.context import PatternSet, Reading
from bot.pattern import SENTENCE_END, Pattern, PatternError, Span, Word
from bot.safety_data import RulesFile, SafetyDataError, checked, line_of

MAX_COMBINATIONS = 2_000  # of places per rule; only a message that repeats the same words hundreds of times has more
EXCUSES = ("negated", "past", "hypothetical", "question")


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    band: str
    unless: tuple[str, ...]
    within: int | None  # words; None: anywhere in the message
    groups: tuple[tuple[int, ...], ...]  # places in the book's pattern list, one group per part that must be there
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]
    line: int


class RuleBook:
    """All rules of one file. `hits` is pure and never looks at anything but the tokens."""

    def __init__(self, path: Path, rules: Sequence[Rule], patterns: Sequence[Pattern]) -> None:
        self.path, self.rules = path, tuple(rules)
        self.found = PatternSet(patterns)
        self.own_words = [frozenset(w.text for w in p.words()) for p in patterns]

    @classmethod
    def load(cls, path: Path) -> RuleBook:
        """Raises SafetyDataError with file and line."""
        file, lines = checked(path, RulesFile)
        patterns: list[Pattern] = []
        rules: list[Rule] = []

        def parse(texts: Sequence[str], place: str) -> tuple[int, ...]:
            for at, text in enumerate(texts):
                try:
                    patterns.append(Pattern.parse(text, file.lists))
                except PatternError as error:
                    raise SafetyDataError(f"{path}:{line_of(lines, f'{place}.{at}')}: {error}") from error
            return tuple(range(len(patterns) - len(texts), len(patterns)))

        for at, row in enumerate(file.rules):
            place = f"rules.{at}"
            line = line_of(lines, place)
            if unknown := set(row.unless or ()) - set(EXCUSES):
                raise SafetyDataError(f"{path}:{line}: rule {row.id}: unknown context {sorted(unknown)}; known: {EXCUSES}.")
            if any(rule.id == row.id and rule.band != row.band for rule in rules):
                raise SafetyDataError(f"{path}:{line}: rule id {row.id} is used twice.")
            unless = row.unless if row.unless is not None else EXCUSES if row.band != "advice" else ()
            within = None if row.within == "message" else int(row.within)
            examples = (row.must_match, row.must_not_match, line)
            if row.together:
                groups = tuple(parse(group, f"{place}.together.{i}") for i, group in enumerate(row.together))
                rules.append(Rule(row.id, row.band, unless, within, groups, *examples))
            if row.patterns:
                rules.append(Rule(row.id, row.band, unless, 0, (parse(row.patterns, f"{place}.patterns"),), *examples))
            if not row.together and not row.patterns:
                raise SafetyDataError(f"{path}:{line}: rule {row.id} has neither patterns nor together.")
        return cls(path, rules, patterns)

    def words(self) -> Iterator[Word]:
        for pattern in self.found.patterns:
            yield from pattern.words()

    def hits(self, tokens: Sequence[str], reading: Reading) -> Iterator[Rule]:
        """The rules with at least one mention that no context excuses, in the file's order."""
        candidates = self.found.candidates(set(tokens))
        spans: dict[int, list[Span]] = {}
        for rule in self.rules:
            if any(candidates.isdisjoint(group) for group in rule.groups):
                continue
            if self._hit(rule, candidates, spans, tokens, reading):
                yield rule

    def mentions(self, tokens: Sequence[str], band: str) -> bool:
        """Whether words of a one-part rule of this band stand there at all, in whatever context."""
        candidates = self.found.candidates(set(tokens))
        singles = {at for rule in self.rules if rule.band == band and len(rule.groups) == 1 for at in rule.groups[0]}
        return any(next(self.found.patterns[at].spans(tokens), None) is not None for at in candidates & singles)

    def _hit(
        self, rule: Rule, candidates: set[int], spans: dict[int, list[Span]], tokens: Sequence[str], reading: Reading
    ) -> bool:
        parts: list[list[tuple[Span, frozenset[str]]]] = []
        for group in rule.groups:
            found = []
            for at in candidates.intersection(group):
                if at not in spans:
                    spans[at] = list(self.found.patterns[at].spans(tokens))
                found += [(span, self.own_words[at]) for span in spans[at]]
            if not found:
                return False
            parts.append(found)
        for chosen in islice(product(*parts), MAX_COMBINATIONS):
            places = [span for span, _ in chosen]
            near = len(parts) == 1 or rule.within is None or _close(places, rule.within, tokens)
            if near and not any(reading.excused(span, rule.unless, own, places) for span, own in chosen):
                return True
        return False


def _close(chosen: Sequence[Span], within: int, tokens: Sequence[str]) -> bool:
    """All parts in one sentence, with at most `within` words between the end of one and the start of the next."""
    ordered = sorted(chosen, key=lambda span: span.start)
    for left, right in pairwise(ordered):
        if right.start - left.end > within or SENTENCE_END in tokens[left.end : right.start]:
            return False
    return True
