"""data/safety/exemplars.jsonl becomes data/safety/classifier.json: five support vector machines and their thresholds.

    python training/safety_classifier.py            train, print cross-validated figures, write the file
    python training/safety_classifier.py --check    train and compare with the tracked file; exit 1 when it differs

Needs scikit-learn and the embedding model; the program itself reads the JSON with numpy alone. Deterministic: same
exemplars and model, same file. Columns of a row: text, crisis, emergency, symptom and advice (1, 0, null = not used),
topic (procedure, or what else; null = not used), source (hand, or pages: questions of the synthetic pages in training/). Phrasings of the
reader's bank are added as ordinary questions; thresholds are set on the exemplars alone, which are harder.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bot.classifier import HEADS, checksum, packed
from bot.normalise import clean
from ingest.embed import find_model, load_embeddings

SAFETY = Path(__file__).resolve().parent.parent / "data" / "safety"
FOLDS = 5
C = 3.0  # inverse regularisation
GAMMA = 1.0  # of the kernel; 1 and 2 are alike, 4 is worse (decisions/0011)
# Head -> threshold -> the share of all other exemplars that may lie above it.
FALSE = {
    "crisis": {"crisis": 0.01, "crisis_card": 0.08},  # stops, shows the card
    "emergency": {"emergency": 0.02},  # stops; a third of the others are milder symptoms, the hardest there are
    "symptom": {"symptom": 0.04},  # shows the card
    "advice": {"advice": 0.06},  # carries the notice
    "outside": {"outside": 0.07},  # only asked when no page answers surely
}


def ordinary_questions() -> list[dict[str, object]]:
    """Every third phrasing of the reader's bank: what patients ask of a page, nothing of it a crisis, a symptom or off topic."""
    bank = Path(__file__).resolve().parent
    lines = [line for path in sorted(bank.glob("bank_*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [line.replace("{p}", "the procedure").replace("{c}", "hip") for line in lines if line and not line.startswith("#")]
    topic = {"crisis": 0, "emergency": 0, "symptom": 0, "advice": None, "topic": "procedure", "source": "bank"}
    return [{"text": text, **topic} for text in texts[::3]]


def embed(texts: list[str]) -> NDArray[np.float32]:
    """Unit vectors, shape (n, 384), by the same pinned all-MiniLM-L6-v2 that the program uses."""
    return np.asarray(load_embeddings(find_model(), Path("data/models")).embed_documents(texts), dtype=np.float32)


def bar(probabilities: NDArray[np.float64], wanted: NDArray[np.bool_], false_share: float) -> float:
    """The smallest probability that keeps the share of false alarms at or under `false_share`."""
    negatives = np.sort(probabilities[~wanted])
    place = int(np.ceil(len(negatives) * (1 - false_share))) - 1
    return round(float(negatives[place]) + 1e-3, 3)


def wanted_of(row: dict[str, object], head: str) -> bool | None:
    """What a head should say of an exemplar; None: not used for it."""
    value = row["topic"] if head == "outside" else row[head]
    return None if value is None else value != "procedure" if head == "outside" else bool(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare with the tracked file instead of writing")
    check = parser.parse_args().check
    rows = [json.loads(line) for line in (SAFETY / "exemplars.jsonl").read_text(encoding="utf-8").splitlines()]
    rows += ordinary_questions()
    hard = np.array([row["source"] != "bank" for row in rows])
    vectors = kept(embed([clean(row["text"]) for row in rows]))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    weights = np.zeros((len(HEADS), len(rows)))
    biases: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    for at, name in enumerate(HEADS):
        used = np.array([wanted_of(row, name) is not None for row in rows])
        x, y = vectors[used], np.array([bool(wanted_of(row, name)) for row in rows])[used]
        machine = SVC(C=C, gamma=GAMMA, class_weight="balanced")
        held = cross_val_predict(machine, x, y, cv=folds, method="decision_function")
        scale = LogisticRegression(C=1e6).fit(held[:, None], y)  # log-odds of a distance (Platt, 1999), on held-out folds
        slope, offset = float(scale.coef_[0, 0]), float(scale.intercept_[0])
        chance = 1 / (1 + np.exp(-(slope * held + offset)))
        plain = hard[used] & (np.array([not row["symptom"] and not row["advice"] for row in rows])[used] | (name != "outside"))
        for bar_name, share in FALSE[name].items():
            thresholds[bar_name] = bar(chance[plain], y[plain], share)
            groups = {"caught": y, "false": ~y & plain, "of ordinary questions": ~y & ~hard[used]}
            shares = {word: (chance[group] >= thresholds[bar_name]).mean() for word, group in groups.items() if group.any()}
            print(f"{bar_name}: {y.sum()} of {len(y)}; held out, from {thresholds[bar_name]} on:", end=" ")
            print(", ".join(f"{word} {share:.3f}" for word, share in shares.items()), flush=True)
        machine.fit(x, y)
        weights[at, np.flatnonzero(used)[machine.support_]] = slope * machine.dual_coef_[0]
        biases[name] = round(slope * float(machine.intercept_[0]) + offset, 5)
    support = np.flatnonzero(weights.any(axis=0))
    content: dict[str, object] = {
        "about": "made by training/safety_classifier.py; do not edit",
        "embedding": "all-MiniLM-L6-v2",
        "gamma": GAMMA,
        "exemplars": packed(quantised(vectors[support])),
        "heads": {
            name: {"weights": packed(weights[at, support].astype(np.float32)), "bias": biases[name]}
            for at, name in enumerate(HEADS)
        },
        "thresholds": thresholds,
    }
    content["sha256"] = checksum(content)
    print(f"{len(support)} of {len(rows)} exemplars are kept")
    target = SAFETY / "classifier.json"
    if not check:
        target.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n", encoding="ascii")
        return
    same = _close(json.loads(target.read_text(encoding="ascii")), content)
    print("the tracked file is what the exemplars give" if same else f"{target} is out of date: run without --check")
    sys.exit(0 if same else 1)


def quantised(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Each vector in steps of a 127th of its largest number; the length is made 1 again when it is read."""
    return np.round(vectors * 127 / np.abs(vectors).max(axis=1, keepdims=True)).astype(np.int8)


def kept(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors as the program will read them from the file."""
    read = quantised(vectors).astype(np.float32)
    return np.asarray(read / np.linalg.norm(read, axis=1, keepdims=True), dtype=np.float32)


def _close(tracked: dict[str, object], made: dict[str, object]) -> bool:
    """Equal thresholds up to the last digits, in which processors differ."""
    was, now = tracked["thresholds"], made["thresholds"]
    assert isinstance(was, dict) and isinstance(now, dict)
    return was.keys() == now.keys() and all(abs(was[name] - now[name]) < 0.01 for name in now)


if __name__ == "__main__":
    main()
