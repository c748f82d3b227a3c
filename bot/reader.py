"""A question and its hits become a reading: which passage answers, how surely, or that none does.

Late interaction (ColBERT: Khattab and Zaharia, SIGIR 2020) over the reader's token vectors, plus an intent layer: what
the question asks for against what each passage states. Trained on synthetic pages only (`training/`), so a new
clinic's page needs no training of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.types import Hit
from ingest.embed import Encoded, ReaderModel
from ingest.index import Index
from ingest.sentences import sentence_spans

SHARPNESS = 8.0  # of the soft minimum over the question's tokens; as trained
FLOOR = 0.02  # added to the intent match before the logarithm; as trained
TELLING = 0.3  # share of the best sentence's probability
ALONE = 0.7  # share of a follow-up's log-odds that it has by itself, decisions/0010


@dataclass(frozen=True, slots=True)
class Reading:
    """Hits with their probabilities, most probable first, and the probability that any of them answers."""

    hits: tuple[Hit, ...]
    answerable: float


class Reader:
    """Judges whether a page answers. `temperature` and `offset` calibrate `answerable` on pages not trained on."""

    def __init__(self, model: ReaderModel) -> None:
        self._model = model
        scale = model.config["scale"]
        use = frozenset(model.config["use"])
        self._late, self._min, self._pool, self._intent = (
            float(scale[name]) if name in use else 0.0 for name in ("late", "min", "pool", "intent")
        )
        self._none = float(model.config["none"])
        self._temperature = float(model.config.get("temperature", 1.0))
        self._offset = float(model.config.get("offset", 0.0))

    def read(self, question: str, index: Index, hits: Sequence[Hit], whole: str = "") -> Reading:
        """Costs one question encoding, two for a follow-up; every sentence was encoded at ingestion, and is read by itself.

        `whole` is the question with the one that it follows ("how long does *that* last"): it chooses the passage, but
        whether anything answers is judged by the question itself above all.
        """
        if not hits:
            return Reading((), 0.0)
        alone = self._judge(self._model.encode(question), index, hits)
        if whole in ("", question):
            return alone
        both = self._judge(self._model.encode(whole), index, hits)
        log_odds = ALONE * _log_odds(alone.answerable) + (1 - ALONE) * _log_odds(both.answerable)
        return Reading(both.hits, _probability(log_odds))

    def _judge(self, asked: Encoded, index: Index, hits: Sequence[Hit]) -> Reading:
        starts, ends = (index.sentences[[hit.number + more for hit in hits]] for more in (0, 1))
        numbers = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
        first = np.cumsum(ends - starts) - (ends - starts)  # of each hit, in `numbers`
        stated = index.states[numbers].astype(np.float64) @ asked.asks
        scores = self._scores(asked, stated, index, numbers)
        none = self._none + asked.absent
        peak = max(float(scores.max()), none)
        mass = np.exp(scores - peak)
        each = mass / (mass.sum() + np.exp(none - peak))
        read = [
            replace(hit, probability=float(own.sum()), stated=float(says.max()), sentences=tuple(own.tolist()))
            for hit, own, says in zip(hits, np.split(each, first[1:]), np.split(stated, first[1:]), strict=True)
        ]
        log_odds = float(np.log(mass.sum() + 1e-30) + peak - none)
        best_first = sorted(read, key=lambda hit: -hit.probability)
        return Reading(tuple(best_first), _probability((log_odds - self._offset) / self._temperature))

    def _scores(
        self, asked: Encoded, stated: NDArray[np.float64], index: Index, numbers: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(sentences,) the trained score of each."""
        tokens = [index.tokens(number) for number in numbers]
        starts = np.cumsum([0, *(len(one) for one in tokens[:-1])])
        similarity = asked.tokens.astype(np.float32) @ np.concatenate(tokens).astype(np.float32).T
        best = np.maximum.reduceat(similarity, starts, axis=1).T.astype(np.float64)  # (sentences, question tokens)
        weights = asked.weights / asked.weights.sum()
        mean = best @ weights
        soft = -np.log(np.exp(-SHARPNESS * best) @ weights + 1e-9) / SHARPNESS
        pooled = index.pooled[numbers] @ asked.pooled
        return np.asarray(
            self._late * mean + self._min * soft + self._pool * pooled + self._intent * np.log(stated + FLOOR), dtype=np.float64
        )


def telling(hit: Hit) -> tuple[str, ...]:
    """The sentences of a passage that answer: the best, and those TELLING as probable."""
    spans, bar = sentence_spans(hit.passage.text), TELLING * max(hit.sentences)
    return tuple(hit.passage.text[start:end] for (start, end), own in zip(spans, hit.sentences, strict=True) if own >= bar)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _log_odds(probability: float) -> float:
    """Kept finite at 0 and 1."""
    return math.log((probability + 1e-4) / (1 - probability + 1e-4))
