"""The engine with real models: what a patient is shown, and what happens when parts of it are gone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.faq import Faq
from bot.rows import to_row
from bot.settings import Settings, load_settings
from bot.types import Answer, Escalation, NoAnswer, Notice, Question, Reason, Turn, Unavailable
from ingest import pipeline
from ingest.versions import Versions
from tests.conftest import CLINIC, ROOT, places


def settings_for(index: Path) -> Settings:
    return load_settings().model_copy(update={"index_dir": index, "data_dir": index.parent})


@pytest.fixture(scope="module")
def faq(clinic_index: Path) -> Iterator[Faq]:
    engine = Faq.open(settings_for(clinic_index))
    yield engine
    engine.close()


def test_the_risks_are_shown_as_the_whole_list_with_both_labels(faq: Faq) -> None:
    reply = faq.ask(Question("What are the risks?"))
    assert isinstance(reply, Answer)
    assert [citation.section[-1] for citation in reply.citations] == ["Common Side Effects", "Serious Risks"]


def test_driving_again_is_not_answered_with_the_ride_home(faq: Faq) -> None:
    reply = faq.ask(Question("when can i drive again"))
    assert isinstance(reply, NoAnswer)
    assert reply.choices
    assert all(isinstance(faq.ask(Question(choice.question, choice.procedure)), Answer) for choice in reply.choices)


@pytest.mark.parametrize(
    "question", ["how many days before do I stop my blood thinners", "how many people out of a hundred get an infection"]
)
def test_a_question_for_an_amount_that_the_page_does_not_state_is_refused(faq: Faq, question: str) -> None:
    assert isinstance(faq.ask(Question(question)), NoAnswer)


def test_every_suggested_question_is_answered(faq: Faq) -> None:
    suggestions = faq.suggestions(None)
    assert len(suggestions) == 4
    for choice in suggestions:
        reply = faq.ask(Question(choice.question, choice.procedure))
        assert isinstance(reply, Answer), choice
        assert len(faq.related(reply)) == 3


def test_with_several_procedures_the_first_questions_are_of_different_kinds(synthetic_index: Path) -> None:
    engine = Faq.open(settings_for(synthetic_index))
    suggestions = engine.suggestions(None)
    assert len({choice.question for choice in suggestions}) == len({choice.procedure for choice in suggestions}) == 4
    assert all(isinstance(engine.ask(Question(choice.question, choice.procedure)), Answer) for choice in suggestions)
    engine.close()


def test_two_questions_in_one_are_both_answered(faq: Faq) -> None:
    reply = faq.ask(Question("how long does it take and when can I walk"))
    assert isinstance(reply, Answer)
    assert {"Duration", "Recovery"} <= {citation.section[-1] for citation in reply.citations}


def test_a_part_that_is_not_covered_is_named(faq: Faq) -> None:
    reply = faq.ask(Question("how long does it take and how much does it cost"))
    assert isinstance(reply, Answer)
    assert Notice.PART_MISSING in reply.notices and reply.missing == ("how much does it cost",)


def test_danger_is_answered_even_when_nothing_is_published(tmp_path: Path) -> None:
    engine = Faq.open(settings_for(tmp_path / "index"))
    try:
        assert isinstance(engine.ask(Question("I have chest pain and can't breathe")), Escalation)
        assert isinstance(engine.ask(Question("how long does it take")), Unavailable)
        assert engine.version is None
    finally:
        engine.close()


def test_a_follow_up_keeps_its_topic(faq: Faq) -> None:
    first = faq.ask(Question("what are the risks"))
    reply = faq.ask(Question("which ones are serious", turns=(Turn("what are the risks", first),)))
    assert isinstance(reply, Answer)
    assert "Serious Risks" in {citation.section[-1] for citation in reply.citations}


def test_a_second_symptom_message_raises_the_card(faq: Faq) -> None:
    text = "my hip has been aching a lot since the procedure"
    first = faq.ask(Question(text))
    assert Notice.SYMPTOM in first.notices
    again = faq.ask(Question(text, turns=(Turn(text, first),)))
    assert Notice.SYMPTOM_AGAIN in again.notices


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00\u202e\ud800", "?" * 5000, "a" * 1_000_000, "<script>alert(1)</script>", "$$\\frac$$ ![x](http://x)"]
)
def test_any_text_gets_a_reply_and_never_an_error(faq: Faq, text: str) -> None:
    row = to_row(faq.ask(Question(text)), "q", 0.0)
    assert json.dumps(row, ensure_ascii=True)
    assert row["status"] != "unavailable"


def test_a_procedure_without_a_page_is_said(faq: Faq) -> None:
    reply = faq.ask(Question("how long does an SI joint injection take"))
    assert isinstance(reply, NoAnswer) and reply.reason is Reason.OTHER_PROCEDURE


def test_a_sentence_of_an_answer_is_byte_for_byte_in_the_document(faq: Faq) -> None:
    text = (CLINIC / "si-joint-fusion.txt").read_text(encoding="utf-8")
    for question in ("tell me about it", "how do i prepare", "is it outpatient", "who is a good candidate"):
        reply = faq.ask(Question(question))
        assert isinstance(reply, Answer), question
        for citation in reply.citations:
            assert text[citation.start : citation.end] == citation.quote
        assert all(sentence.text in text for sentence in reply.sentences)


def test_a_new_version_is_read_within_two_seconds_and_an_old_citation_still_opens(own_index: Path, tmp_path: Path) -> None:
    engine = Faq.open(settings_for(own_index))
    before = engine.ask(Question("how long does it take"))
    assert isinstance(before, Answer)
    documents = Path(shutil.copytree(CLINIC, tmp_path / "procedures"))
    page = documents / "si-joint-fusion.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("45 to 90", "50 to 95"), encoding="utf-8")
    published = pipeline.publish(places(documents, own_index)).version
    deadline = time.monotonic() + 2
    while engine.version != published and time.monotonic() < deadline:
        time.sleep(0.05)
    after = engine.ask(Question("how long does it take"))
    assert "50 to 95" in after.text and after.version == published
    assert "45 to 90" in engine.whole_section(before.citations[0]).quote
    engine.close()


def publish_again(versions: Versions) -> None:
    """Publishes the current version's files as a new one, through the steps that every publish takes last."""
    with versions.lock():
        current = versions.current()
        assert current
        staged = versions.stage()
        shutil.copytree(versions.path(current), staged, dirs_exist_ok=True)
        manifest = replace(versions.manifest(current), id=versions.new_id("abcdef"), parent=current)
        (staged / "manifest.json").write_text(json.dumps(manifest.to_json()))
        versions.complete(staged, manifest.id)
        versions.switch(manifest.id)
        versions.prune()


