"""A patient's raw message becomes an Assessment: how dangerous, advice or not, our field or not, in which language.

Order: normalise -> crisis -> emergency -> urgent rules -> classifier (crisis, emergency, symptom) -> advice -> outside our field. Rules need
no model; an exception anywhere inside becomes at least Level.SYMPTOM, never an error and never NONE.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.classifier import Classifier
from bot.classifier import Reading as Odds
from bot.context import Contexts, Reading
from bot.language import Language, Languages
from bot.normalise import MAX_CLEAN, MAX_RULES, Speller, clean, tokens
from bot.pattern import PatternError
from bot.rules import RuleBook
from bot.safety_data import ContextFile, SafetyDataError, checked
from bot.vocabulary import Vocabulary

Embed = Callable[[str], NDArray[np.float32]]
# Probability of a report, symptom or emergency, below which the hit of a rule, other than a crisis, is taken for a question: the card
# stands above the answer instead of in its place. Of 326 messages that such rules rightly stop none lies below, of 13 others 8.
REPORTED = 0.01
STRANGE = 0.8  # probability from which even a wish for advice is about something else: "should I buy bitcoin"
BRIEF = 45  # words; a report in a longer story hardly moves the embedding, so there the rule stands
log = logging.getLogger(__name__)


class Level(IntEnum):
    """Higher is more dangerous. URGENT and above stop before any search; SYMPTOM shows a card above the answer."""

    NONE = 0
    SYMPTOM = 1
    URGENT = 2
    EMERGENCY = 3
    CRISIS = 4


LEVELS = {"crisis": Level.CRISIS, "emergency": Level.EMERGENCY, "urgent": Level.URGENT, "symptom": Level.SYMPTOM}


@dataclass(frozen=True, slots=True)
class Assessment:
    level: Level
    rule: str | None  # the rule that set the level; "classifier" or "failure" when none did
    advice: bool  # the patient wants a personal decision
    outside: bool  # nothing that a page about a procedure could answer
    language: Language
    normalised: str  # cleaned text, at most MAX_CLEAN characters: what is embedded and searched


@dataclass(frozen=True, slots=True)
class Triage:
    """Pure once loaded: the same message and embedding always give the same Assessment."""

    red_flags: RuleBook
    advice: RuleBook
    contexts: Contexts
    speller: Speller
    classifier: Classifier
    languages: Languages

    @classmethod
    def load(cls, folder: Path) -> Triage:
        """Reads data/safety and checks every rule's own examples. Raises SafetyDataError naming file and line."""
        red_flags, advice = RuleBook.load(folder / "red_flags.yaml"), RuleBook.load(folder / "advice.yaml")
        for rule in red_flags.rules:
            if rule.band not in LEVELS:
                raise SafetyDataError(f"{red_flags.path}:{rule.line}: rule {rule.id}: unknown band “{rule.band}”.")
        context_file, _ = checked(folder / "context.yaml", ContextFile)
        try:
            contexts = Contexts(context_file)
        except PatternError as error:
            raise SafetyDataError(f"{folder / 'context.yaml'}: {error}") from error
        vocabulary = Vocabulary.load(folder)
        words = [*red_flags.words(), *advice.words()]
        exact = {w.text for w in words if not w.prefix}
        heads = tuple({w.text for w in words if w.prefix and len(w.text) > 3})
        forms = {word for word in vocabulary.words if word.startswith(heads)}
        speller = Speller(exact | forms, heads, vocabulary.knows, context_file.typos)
        classifier = Classifier.load(folder / "classifier.json")
        triage = cls(
            red_flags,
            advice,
            contexts,
            speller,
            classifier,
            Languages([*context_file.spanish, *vocabulary.spanish_only], vocabulary.is_english),
        )
        if problems := triage.check_examples():
            raise SafetyDataError("\n".join(problems))
        return triage

    def check_examples(self) -> list[str]:
        """One line per example that its own rule gets wrong; empty when all is well."""
        problems = []
        for book, is_red in ((self.red_flags, True), (self.advice, False)):
            for rule in {r.id: r for r in book.rules}.values():
                for text in rule.must_match:
                    said = self._read(text)
                    reached = self._level(said)[0] >= LEVELS[rule.band] if is_red else self._wants_advice(said)
                    if not reached:
                        problems.append(f"{book.path}:{rule.line}: rule {rule.id} must match “{text}” and does not.")
                for text in rule.must_not_match:
                    hit = rule.id in self.rule_ids(text, book)
                    if hit:
                        problems.append(f"{book.path}:{rule.line}: rule {rule.id} must not match “{text}” and does.")
        return problems

    def assess(self, text: str, embedding: Embed | None) -> Assessment:
        """Never raises. `embedding` gets the cleaned text and gives a unit vector of 384 numbers; None: rules only."""
        try:
            return self._assess(text, embedding)
        except Exception as error:  # noqa: BLE001 - fail-safe by contract: the card, never an answer without it
            log.error("triage failed: %s", type(error).__name__)
            kept = text[:MAX_CLEAN] if isinstance(text, str) else ""
            return Assessment(Level.SYMPTOM, "failure", True, False, "en", kept)

    def rule_ids(self, text: str, book: RuleBook) -> set[str]:
        said = self._read(text)
        return {rule.id for rule in book.hits(said.tokens, said)}

    def _assess(self, text: str, embedding: Embed | None) -> Assessment:
        normalised = clean(text)
        said = self._read(text)
        level, rule = self._level(said)
        advice = self._wants_advice(said)
        language = self.languages.of(normalised)
        outside = False
        try:
            if embedding is not None and normalised:
                reading = self.classifier.read(embedding(normalised))
                bars = self.classifier.thresholds
                # "dying to know", "I am not suicidal": then the classifier alone does not stop, it shows the card
                excused = bool(said.idioms) or self.red_flags.mentions(said.tokens, "crisis")
                if reading.crisis >= bars.crisis and level < Level.CRISIS and not excused and language == "en":
                    level, rule = Level.CRISIS, "classifier"
                elif reading.emergency >= bars.emergency and level < Level.EMERGENCY and language == "en":
                    level, rule = Level.EMERGENCY, "classifier"
                elif level in (Level.URGENT, Level.EMERGENCY) and language == "en" and self._asks(reading, normalised):
                    level = Level.SYMPTOM  # "got a tooth abscess, can they still do it" asks and reports nothing new
                elif level is Level.NONE and (reading.symptom >= bars.symptom or reading.crisis >= bars.crisis_card):
                    level, rule = Level.SYMPTOM, "classifier"
                advice = advice or reading.advice >= bars.advice
                if language == "en" and level is Level.NONE:  # the exemplars are English; a symptom is never waved away
                    advice = advice and reading.outside < STRANGE
                    outside = reading.outside >= bars.outside and not advice
        except Exception as error:  # noqa: BLE001 - the rules' verdict stands, raised to the card
            log.error("the classifier failed: %s", type(error).__name__)
            level, rule = max((level, rule), (Level.SYMPTOM, "failure"), key=lambda pair: pair[0])
        return Assessment(level, rule, advice, outside, language, normalised)

    def _asks(self, found: Odds, text: str) -> bool:
        return max(found.symptom, found.emergency) < REPORTED and len(text.split()) <= BRIEF

    def _read(self, text: str) -> Reading:
        words = self.speller.mend(tokens(clean(text, MAX_RULES)))
        return self.contexts.reading(words)

    def _level(self, said: Reading) -> tuple[Level, str | None]:
        hits = list(self.red_flags.hits(said.tokens, said))
        if not hits:
            return Level.NONE, None
        worst = max(hits, key=lambda rule: LEVELS[rule.band])
        return LEVELS[worst.band], worst.id

    def _wants_advice(self, said: Reading) -> bool:
        return any(True for _ in self.advice.hits(said.tokens, said))
