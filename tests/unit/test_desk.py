"""Danger comes before every limit."""

from __future__ import annotations

from pathlib import Path

from bot.faq import Faq
from bot.settings import load_settings
from bot.types import Escalation, Question, Unavailable
from web.desk import Desk


def test_an_emergency_gets_its_card_when_the_limit_is_used_up(clinic_index: Path) -> None:
    settings = load_settings().model_copy(update={"index_dir": clinic_index, "rate_per_minute": 1})
    faq = Faq.open(settings)
    desk = Desk(faq, settings)
    asked = [desk.ask(Question(text), session="s", address="a").reply for text in ("how long", "how long", "I have chest pain")]
    assert isinstance(asked[1], Unavailable)
    assert isinstance(asked[2], Escalation)
    faq.close()