def test_an_old_citation_opens_at_the_same_words_after_eight_publishes(own_index: Path, tmp_path: Path) -> None:
    engine = Faq.open(settings_for(own_index))
    before = engine.ask(Question("how long does it take"))
    assert isinstance(before, Answer)
    cited = before.citations[0]
    section, page = engine.whole_section(cited), engine.document(cited.document)
    documents = Path(shutil.copytree(CLINIC, tmp_path / "procedures"))
    file = documents / "si-joint-fusion.txt"
    file.write_text(file.read_text(encoding="utf-8").replace("45 to 90", "50 to 95"), encoding="utf-8")
    assert pipeline.publish(places(documents, own_index)).version
    for _ in range(7):
        publish_again(Versions(own_index))
    engine.close()
    later = Faq.open(settings_for(own_index))
    assert before.version not in Versions(own_index).ids()
    opened = later.document(cited.document, cited.version)
    assert page and opened == page and opened.text[cited.start : cited.end] == cited.quote
    assert later.whole_section(cited) == section
    assert later.document(cited.document, "20200101T000000Z-000000") is None
    later.close()


def test_withdrawn_words_leave_every_answer_within_five_seconds_and_come_back(own_index: Path) -> None:
    engine = Faq.open(settings_for(own_index))

    def becomes(command: str, kind: type) -> bool:
        words = [
            sys.executable,
            "-m",
            "ingest",
            command,
            "si-joint-fusion#serious-risks",
            "--reason",
            "a test",
            "--index",
            str(own_index),
        ]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        deadline = time.monotonic() + 5
        while not isinstance(engine.ask(Question("what are the risks")), kind) and time.monotonic() < deadline:
            time.sleep(0.1)
        return isinstance(engine.ask(Question("what are the risks")), kind)

    assert isinstance(engine.ask(Question("what are the risks")), Answer)
    assert becomes("withdraw", NoAnswer)
    refused = engine.ask(Question("what are the risks"))
    assert isinstance(refused, NoAnswer) and refused.reason is Reason.WITHDRAWN
    assert refused.text.startswith("Our page is being updated on this. Call")
    both = engine.ask(Question("how long does it take and what are the serious risks"))
    assert isinstance(both, Answer) and both.withdrawn == ("what are the serious risks",) and not both.missing
    side_effects = engine.ask(Question("is swelling a common side effect"))
    assert isinstance(side_effects, Answer)
    assert "implant migration" not in engine.whole_section(side_effects.citations[0]).quote  # nor around the quoted words
    assert isinstance(engine.ask(Question("how long does it take")), Answer)
    assert "What are the risks?" not in [choice.question for choice in engine.suggestions(None)]
    assert becomes("restore", Answer)
    engine.close()


