"""data/safety/exemplars.jsonl becomes data/safety/classifier.json: four logistic regressions and their thresholds.

    python training/safety_classifier.py            train, print cross-validated figures, write the file
    python training/safety_classifier.py --check    train and compare with the tracked file; exit 1 when it differs

Needs scikit-learn and the embedding model; the program itself reads the JSON with numpy alone. Deterministic: same
exemplars and model, same file. Columns of a row: text, crisis, symptom and advice (1, 0, null = not used),
topic (null = not used), source (hand, or pages: questions of the synthetic pages in training/). Phrasings of the
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bot.normalise import clean
from bot.topics import TOPICS, checksum
from ingest.embed import find_model, load_embeddings

SAFETY = Path(__file__).resolve().parent.parent / "data" / "safety"
FOLDS = 5
C = {"crisis": 10.0, "symptom": 10.0, "advice": 10.0, "topic": 20.0}  # inverse regularisation; not searched
FALSE_CRISES = 0.012  # share of all other exemplars that may be stopped as a crisis
FALSE_CRISIS_CARDS = 0.09  # share of them that may show the symptom card for it
FALSE_CARDS = 0.04  # share of non-symptom exemplars that may show the symptom card
FALSE_ADVICE = 0.06  # share of plain questions that may carry the advice notice
FALSE_OFF_TOPIC = 0.07  # share of plain procedure questions that may be called off topic: only asked when no page answers


def ordinary_questions() -> list[dict[str, object]]:
    """Every third phrasing of the reader's bank: what patients ask of a page, nothing of it a crisis, a symptom or off topic."""
    bank = Path(__file__).resolve().parent
    lines = [line for path in sorted(bank.glob("bank_*.txt")) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [line.replace("{p}", "the procedure").replace("{c}", "hip") for line in lines if line and not line.startswith("#")]
    topic = {"crisis": 0, "symptom": 0, "advice": None, "topic": "procedure", "source": "bank"}
    return [{"text": text, **topic} for text in texts[::3]]


def embed(texts: list[str]) -> NDArray[np.float32]:
    """Unit vectors, shape (n, 384), by the same pinned all-MiniLM-L6-v2 that the program uses."""
    return np.asarray(load_embeddings(find_model()).embed_documents(texts), dtype=np.float32)


def bar(probabilities: NDArray[np.float64], wanted: NDArray[np.bool_], false_share: float) -> float:
    """The smallest probability that keeps the share of false alarms at or under `false_share`."""
    negatives = np.sort(probabilities[~wanted])
    place = int(np.ceil(len(negatives) * (1 - false_share))) - 1
    return round(float(negatives[place]) + 1e-3, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare with the tracked file instead of writing")
    check = parser.parse_args().check
    rows = [json.loads(line) for line in (SAFETY / "exemplars.jsonl").read_text(encoding="utf-8").splitlines()]
    rows += ordinary_questions()
    hand = np.array([row["source"] != "bank" for row in rows])
    vectors = embed([clean(row["text"]) for row in rows])
    heads: dict[str, dict[str, object]] = {}
    thresholds: dict[str, float] = {}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for name, false_share in (("crisis", FALSE_CRISES), ("symptom", FALSE_CARDS), ("advice", FALSE_ADVICE)):
        used = np.array([row[name] is not None for row in rows])
        x, y = vectors[used], np.array([bool(row[name]) for row in rows])[used]
        model = LogisticRegression(C=C[name], max_iter=2000, class_weight="balanced")
        held = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
        hard = hand[used]
        thresholds[name] = bar(held[hard], y[hard], false_share)
        recall = float((held[y] >= thresholds[name]).mean())
        false = float((held[~y & hard] >= thresholds[name]).mean())
        ordinary = float((held[~hard] >= thresholds[name]).mean()) if (~hard).any() else 0.0
        print(f"{name}: of ordinary questions {ordinary:.4f}")
        print(f"{name}: {y.sum()} of {len(y)}; at {thresholds[name]} held-out recall {recall:.3f}, false {false:.3f}")
        if name == "crisis":
            thresholds["crisis_card"] = bar(held[hard], y[hard], FALSE_CRISIS_CARDS)
            print(f"crisis card: at {thresholds['crisis_card']} recall {(held[y] >= thresholds['crisis_card']).mean():.3f}")
        model.fit(x, y)
        heads[name] = {"weights": _short(model.coef_[0]), "bias": round(float(model.intercept_[0]), 5)}
    vectors = vectors[[row["topic"] is not None for row in rows]]
    topics = np.array([TOPICS.index(row["topic"]) for row in rows if row["topic"] is not None])
    model = LogisticRegression(C=C["topic"], max_iter=2000, class_weight="balanced")
    held = cross_val_predict(model, vectors, topics, cv=folds, method="predict_proba")
    off = 1 - held[:, TOPICS.index("procedure")]
    plain = np.array(
        [not row["symptom"] and not row["advice"] and row["source"] != "bank" for row in rows if row["topic"] is not None]
    )
    thresholds["topic"] = bar(off[plain], (topics != TOPICS.index("procedure"))[plain], FALSE_OFF_TOPIC)
    for at, name in enumerate(TOPICS):
        called = off[topics == at] >= thresholds["topic"]
        print(f"topic {name}: {(topics == at).sum()}; called outside our procedures {called.mean():.3f}")
    model.fit(vectors, topics)
    heads["topic"] = {
        "weights": [_short(row) for row in model.coef_],
        "bias": _short(model.intercept_),
        "classes": [TOPICS[int(at)] for at in model.classes_],
    }
    content: dict[str, object] = {
        "about": "made by training/safety_classifier.py; do not edit",
        "embedding": "all-MiniLM-L6-v2",
        "exemplars": len(rows),
        "heads": heads,
        "thresholds": thresholds,
    }
    content["sha256"] = checksum(content)
    target = SAFETY / "classifier.json"
    if not check:
        target.write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n", encoding="ascii")
        return
    same = _close(json.loads(target.read_text(encoding="ascii")), content)
    print("the tracked file is what the exemplars give" if same else f"{target} is out of date: run without --check")
    sys.exit(0 if same else 1)


def _short(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 4) for value in values]


def _close(tracked: dict[str, object], made: dict[str, object]) -> bool:
    """Equal up to the last digits, in which processors differ."""
    tracked_heads, made_heads = tracked["heads"], made["heads"]
    assert isinstance(tracked_heads, dict) and isinstance(made_heads, dict)
    return all(np.allclose(tracked_heads[n]["weights"], made_heads[n]["weights"], atol=0.01) for n in made_heads)


if __name__ == "__main__":
    main()
