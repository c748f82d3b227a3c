"""The words on buttons are plain, short, and there in both languages."""

from __future__ import annotations

import re
from dataclasses import fields

from bot.journal import REASONS
from tests.unit.test_wording import MOST_GRADE, MOST_WORDS, grade, sentences
from web.labels import ENGLISH, SPANISH, Labels

NOT_FOR_PATIENTS = {"language", "reasons", "not_ready_how"}


def words(labels: Labels) -> list[str]:
    plain = [str(getattr(labels, one.name)) for one in fields(labels) if one.name not in NOT_FOR_PATIENTS]
    return [re.sub(r"\{\w+\}", "this", text) for text in (*plain, *(said for _, said in labels.reasons))]


def test_our_labels_are_short_and_together_at_grade_six_or_lower() -> None:
    assert max(len(sentence.split()) for text in words(ENGLISH) for sentence in sentences(text)) <= MOST_WORDS
    said = [text.strip(", ") for text in words(ENGLISH) if len(text.split()) > 2]  # a button of one word has no grade
    assert grade(" ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in said)) <= MOST_GRADE


def test_spanish_has_every_label_and_the_same_places_to_fill() -> None:
    for one in fields(Labels):
        english, spanish = str(getattr(ENGLISH, one.name)), str(getattr(SPANISH, one.name))
        assert spanish
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", spanish)), one.name


def test_the_reasons_on_the_buttons_are_those_that_the_journal_takes() -> None:
    for labels in (ENGLISH, SPANISH):
        assert {code for code, _ in labels.reasons} == REASONS - {""}