def test_withdrawals_that_cannot_be_read_stop_answers_but_not_danger(own_index: Path) -> None:
    (own_index / "WITHDRAWN.json").write_bytes(b"{")
    engine = Faq.open(settings_for(own_index))
    assert isinstance(engine.ask(Question("how long does it take")), Unavailable)
    assert isinstance(engine.ask(Question("I have chest pain")), Escalation)
    engine.close()


def test_a_damaged_version_is_passed_over_for_the_last_good_one(own_index: Path, tmp_path: Path) -> None:
    good = Versions(own_index).current()
    documents = Path(shutil.copytree(CLINIC, tmp_path / "procedures"))
    page = documents / "si-joint-fusion.txt"
    page.write_text(page.read_text(encoding="utf-8").replace("45 to 90", "50 to 95"), encoding="utf-8")
    broken = pipeline.publish(places(documents, own_index)).version
    assert broken
    (Versions(own_index).path(broken) / "vectors.npy").write_bytes(b"damaged")
    engine = Faq.open(settings_for(own_index))
    assert engine.version == good
    assert isinstance(engine.ask(Question("how long does it take")), Answer)
    engine.close()


def test_a_version_built_with_another_model_is_not_searched(own_index: Path) -> None:
    versions = Versions(own_index)
    version = versions.current()
    assert version
    path = versions.path(version) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["embedding"]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    engine = Faq.open(settings_for(own_index))
    reply = engine.ask(Question("how long does it take"))
    assert isinstance(reply, Unavailable)
    assert "ingest publish" in str(engine._library.problem)
    engine.close()


def test_the_command_line_answers_a_batch_in_order(clinic_index: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    rows = [
        {"id": "a", "question": "how long does it take"},
        {"id": "b", "turns": ["what are the risks", "which ones are serious"]},
    ]
    batch.write_text("\n".join(json.dumps(row) for row in rows))
    command = [sys.executable, "-m", "bot", "ask", "--batch", str(batch), "--trace", "--index", str(clinic_index)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["id"] for reply in replies] == ["a", "b"], done.stderr
    assert all(reply["status"] == "answered" and reply["trace"][0]["used"] for reply in replies)


def test_nothing_leaves_the_machine(clinic_index: Path, tmp_path: Path) -> None:
    """The command line in a network namespace without interfaces."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("`unshare -rn` is not allowed here")
    command = [
        unshare,
        "-rn",
        sys.executable,
        "-m",
        "bot",
        "ask",
        "how long does it take",
        "--index",
        str(clinic_index),
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert json.loads(done.stdout)["status"] == "answered", done.stderr


def test_the_readmes_table_names_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `FAQ_")}
    assert named == {f"FAQ_{name.upper()}" for name in Settings.model_fields}
