"""The patient's screen, run by Streamlit without a browser, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bot.settings import Settings
from tests.conftest import ROOT
from web import desk as desks
from web.chat import words_only
from web.labels import ENGLISH


@pytest.fixture(scope="module", autouse=True)
def opened(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    desks.open_desk(Settings(index_dir=clinic_index, data_dir=tmp_path_factory.mktemp("data"), rate_per_minute=100_000))
    yield
    desks.close_desk()


@pytest.fixture
def chat() -> AppTest:
    return AppTest.from_file(str(ROOT / "web" / "chat.py"), default_timeout=30).run()


def shown(chat: AppTest) -> str:
    return " ".join(str(element.proto.body) for element in chat.get("html"))


def test_an_empty_chat_offers_four_questions_and_always_shows_the_safety_line(chat: AppTest) -> None:
    assert not chat.exception
    assert len(chat.button) == 4
    assert ENGLISH.safety in shown(chat)


def test_every_offered_question_is_answered(chat: AppTest) -> None:
    for number in range(4):
        fresh = AppTest.from_file(str(ROOT / "web" / "chat.py"), default_timeout=30).run()
        fresh.button[number].click().run()
        assert 'data-status="answered"' in shown(fresh)


def test_an_answer_stays_when_the_next_question_is_asked(chat: AppTest) -> None:
    chat.chat_input[0].set_value("How long does it take?").run()
    chat.chat_input[0].set_value("What are the risks?").run()
    assert "about 45 to 90 minutes" in shown(chat)
    assert "Rare risks include infection" in shown(chat)
    assert ENGLISH.safety in shown(chat)


def test_a_long_visit_keeps_its_latest_turns() -> None:
    chat = AppTest.from_file(str(ROOT / "web" / "chat.py"), default_timeout=30).run()
    for number in range(42):
        chat.chat_input[0].set_value(f"Is parking free on day {number}?").run()
    assert "day 41?" in shown(chat)
    assert "day 0?" not in shown(chat)


def test_when_the_engine_is_gone_the_patient_still_reads_what_to_do() -> None:
    kept, desks._process.desk = desks._process.desk, None
    try:
        chat = AppTest.from_file(str(ROOT / "web" / "chat.py"), default_timeout=30).run()
        assert not chat.exception
        assert "call 911" in shown(chat)
    finally:
        desks._process.desk = kept


@pytest.mark.parametrize("label", ["L4–L5 *fusion*", ":smile: $x$", "[a](b)", "- a", "1. b", "# c"])
def test_a_label_cannot_be_taken_for_markdown(label: str) -> None:
    escaped = words_only(label)
    assert escaped.replace("\\", "") == label
    assert escaped != label
