"""One sentence embedding becomes probabilities: a wish to die, an emergency, a symptom, asking for advice, outside our field."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.safety_data import SafetyDataError

DIMENSIONS = 384  # all-MiniLM-L6-v2
HEADS = ("crisis", "emergency", "symptom", "advice", "outside")


@dataclass(frozen=True, slots=True)
class Reading:
    """Probabilities between 0 and 1; higher is more certain."""

    crisis: float
    emergency: float
    symptom: float
    advice: float
    outside: float  # nothing that a page about a procedure could answer


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities from which a head counts; chosen by training/safety_classifier.py on held-out folds."""

    crisis: float  # from here it stops
    crisis_card: float  # from here it shows the symptom card
    emergency: float  # from here it stops
    symptom: float
    advice: float
    outside: float


class Classifier:
    """Five support vector machines (Cortes and Vapnik, Machine Learning 20, 1995) over the same embedding and the same exemplars.

    A message is compared with every exemplar that matters: the kernel is exp(-gamma |x - y|²). A head is a weighted sum of
    these, as log-odds. A straight line through the same space missed twice as many (decisions/0011).
    """

    def __init__(self, content: dict[str, Any]) -> None:
        exemplars = _numbers(content["exemplars"], np.int8).reshape(-1, DIMENSIONS).astype(np.float32)
        self._exemplars = exemplars / np.linalg.norm(exemplars, axis=1, keepdims=True)
        self._weights = np.stack([_numbers(content["heads"][name]["weights"], np.float32) for name in HEADS])
        self._biases = np.array([content["heads"][name]["bias"] for name in HEADS], dtype=np.float32)
        self._gamma = float(content["gamma"])
        self.thresholds = Thresholds(**content["thresholds"])

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Raises SafetyDataError when the file is missing, malformed or does not match its checksum."""
        advice = "Run `make classifier` or restore it from version control."
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stated = content.pop("sha256")
            if stated != checksum(content):
                raise SafetyDataError(f"{path}: the weights do not match their checksum. {advice}")
            return cls(content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SafetyDataError(f"{path}: not a classifier file ({type(error).__name__}: {error}). {advice}") from error

    def read(self, vector: NDArray[np.float32]) -> Reading:
        """`vector`: shape (384,), unit length, of the plain cleaned text. About 1 ms."""
        if vector.shape != (DIMENSIONS,) or not np.isfinite(vector).all():
            raise ValueError(f"expected a finite vector of {DIMENSIONS} numbers, got shape {vector.shape}")
        alike = np.exp(2 * self._gamma * (self._exemplars @ vector - 1))  # |x - y|² = 2 - 2 x·y for unit vectors
        log_odds = np.clip(self._weights @ alike + self._biases, -30, 30)
        return Reading(*(float(p) for p in 1 / (1 + np.exp(-log_odds))))


def checksum(content: dict[str, Any]) -> str:
    """sha256 over the canonical JSON of everything but the checksum itself."""
    text = json.dumps({k: v for k, v in content.items() if k != "sha256"}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def packed(numbers: NDArray[Any]) -> str:
    """How the file holds an array; `_numbers` reads it."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode("ascii")


def _numbers(text: str, kind: type[Any]) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=kind)
