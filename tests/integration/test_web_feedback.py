""" "Was this helpful?", the words to take to the care team, and explained words, without a browser."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from bot.kept import Listed
from bot.review import replies
from bot.settings import Settings
from bot.tables import open_engine
from bot.types import Answer, Question
from bot.wording import Clinic, Wording
from web import desk as desks
from web.handover import handover
from web.labels import ENGLISH
from web.view import view

FORM = re.compile(r'name="reply" value="([0-9a-f]{32})"')


def asked(client: TestClient, question: str) -> str:
    """The id of the reply that the simple page's form names."""
    found = FORM.search(client.post("/plain", data={"question": question}).text)
    assert found
    return found[1]


def votes(settings: Settings, reply: str) -> tuple[bool | None, str]:
    (row,) = [row for row in kept(settings) if row.id == reply]
    return row.helpful, row.why


def kept(settings: Settings) -> tuple[Listed, ...]:
    engine = open_engine(settings.journal)
    lines = replies(engine, count=1000).lines
    engine.dispose()
    return lines


@pytest.mark.parametrize("question", ["How long does it take?", "Do you take Aetna insurance?"])
def test_a_no_and_its_reason_reach_the_journal_without_javascript(client: TestClient, settings: Settings, question: str) -> None:
    reply = asked(client, question)
    page = client.post("/plain/feedback", data={"reply": reply, "helpful": "no"}).text
    assert all(label in page for _, label in ENGLISH.reasons)
    assert votes(settings, reply) == (False, "")
    thanks = client.post("/plain/feedback", data={"reply": reply, "why": "hard"}).text
    assert ENGLISH.thanks in thanks
    assert ENGLISH.why not in thanks
    assert votes(settings, reply) == (False, "hard")


def test_a_yes_is_thanked_and_kept(client: TestClient, settings: Settings) -> None:
    reply = asked(client, "What are the risks?")
    assert ENGLISH.thanks in client.post("/plain/feedback", data={"reply": reply, "helpful": "yes"}).text
    assert votes(settings, reply) == (True, "")


@pytest.mark.parametrize(
    "question", ["I have crushing chest pain", "I want to kill myself", "my wound is leaking pus and I have a fever"]
)
def test_nobody_in_danger_is_asked_whether_it_helped(client: TestClient, question: str) -> None:
    page = client.post("/plain", data={"question": question}).text
    assert ENGLISH.helpful not in page
    assert ENGLISH.care not in page


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reply": "x", "helpful": "yes"},
        {"reply": "a" * 32},
        {"reply": "a" * 32, "helpful": "maybe"},
        {"reply": "a" * 32, "why": "my name is Jane"},
    ],
)
def test_what_is_no_vote_is_refused_and_not_repeated(client: TestClient, fields: dict[str, str]) -> None:
    answer = client.post("/plain/feedback", data=fields)
    assert answer.status_code == 422
    assert "Jane" not in answer.text


def test_a_vote_on_an_unknown_reply_changes_nothing(client: TestClient, settings: Settings) -> None:
    before = kept(settings)
    assert client.post("/plain/feedback", data={"reply": "0" * 32, "helpful": "no"}).status_code == 200
    assert kept(settings) == before


def test_too_many_votes_from_one_address_are_not_taken(client: TestClient, settings: Settings) -> None:
    few = desks.Desk(desks.desk().faq, settings.model_copy(update={"rate_per_minute": 2}))
    assert [few.feedback("0" * 32, helpful=True, why="", address="a") for _ in range(3)] == [True, True, False]


def test_what_goes_to_the_care_team_is_the_question_the_clinics_words_and_their_place(client: TestClient) -> None:
    faq = desks.desk().faq
    reply = faq.ask(Question("How long does it take?"))
    assert isinstance(reply, Answer)
    text = handover("How long does it take?", view(reply, faq, ENGLISH), ENGLISH)
    assert "My question: How long does it take?" in text
    assert all(citation.quote in text for citation in reply.citations)
    assert "Source: SI Joint Fusion › Procedure Details › Duration" in text
    assert text.endswith("Call the clinic.")  # neither phone nor hours are known, so none is made up


def test_phone_and_hours_are_given_once_the_clinic_has_set_them(client: TestClient) -> None:
    known = Clinic(name="Synthetic", phone="555-555-0100", hours="Monday to Friday, 8 to 5")
    wording = desks.desk().faq.wording
    contact = Wording(known, wording.cards, wording.texts).contact()
    assert (contact.call, contact.href, contact.hours) == (
        "Call the clinic at 555-555-0100.",
        "tel:5555550100",
        "Monday to Friday, 8 to 5",
    )


def test_a_word_that_the_glossary_explains_can_be_tapped_without_javascript(client: TestClient) -> None:
    page = client.post("/plain", data={"question": "What happens during it?"}).text
    target = re.search(r'popovertarget="([\w-]+)">fluoroscopic</button>', page)
    assert target
    meaning = page.partition(f'id="{target[1]}"')[2].partition("</div>")[0]
    assert "fluoroscopic (x ray) guidance" in html.unescape(meaning)


def test_the_words_of_an_answer_are_the_same_with_and_without_explanations(client: TestClient) -> None:
    faq = desks.desk().faq
    reply = faq.ask(Question("What happens during it?"))
    assert isinstance(reply, Answer)
    shown = view(reply, faq, ENGLISH)
    assert any(run.term for block in shown.words for run in block.runs)
    assert [block.text for block in shown.words] == [citation.quote.lstrip("- \n") for citation in reply.citations]


@pytest.mark.parametrize(
    "question",
    [
        "What does this mean?",
        "What does fluoroscopic mean?",
        "what does conservative treatments mean",
        "What is a contraindication?",
        "explain sacroiliac",
        "What does MRI mean?",
        "define implant migration",
    ],
)
def test_asking_what_a_word_means_never_leads_to_words_that_the_page_does_not_have(client: TestClient, question: str) -> None:
    reply = desks.desk().faq.ask(Question(question))
    if isinstance(reply, Answer):
        assert all(sentence.text in reply.citations[0].source.text for sentence in reply.sentences)
        assert reply.text == "\n".join(citation.quote for citation in reply.citations)
    else:
        assert reply.status in {"not_covered", "off_topic", "clarify", "advice"}
