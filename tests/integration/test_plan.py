"""What a publish would change is seen before it happens, answers included; what must not be lost refuses; all is recorded."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import audit, pipeline, withdrawn
from ingest.__main__ import main
from ingest.answers import Question, Shown
from ingest.asking import AskingFailed, ask, most_asked
from ingest.index import Index
from ingest.pipeline import Outcome, Override, Places, Wishes
from ingest.stored import read_outlines
from ingest.versions import Versions
from tests.conftest import CLINIC, ROOT, places

PAGE = "si-joint-fusion.txt"
GOLDEN = {"question": "how long does it take", "document": "si-joint-fusion", "section": ["Procedure Details", "Duration"]}


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CLINIC, tmp_path / "procedures"))


@pytest.fixture
def clinic(own_index: Path, documents: Path, tmp_path: Path) -> Places:
    golden = tmp_path / "golden.jsonl"
    golden.write_text(json.dumps(GOLDEN) + "\n")
    return replace(places(documents, own_index), golden=golden)


def by_words(index: Path, questions: Sequence[Question]) -> list[Shown]:
    """An asker without a model: every passage of the golden section that speaks of minutes is the answer."""
    version = Versions(index).current()
    assert version is not None
    outlines = read_outlines(Versions(index).path(version))
    found = [p for one in outlines for p in one.passages if "minutes" in p.text]
    text = " ".join(p.text for p in found)
    return [Shown("answered" if found else "not_covered", text, tuple((p.document, p.path) for p in found)) for _ in questions]


def change(where: Places, old: str, new: str) -> None:
    path = where.documents / PAGE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def current(where: Places) -> str | None:
    return Versions(where.index).current()


def publish(where: Places, **wishes: object) -> Outcome:
    return pipeline.publish(where, wishes=Wishes(**{"who": "Ana", "ask": by_words, **wishes}))  # type: ignore[arg-type]


def codes(outcome: Outcome) -> set[str]:
    return {problem.code for problem in outcome.problems if problem.level == "error"}


def test_a_plan_shows_the_words_and_the_answers_that_change_and_changes_nothing(clinic: Places) -> None:
    before = current(clinic)
    change(clinic, "45 to 90 minutes", "50 to 95 minutes")
    outcome = pipeline.plan(clinic, by_words)
    assert [(one.section, one.action) for one in outcome.sections] == [(("Procedure Details", "Duration"), "changed")]
    assert [run for run in outcome.sections[0].words if run[0] != "same"][:2] == [("removed", "45"), ("added", "50")]
    (answer,) = outcome.answers
    assert ("45 to 90" in answer.before.text, "50 to 95" in answer.after.text, answer.lost) == (True, True, False)
    assert (outcome.refused, current(clinic), list(clinic.index.glob("staging-*"))) == (False, before, [])


def test_a_lost_golden_question_refuses_until_somebody_overrides_it_by_name(clinic: Places) -> None:
    before = current(clinic)
    change(clinic, "typically takes about 45 to 90 minutes and ", "")
    refused = publish(clinic)
    assert (refused.refused, codes(refused), refused.answers[0].lost) == (True, {"lost-answer"}, True)
    assert (current(clinic), list(clinic.index.glob("staging-*"))) == (before, [])
    done = publish(clinic, override=Override("Dr. Bo", "The times are being reviewed."))
    assert done.version == current(clinic) != before
    row = audit.rows(clinic.index)[-1]
    assert (row["who"], row["what"], row["why"]) == ("Dr. Bo", "override", "The times are being reviewed.")
    assert row["details"]["lost"] == [GOLDEN["question"]]
    assert audit.verify(clinic.index).problems == ()


def test_documents_that_shrink_by_more_than_a_fifth_refuse(clinic: Places) -> None:
    text = (clinic.documents / PAGE).read_text(encoding="utf-8")
    (clinic.documents / PAGE).write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    assert codes(publish(clinic)) == {"shrinks"}


def test_questions_that_cannot_be_asked_refuse(clinic: Places) -> None:
    def broken(index: Path, questions: Sequence[Question]) -> list[Shown]:
        raise AskingFailed("The chat is not installed.")

    change(clinic, "45 to 90 minutes", "50 to 95 minutes")
    assert codes(publish(clinic, ask=broken)) == {"not-asked"}


def test_what_patients_asked_most_is_asked_again_and_told_with_its_count(clinic: Places) -> None:
    known = str(GOLDEN["question"])
    asked = [Question("how many hours is it", "si-joint-fusion", asked=7), Question(known, "si-joint-fusion", asked=3)]
    change(clinic, "45 to 90 minutes", "50 to 95 minutes")
    outcome = pipeline.plan(replace(clinic, asked=lambda: asked), by_words)
    assert [(one.question, one.asked) for one in outcome.answers] == [("how many hours is it", 7), (known, 0)]


def test_a_journal_that_cannot_be_read_is_said_and_refuses_nothing(clinic: Places) -> None:
    def broken() -> list[Question]:
        raise AskingFailed("The journal is damaged.")

    change(clinic, "45 to 90 minutes", "50 to 95 minutes")
    outcome = pipeline.plan(replace(clinic, asked=broken), by_words)
    assert (outcome.refused, outcome.asked) == (False, 1)
    assert any("journal is damaged" in problem.message for problem in outcome.problems)


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ('print(\'[{"question": "May I eat?", "procedure": "", "asked": 4, "patients": 2}]\')', ["May I eat?"]),
        ("print('[]')", []),
        ("raise SystemExit(2)", []),
        ("print('nonsense')", None),
        ("raise SystemExit('no journal')", None),
    ],
)
def test_the_journals_questions_come_from_the_chats_command(
    script: str, texts: list[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program in the place of the chat: what is under test is what is made of its words."""
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    if texts is None:
        with pytest.raises(AskingFailed, match="journal's questions"):
            most_asked()
    else:
        assert [one.text for one in most_asked()] == texts


