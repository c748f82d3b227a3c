"""Follow-ups stand alone, and questions that ask two things are taken apart."""

from __future__ import annotations

import pytest

from bot.followup import Asked, asked, shown
from bot.parts import parts
from bot.types import Answer, Citation, Escalation, NoAnswer, Reason, Reply, Sentence, Turn
from ingest.types import Document

DOCUMENT = Document("page", "Page", "Pain may come back.", "page.txt")


def answered(question: str) -> Turn:
    citation = Citation(DOCUMENT, ("Page",), 0, 19, "v")
    reply: Reply = Answer(text=citation.quote, sentences=(Sentence(citation.quote, 0),), citations=(citation,), searched=question)
    return Turn(question, reply)


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("when can i start walking", "and swimming?", "when can i start swimming?"),
        ("how long is the procedure", "what about the recovery", "how long is the recovery"),
        ("are there restrictions", "n for how many weeks?", "for how many weeks?"),
        ("what are the risks", "ok which ones are serious", "which ones are serious"),
        ("what are the risks", "can i get a taxi home", "can i get a taxi home"),
    ],
)
def test_a_follow_up_is_read_after_the_question_before(before: str, question: str, expected: str) -> None:
    assert asked(question, (answered(before),)) == Asked(expected, before)


@pytest.mark.parametrize(
    ("question", "leans"), [("for how many weeks?", True), ("which is the worst?", True), ("can i get a taxi home", False)]
)
def test_only_a_question_without_a_topic_of_its_own_leans_on_the_one_before(question: str, leans: bool) -> None:
    turns = (answered("what are the risks"),)
    found = asked(question, turns)
    assert found is not None
    assert found.leans is leans
    assert shown(found, turns) == (frozenset({("page", 0)}) if leans else frozenset())


def test_a_chain_of_follow_ups_keeps_the_last_topic_and_does_not_grow() -> None:
    first = answered("what are the risks")
    second = answered("what are the risks – which ones are serious")
    third = answered("which ones are serious – how long is the surgery")
    assert asked("why?", (first, second)) == Asked("why?", "what are the risks – which ones are serious")
    assert asked("why?", (first, second, third)) == Asked("why?", "how long is the surgery")


def test_the_same_question_again_does_not_follow_itself() -> None:
    assert asked("what are the risks", (answered("what are the risks"),)) == Asked("what are the risks")


def test_an_escalated_turn_does_not_feed_the_next() -> None:
    turns = (answered("what are the risks"), Turn("my chest hurts", Escalation(text="911", band="emergency")))
    assert asked("which ones are serious", turns) == Asked("which ones are serious", "what are the risks")


def test_a_question_that_leans_on_a_refused_one_is_about_nothing() -> None:
    refused = Turn("can i swim", NoAnswer(text="no", reason=Reason.TOPIC, searched="can i swim"))
    assert asked("for how long?", (refused,)) is None
    told = Turn("i am having it done in april", NoAnswer(text="no", reason=Reason.TOPIC, searched=""))
    assert asked("for how long?", (told,)) == Asked("for how long?")
    assert asked("how do i prepare for it", (refused,)) == Asked("how do i prepare for it")


def test_a_first_question_stays_as_it_is() -> None:
    assert asked("and swimming?", ()) == Asked("and swimming?")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how long does it take and when can I walk", ("how long does it take", "when can I walk")),
        ("what are the risks? do I need a driver?", ("what are the risks", "do I need a driver")),
        ("how and when is it done", ("how and when is it done",)),
        ("what are the risks and side effects", ("what are the risks and side effects",)),
        ("I had surgery. when can I walk", ("I had surgery. when can I walk",)),
        ("can I swim afterwards, how long not", ("can I swim afterwards, how long not",)),
        ("may I lift him and for how long not", ("may I lift him and for how long not",)),
    ],
)
def test_only_real_parts_are_taken_apart(question: str, expected: tuple[str, ...]) -> None:
    assert parts(question) == expected
