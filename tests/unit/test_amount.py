"""An amount is answered only by a sentence that states one of its kind."""

from __future__ import annotations

import pytest

from bot.amount import asks_amount, states_amount


@pytest.mark.parametrize(
    ("question", "sentence", "stated"),
    [
        ("how many days before do i stop my blood thinner", "Blood thinners are stopped when your doctor says so.", False),
        ("how many days before do i stop my blood thinner", "Blood thinners are stopped a week before.", True),
        ("how many months does it last", "Numbness wears off after 4 hours.", False),
        ("how many months does it last", "Relief is permanent.", True),
        ("how long is the surgery", "The surgeon makes 2 small cuts.", False),
        ("what time do i stop eating", "Nothing after midnight.", True),
        ("how much will medicare leave me to pay", "Approval takes 10 business days.", False),
        ("how much does it cost", "The price is $300.", True),
        ("how many of these can i have", "Injections may be repeated.", False),
        ("how many of these can i have", "It is done once.", True),
        ("what percentage get better", "Most people feel better.", False),
        ("how common is a leak", "Fluid can leak round the needle.", False),
        ("odds of a leak", "A leak is rare.", True),
        ("how often do i change it", "Change the pad each morning.", True),
        ("what proportion get better", "Most people feel better.", False),
        ("can i drive", "Do not drive.", True),
    ],
)
def test_only_an_amount_of_the_kind_asked_for_answers(question: str, sentence: str, stated: bool) -> None:
    assert states_amount(question, sentence) is stated


@pytest.mark.parametrize("question", ["how much does it hurt", "how do i prepare", "what are the risks", "how big is the scar"])
def test_what_can_be_answered_without_a_number_asks_for_none(question: str) -> None:
    assert not asks_amount(question)