def test_keep_going_publishes_the_rest_and_the_last_good_text_of_a_bad_document(clinic: Places) -> None:
    (clinic.documents / "other-page.md").write_text("# Other Page\n\n## Duration\n\nThis synthetic page says 3 minutes.\n")
    assert publish(clinic).version
    (clinic.documents / PAGE).write_bytes(b"\x00\x01")
    change_other = clinic.documents / "other-page.md"
    change_other.write_text(change_other.read_text().replace("3 minutes", "4 minutes"))
    assert codes(publish(clinic)) == {"not-text"}
    done = publish(clinic, keep_going=True)
    assert done.version and any("LAST GOOD TEXT" in problem.hint for problem in done.problems)
    texts = {one.document.slug: one.document.text for one in read_outlines(Versions(clinic.index).path(done.version))}
    assert "45 to 90 minutes" in texts["si-joint-fusion"] and "4 minutes" in texts["other-page"]
    assert codes(publish(clinic)) == {"not-text"}, "the bad file is told again, not forgotten"
    index = Index(Versions(clinic.index).path(done.version), Versions(clinic.index).manifest(done.version))
    index.close()


def test_a_withdrawn_section_comes_back_with_its_new_text(clinic: Places) -> None:
    base = ["--index", str(clinic.index), "--documents", str(clinic.documents)]
    assert main(["withdraw", "si-joint-fusion#duration", "--reason", "wrong", "--by", "Ana", *base]) == 0
    assert [one.section for one in withdrawn.read(clinic.index)] == [("Procedure Details", "Duration")]
    change(clinic, "45 to 90 minutes", "50 to 95 minutes")
    assert publish(clinic).version
    assert withdrawn.read(clinic.index) == ()
    assert [row["what"] for row in audit.rows(clinic.index)][-3:] == ["withdraw", "publish", "restore"]
    assert main(["audit", *base]) == 0


def test_an_altered_audit_list_is_said_by_the_command(clinic: Places, capsys: pytest.CaptureFixture[str]) -> None:
    audit.record(clinic.index, "Ana", "publish")
    path = clinic.index / "AUDIT.jsonl"
    path.write_text(path.read_text().replace("Ana", "Eve"))
    assert main(["audit", "--index", str(clinic.index)]) == 1
    assert "altered" in capsys.readouterr().out


def test_override_without_a_reason_is_wrong_usage(clinic: Places) -> None:
    assert main(["publish", "--override", "Ana", "--index", str(clinic.index)]) == 2


def test_the_check_report_is_written(clinic: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    assert main(["check", "--json", "--report", str(report), "--documents", str(clinic.documents)]) == 0
    assert {"matrix", "reading", "problems"} <= json.loads(capsys.readouterr().out).keys()
    assert "SI Joint Fusion" in report.read_text(encoding="utf-8")


def test_the_chat_itself_can_be_asked(clinic: Places) -> None:
    (shown,) = ask(
        clinic.index, [Question("How long does the procedure take?", "si-joint-fusion", ("Procedure Details", "Duration"))]
    )
    assert (shown.status, "45 to 90 minutes" in shown.text) == ("answered", True)
    assert (ROOT / "data" / "golden.jsonl").exists()
