"""One sentence embedding becomes probabilities: a wish to die, a symptom, asking for advice, and what the message is about."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.safety_data import SafetyDataError

DIMENSIONS = 384  # all-MiniLM-L6-v2
TOPICS = ("procedure", "off_topic", "smalltalk", "injection")


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities between 0 and 1; higher is more certain."""

    crisis: float
    symptom: float
    advice: float
    topics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which a head counts; chosen by training/safety_classifier.py on held-out folds."""

    crisis: float  # from here it stops
    crisis_card: float  # from here it shows the symptom card
    symptom: float
    advice: float
    topic: float


class Classifier:
    """Four logistic regressions over the same embedding: crisis, symptom, advice (yes or no each), topic (one of TOPICS)."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.weights = {name: np.asarray(head["weights"], dtype=np.float32) for name, head in content["heads"].items()}
        self.biases = {name: np.asarray(head["bias"], dtype=np.float32) for name, head in content["heads"].items()}
        self.topics: tuple[str, ...] = tuple(content["heads"]["topic"]["classes"])
        self.thresholds = Thresholds(**content["thresholds"])

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Raises SafetyDataError when the file is missing, malformed or does not match its checksum."""
        advice = "Run `python training/safety_classifier.py` or restore it from version control."
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stated = content.pop("sha256")
            if stated != checksum(content):
                raise SafetyDataError(f"{path}: the weights do not match their checksum. {advice}")
            loaded = cls(content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SafetyDataError(f"{path}: not a classifier file ({type(error).__name__}: {error}). {advice}") from error
        if any(w.shape[-1] != DIMENSIONS for w in loaded.weights.values()) or set(loaded.topics) != set(TOPICS):
            raise SafetyDataError(f"{path}: expected {DIMENSIONS} dimensions and the topics {TOPICS}. {advice}")
        return loaded

    def read(self, vector: NDArray[np.float32]) -> Reading:
        """`vector`: shape (384,), unit length, of the plain cleaned text."""
        if vector.shape != (DIMENSIONS,) or not np.isfinite(vector).all():
            raise ValueError(f"expected a finite vector of {DIMENSIONS} numbers, got shape {vector.shape}")
        scores = {name: self.weights[name] @ vector + self.biases[name] for name in self.weights}
        topic = np.exp(scores["topic"] - scores["topic"].max())
        topic = topic / topic.sum()
        return Reading(
            crisis=_sigmoid(scores["crisis"]),
            symptom=_sigmoid(scores["symptom"]),
            advice=_sigmoid(scores["advice"]),
            topics={name: float(p) for name, p in zip(self.topics, topic, strict=True)},
        )


def checksum(content: dict[str, Any]) -> str:
    """sha256 over the canonical JSON of everything but the checksum itself."""
    text = json.dumps({k: v for k, v in content.items() if k != "sha256"}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _sigmoid(score: NDArray[np.float32]) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(score, -30, 30)).item()))
