"""Staff's commands on a journal that the real engine wrote."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot import review
from bot.__main__ import main
from bot.faq import Faq
from bot.redact import MASK
from bot.replay import replay
from bot.settings import load_settings
from bot.tables import open_engine
from bot.types import Question, Reply, Turn
from ingest import pipeline, withdrawn
from ingest.stored import read_outlines, read_text
from ingest.versions import Versions
from tests.conftest import CLINIC, places
from tests.integration.test_faq import publish_again

DRIVE = "when can i drive again"
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(own_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command of `python -m bot` on `own_index` and the journal beside it: exit code and the JSON it prints."""
    monkeypatch.setenv("FAQ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FAQ_INDEX_DIR", str(own_index))

    def command(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return command


def ask_all(faq: Faq, **questions: str) -> dict[str, Reply]:
    """Asks and records; the names are the replies' ids."""
    replies: dict[str, Reply] = {}
    for name, text in questions.items():
        turns = (Turn(questions["r1"], replies["r1"]),) if text.startswith("which ones") else ()
        replies[name] = faq.ask(Question(text, turns=turns))
        faq.journal.record(id=name, session="s", question=text, reply=replies[name], seconds=0.1)
    return replies


def asked(**questions: str) -> None:
    with closing(Faq.open(load_settings(), with_journal=True)) as faq:
        ask_all(faq, **questions)


@pytest.mark.usefixtures("run")
def test_every_kind_of_reply_is_the_same_when_asked_again(own_index: Path, tmp_path: Path) -> None:
    versions = Versions(own_index)
    text = read_text(versions.path(versions.current() or ""))
    with closing(Faq.open(load_settings(), with_journal=True)) as faq:
        replies = ask_all(
            faq,
            r1="what are the risks",
            r2="which ones are serious",
            r3=DRIVE,
            r4="I have chest pain and can't breathe",
            r5="how long does it take and how much does it cost",
            r6="how long does an SI joint injection take",
            r7="who won the world cup",
            r8="my name is Zbigniew, how long does it take",
        )
        assert len({reply.status for reply in replies.values()}) == 4
        db = open_engine(load_settings().journal)
        assert faq.journal._journal.export("s")  # waits until all is written
        for name, reply in replies.items():
            kept = review.reply(db, name)
            done = replay(kept, text if reply.version else None, faq.ask)
            assert done.same, (name, reply.status, done)
            assert done.how.startswith("asked again") or MASK in kept.listed.question
        db.dispose()


def test_a_reply_is_proven_after_its_version_is_archived_and_a_changed_word_is_found(
    run: Run, own_index: Path, tmp_path: Path
) -> None:
    asked(r1="what are the risks")
    for _ in range(6):
        publish_again(Versions(own_index))
    assert run("replay", "r1") == (0, {**run("replay", "r1")[1], "result": "same", "how": "compared with the kept words"})
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        db.execute("UPDATE evidence SET citations = replace(citations, 'nfection', 'nfections')")
        db.commit()
    code, done = run("replay", "r1")
    assert (code, done["result"], done["proven"]) == (1, "different", False) and "Citation" in done["problems"][0]


def test_what_differs_is_shown_and_an_unknown_reply_is_said(run: Run, own_index: Path) -> None:
    asked(r1="what are the risks")
    versions = Versions(own_index)
    outlines = read_outlines(versions.path(versions.current() or ""))
    withdrawn.withdraw(own_index, outlines, "si-joint-fusion#serious-risks", "Ana", "a test")
    code, done = run("replay", "r1")
    assert code == 1 and done["proven"]
    assert {"what": "status", "kept": "answered", "now": "not_covered"} in done["differences"]
    assert run("replay", "r99")[0] == 2


def test_a_gap_disappears_when_a_publish_answers_its_questions(run: Run, own_index: Path, tmp_path: Path) -> None:
    asked(r1=DRIVE, r2="when am I allowed to drive a car again", r3="how much does it cost")
    code, before = run("gaps")
    assert code == 0 and [set(one["questions"]) for one in before] == [
        {DRIVE, "when am I allowed to drive a car again"},
        {"how much does it cost"},
    ]
    documents = Path(shutil.copytree(CLINIC, tmp_path / "procedures"))
    page = documents / "si-joint-fusion.txt"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        f"{text.rstrip()}\n\nDriving Again:\nYou can drive a car again two weeks after the procedure.\n", encoding="utf-8"
    )
    assert pipeline.publish(places(documents, own_index)).version
    code, after = run("gaps")
    assert [one["name"] for one in after] == ["how much does it cost"]


def test_export_digest_and_asked_read_the_same_journal(run: Run, tmp_path: Path) -> None:
    asked(r1="how long does it take", r2="how long does it take", r3=DRIVE)
    code, found = run("asked", "--limit", "1")
    assert code == 0 and (found[0]["question"], found[0]["asked"], found[0]["patients"]) == ("how long does it take", 2, 1)
    out = tmp_path / "out.json"
    assert main(["export", "--format", "json", "--status", "not_covered", "--out", str(out)]) == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))
    assert row["id"] == "r3" and row["considered"] and all(not one["used"] and one["why"] for one in row["considered"])
    page = tmp_path / "digest.md"
    assert main(["digest", "--days", "7", "--out", str(page)]) == 0
    assert f"| `{DRIVE}` | si-joint-fusion | 1 |" in page.read_text(encoding="utf-8")
