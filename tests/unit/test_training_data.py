"""What is trained on is not what is measured with: no near copies."""

from __future__ import annotations

import json
from pathlib import Path

from rapidfuzz import fuzz, process

from tests.conftest import ROOT

SHORT = 18  # characters; "how much does it cost" is everybody's, shorter ones even more so
ALIKE = 85  # of 100, by edits


def labelled(folder: Path) -> list[str]:
    """What every labelled row asks, in lower case."""
    rows = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [words.lower() for row in rows if (words := row.get("question") or row.get("text"))]


def test_no_safety_exemplar_is_a_near_copy_of_a_question_of_the_quality_sets() -> None:
    kept = [json.loads(line)["text"].lower() for line in (ROOT / "data/safety/exemplars.jsonl").read_text().splitlines()]
    asked = labelled(ROOT / "tests" / "quality")
    assert len(asked) > 1500
    found = {text: process.extractOne(text, asked, scorer=fuzz.ratio, score_cutoff=ALIKE) for text in kept if len(text) >= SHORT}
    assert {text: near[0] for text, near in found.items() if near} == {}
