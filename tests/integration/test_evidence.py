"""One command writes a folder that shows what is published and that the lists hold, and says loudly what does not."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot import evidence, switch
from bot.__main__ import main
from bot.faq import Faq
from bot.pack import _fitting
from bot.settings import Settings
from bot.tables import EvidenceRow, TurnRow, open_engine
from bot.types import Question
from ingest import audit
from ingest.versions import Versions
from tests.conftest import ROOT

LABELLED = ROOT / "tests" / "quality" / "followups.jsonl"


@pytest.fixture
def data(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAQ_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FAQ_INDEX_DIR", str(own_index))
    return tmp_path / "data"


def pack(out: Path, *more: str) -> int:
    return main(["evidence", "--out", str(out), "--labelled", str(LABELLED), *more])


def old_turn(journal: str, days: int, question: str) -> None:
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    values = dict.fromkeys((column.name for column in TurnRow.__table__.columns), "") | {
        "number": days, "id": f"r{days}", "at": at, "question": question, "confidence": 0.0, "seconds": 0.0,
    }  # fmt: skip
    empty = {"number": days, "text": "", "choices": "[]", "sentences": "[]", "citations": "[]", "passages": "[]"}
    db = open_engine(journal)
    with db.begin() as connection:
        connection.execute(insert(TurnRow), [values])
        connection.execute(insert(EvidenceRow), [empty])
    db.dispose()


def test_the_folder_holds_every_part_and_its_seal_is_right(data: Path, own_index: Path, tmp_path: Path) -> None:
    faq = Faq.open(Settings(index_dir=own_index, data_dir=data), with_journal=True)
    question = "how long does it take"
    faq.journal.record(id="r1", session="s1", question=question, reply=faq.ask(Question(question)), seconds=0.1)
    faq.close()
    switch.close(data, own_index, "adam", "<b>moving</b>")
    out = tmp_path / "evidence"
    assert pack(out) == 0
    found = json.loads((out / "evidence.json").read_text())
    version = Versions(own_index).current()
    assert [(one["manifest"]["id"], one["current"], one["problem"]) for one in found["versions"]] == [(version, True, "")]
    assert json.loads((out / "manifests" / f"{version}.json").read_text())["id"] == version
    assert found["embedding"]["sha256"] == found["versions"][0]["manifest"]["embedding"]["sha256"]
    assert {"reader/reader.onnx", "safety/red_flags.yaml", "safety/classifier.json"} <= found["files"].keys()
    (figures,) = found["figures"]
    assert (figures["file"], figures["report"]["rows"] > 0) == (LABELLED.name, True)
    assert len(found["hazards"]) >= 13
    assert found["audit"]["problems"] == []
    assert found["rows"][-1]["why"] == "<b>moving</b>"
    assert [(one["holds"], bool(one["oldest"])) for one in found["retention"]] == [(True, True), (True, True)]
    assert found["problems"] == []
    page = (out / "index.html").read_text()
    assert version
    assert all(part in page for part in (version, "Missed emergency", "&lt;b&gt;moving", "Every proof on this page holds."))
    assert "<b>moving" not in page
    assert question not in page
    lines = [line.split("  ") for line in (out / "SHA256SUMS").read_text().splitlines()]
    sums = {name: sha256 for sha256, name in lines}
    assert sums == {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }


def test_only_labelled_files_about_what_is_published_are_asked(own_index: Path) -> None:
    chosen = {path.name for path in _fitting(Versions(own_index))}
    assert {"clinic.jsonl", "followups.jsonl", "safety.jsonl"} <= chosen
    assert not any(name.startswith("synthetic") for name in chosen)


def test_old_evidence_is_never_written_over(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "index.html").write_text("earlier")
    assert pack(tmp_path / "evidence") == 1
    assert "not empty" in capsys.readouterr().err


def test_what_does_not_hold_is_said_and_makes_the_command_fail(
    data: Path, own_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.record(own_index, "ann", "publish", "first")
    path = own_index / "AUDIT.jsonl"
    path.write_text(path.read_text().replace("first", "never"))
    data.mkdir()
    old_turn(f"sqlite:///{data / 'journal.sqlite'}", 40, "words kept too long")
    junit = tmp_path / "junit.xml"
    name = "test_every_rule_matches_its_examples_and_not_its_counter_examples"
    junit.write_text(
        f'<testsuite><testcase classname="tests.unit.test_triage" name="{name}[a]"><failure/></testcase></testsuite>'
    )
    assert pack(tmp_path / "evidence", "--tests", str(junit)) == 1
    said = capsys.readouterr().err
    assert "was altered" in said
    assert "redacted questions and sessions since" in said
    assert f"H1: tests/unit/test_triage.py {name}: failed." in said
    page = (tmp_path / "evidence" / "index.html").read_text()
    assert "What does not hold" in page
    assert "words kept too long" not in page


def test_words_that_were_forgotten_in_time_hold_and_their_evidence_has_longer(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    old_turn(settings.journal, 40, "")
    db = open_engine(settings.journal)
    now = datetime.now(UTC)
    assert [(one.what.split()[0], one.holds, bool(one.oldest)) for one in evidence.retention(db, settings, now)] == [
        ("redacted", True, False),
        ("replies", True, True),
    ]
    later = evidence.retention(db, settings, now + timedelta(days=330))
    assert [one.holds for one in later] == [True, False]
    db.dispose()


def test_an_altered_version_is_named(own_index: Path) -> None:
    versions = Versions(own_index)
    current = versions.current()
    assert current
    (versions.path(current) / "vectors.npy").write_bytes(b"")
    assert [one.problem for one in evidence.published(versions)] == ["Its files are not as they were published."]


def test_no_password_of_an_address_is_shown(tmp_path: Path) -> None:
    shown = evidence.public(Settings(data_dir=tmp_path, journal_url="postgresql://clinic:s3cret@db/journal"))
    assert "s3cret" not in str(shown)
    assert shown["FAQ_JOURNAL_URL"] == "postgresql://clinic:***@db/journal"
    assert shown["FAQ_RETENTION_DAYS"] == "30"
