"""Greetings and thanks ask nothing; the shortest real question does."""

import time

import pytest

from bot.courtesy import courtesy


@pytest.mark.parametrize(
    "message",
    [
        "good afternoon", "Hi, how are things?", "thanks", "ok thank you so much, bye", "?!", "Hello doctor!", "are you a robot or a human",
        "i have a question", "what can you help me with", "great, that's helpful. thanks for the info", "nice to meet you", "who are you?", "👍", "no thanks", "so, hello nurse", "hi there",
    ],
)  # fmt: skip
def test_asks_nothing(message: str) -> None:
    assert courtesy(message)


@pytest.mark.parametrize(
    "message",
    [
        "", "what is it", "good evening, how long does it take", "risks?", "thanks, and the risks", "how long", "and then", "why", "when",
        "what is this", "help", "is it good", "are you open today", "can i ask my doctor for it", "is there a nurse there", "will i be ok", "how much",
        "and now?", "again?", "today?", "nurse?", "no", "ok so now", "but not today", "morning or afternoon?", "no please, and the doctor",
        "what about you giving me a shot", "was it really a real bone",
    ],
)  # fmt: skip
def test_asks_something(message: str) -> None:
    assert not courtesy(message)


def test_a_long_message_costs_no_more_than_its_length() -> None:
    started = time.perf_counter()
    assert not courtesy("thank you so much " * 110 + "x")
    assert courtesy("thank you so much " * 110)
    assert time.perf_counter() - started < 0.1
