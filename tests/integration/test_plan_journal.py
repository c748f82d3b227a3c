"""What patients ask through the chat stands, with its new answer, in the plan of the next publish."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.__main__ import main as chat
from ingest.__main__ import main as ingest
from tests.conftest import CLINIC

OFTEN = "how many minutes will the procedure take"
ONCE = "what are the serious risks"


def test_a_question_that_patients_ask_most_is_shown_with_its_changed_answer(
    own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAQ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FAQ_INDEX_DIR", str(own_index))
    for question in (OFTEN, ONCE, OFTEN):
        assert chat(["ask", question, "--procedure", "si-joint-fusion", "--journal"]) == 0
    documents = Path(shutil.copytree(CLINIC, tmp_path / "procedures"))
    page = documents / "si-joint-fusion.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("45 to 90 minutes", "50 to 95 minutes"), encoding="utf-8")
    capsys.readouterr()
    assert ingest(["plan", "--json", "--documents", str(documents), "--index", str(own_index)]) == 0
    outcome = json.loads(capsys.readouterr().out)
    (changed,) = [one for one in outcome["answers"] if one["question"] == OFTEN]
    assert (changed["asked"], changed["lost"]) == (2, False)
    assert ("45 to 90" in changed["before"]["text"], "50 to 95" in changed["after"]["text"]) == (True, True)
    assert ONCE not in [one["question"] for one in outcome["answers"]], "its answer does not change"
