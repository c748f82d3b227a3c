"""Canary questions close the chat when its answers go wrong, with the real engine and a version that is whole and wrong."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bot import canary, switch
from bot.faq import Faq
from bot.settings import Settings
from bot.types import Question
from ingest import audit, index, withdrawn
from ingest.stored import read_outlines
from ingest.types import ConfigurationError
from ingest.versions import Versions
from tests.browser.conftest import free_port
from tests.conftest import ROOT
from web import canaries
from web.canaries import last_verdict, look, watched
from web.desk import Desk
from web.metrics import State, served

GOLDEN = ROOT / "data" / "golden.jsonl"


@pytest.fixture
def settings(own_index: Path, tmp_path: Path) -> Settings:
    return Settings(index_dir=own_index, data_dir=tmp_path / "data")


@pytest.fixture
def faq(settings: Settings) -> Iterator[Faq]:
    faq = Faq.open(settings)
    yield faq
    faq.close()


def mix_up(at: Path) -> str:
    """A version whose files are as its manifest says and whose passages have each other's vectors; patients read it."""
    versions = Versions(at)
    good = versions.current()
    assert good
    bad = versions.new_id("abcdef")
    folder = Path(shutil.copytree(versions.path(good), versions.path(bad)))
    outline = json.loads((folder / "outline.json").read_text())
    outline["passages"].reverse()
    (folder / "outline.json").write_text(json.dumps(outline))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"id": bad, "parent": good, "files": index.file_hashes(folder)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    versions.switch(bad)
    return bad


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def test_on_the_clinics_page_the_canaries_find_their_sections_and_nothing_is_closed(faq: Faq, settings: Settings) -> None:
    verdict = look(faq, settings, GOLDEN)
    assert (verdict.asked, verdict.found >= 10) == (canary.MOST, True), verdict
    assert not switch.is_closed(settings.data_dir)


def test_a_version_that_mixes_up_its_passages_closes_the_chat_and_going_back_does_not_open_it(
    faq: Faq, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(faq, settings)
    good = faq.version
    monkeypatch.setattr(canaries, "LOOK_SECONDS", 0.05)
    with (
        watched(faq, settings, GOLDEN),
        served(lambda: State(faq.version, desk.closed, last_verdict()), "127.0.0.1", free_port()) as port,
    ):
        until(lambda: (seen := last_verdict()) is not None and seen.version == good)
        assert not desk.closed
        bad = mix_up(settings.index)
        until(lambda: desk.closed)
        until(lambda: bool(audit.rows(settings.index)) and audit.rows(settings.index)[-1]["what"] == "close")
        row = audit.rows(settings.index)[-1]
        assert (row["who"], row["what"]) == ("canary questions", "close")
        assert f"questions found their section in version {bad}. Missed: " in row["why"]
        assert row["why"] in switch.told(settings.data_dir)
        assert desk.ask(Question("how long does it take"), session="s", address="a").reply.status == "unavailable"
        health = httpx.get(f"http://127.0.0.1:{port}/readyz").json()
        assert (health["closed"], health["canaries"]["asked"]) == (True, canary.MOST)
        assert health["canaries"]["found"] < canary.MOST / 2
        assert (
            f'faq_canaries{{what="found"}} {health["canaries"]["found"]}.0' in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        )
        assert good
        Versions(settings.index).switch(good)
        until(lambda: (seen := last_verdict()) is not None and seen.version == good)
        assert look(faq, settings, GOLDEN).found >= 10
        assert desk.closed


def test_an_engine_that_can_answer_nothing_closes_the_chat(faq: Faq, settings: Settings) -> None:
    until(lambda: faq.version is not None)
    (settings.index / withdrawn.FILE).write_text("not json")
    until(lambda: faq.ask(Question("how long does it take")).status == "unavailable")
    questions = canary.canaries(GOLDEN, {"si-joint-fusion"})
    verdict = canary.check(faq.ask, questions, faq.version)
    assert (verdict.found, verdict.below(0.5)) == (0, True)


def test_withdrawn_words_are_no_failure(faq: Faq, settings: Settings) -> None:
    current = Versions(settings.index).current()
    assert current
    outlines = read_outlines(Versions(settings.index).path(current))
    withdrawn.withdraw(settings.index, outlines, "si-joint-fusion", "rob", "Wrong")
    until(lambda: faq.ask(Question("how long does it take")).status != "answered")
    assert look(faq, settings, GOLDEN).asked == 0
    assert not switch.is_closed(settings.data_dir)


def test_only_questions_about_withdrawn_words_are_left_out() -> None:
    def asked(section: tuple[str, ...] | None) -> set[tuple[str, ...]]:
        gone = withdrawn.Withdrawal("si-joint-fusion", section, "rob", "", "")
        return {one.section or () for one in canary.canaries(GOLDEN, {"si-joint-fusion"}, [gone])}

    risks = ("Risks and Side Effects",)
    assert asked(None) == set()
    assert risks not in {section[:1] for section in asked(risks)} and asked(risks)
    assert risks not in asked((*risks, "Serious Risks"))


def test_a_few_misses_close_nothing() -> None:
    assert not canary.Verdict("v", "", 3, ("a", "b", "c")).below(0.5)
    assert canary.Verdict("v", "", 4, ("a", "b", "c")).below(0.5)
    assert not canary.Verdict("v", "", 4, ("a", "b")).below(0.5)


def test_a_chat_that_staff_closed_keeps_their_reason(faq: Faq, settings: Settings) -> None:
    switch.close(settings.data_dir, settings.index, "adam", "moving")
    mix_up(settings.index)
    until(lambda: look(faq, settings, GOLDEN).below(0.5))
    assert "adam: moving" in switch.told(settings.data_dir)


def test_no_page_of_the_golden_questions_in_use_closes_nothing(synthetic_index: Path, tmp_path: Path) -> None:
    settings = Settings(index_dir=synthetic_index, data_dir=tmp_path)
    faq = Faq.open(settings)
    assert look(faq, settings, GOLDEN).asked == 0
    assert not switch.is_closed(tmp_path)
    faq.close()


def test_zero_minutes_asks_nothing(faq: Faq, settings: Settings) -> None:
    with watched(faq, settings.model_copy(update={"canary_minutes": 0}), GOLDEN):
        time.sleep(0.3)
    assert last_verdict() is None


def test_a_golden_file_that_cannot_be_read_is_logged_and_stops_nothing(
    faq: Faq, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = tmp_path / "golden.jsonl"
    bad.write_text("not json\n")
    with pytest.raises(ConfigurationError):
        look(faq, settings, bad)
    with watched(faq, settings, bad):
        until(lambda: "could not be asked" in caplog.text)
    assert not switch.is_closed(settings.data_dir)
