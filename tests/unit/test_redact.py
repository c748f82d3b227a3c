"""Nothing that identifies a patient reaches the journal, and harmless words do."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redact import MASK, Redacted, redact, saw_identifier
from bot.vocabulary import Vocabulary

VOCABULARY = Vocabulary.load(Path(__file__).resolve().parents[2] / "data" / "safety")
PLANTED = [
    ("call me at 555-867-5309 please", "555-867-5309"),
    ("my cell is (555) 867 5309", "5309"),
    ("reach me on +1 555.867.5309", "867"),
    ("email jane.doe+x@example.com", "jane.doe"),
    ("write to zelda at gmail dot com", "zelda"),
    ("ssn 123-45-6789", "6789"),
    ("my social is 123 45 6789", "6789"),
    ("MRN 00482913 when is my visit", "00482913"),
    ("record number is A-48291", "48291"),
    ("born 03/14/1961", "1961"),
    ("dob March 14 1961", "1961"),
    ("I live at 42 Wallaby Way", "Wallaby"),
    ("member id XQW123456789", "XQW123456789"),
    ("policy number H 5521 9987", "9987"),
    ("my name is Grace Bell", "Grace"),
    ("my name is mark rivers", "rivers"),
    ("Zbigniew Kowalczyk here, can I eat before?", "Kowalczyk"),
    ("this is Faith, is it painful?", "Faith"),
    ("Dr. Young said I should ask", "Young"),
    ("see https://portal.example/u/zelda77", "zelda77"),
    ("five five five one two one two", "five five"),
    ("my wife Jennifer had it", "Jennifer"),
]


@pytest.mark.parametrize(("text", "secret"), PLANTED)
def test_what_identifies_a_patient_is_masked(text: str, secret: str) -> None:
    kept = redact(text, VOCABULARY).text
    assert secret.lower() not in kept.lower()
    assert MASK in kept


@pytest.mark.parametrize(
    "text",
    [
        "can i eat before the procedure",
        "how long is recovery after 2 weeks, and will I walk?",
        "I'm 78 and on eliquis, is it safe at L5-S1?",
        "May I drive the next day? Will it hurt? I hope not.",
        "what are the percentages, like 90% or 45 minutes at 7:30 am",
        "my mother-in-law doesn't want 10mg of oxycodone",
    ],
)
def test_harmless_words_are_kept(text: str) -> None:
    assert redact(text, VOCABULARY).text == text


def test_a_misspelt_word_is_kept_and_a_misspelt_name_is_not() -> None:
    assert redact("is the recovry long", VOCABULARY).text == "is the recovry long"
    assert redact("jenifer asked", VOCABULARY).text == f"{MASK} asked"


@pytest.mark.parametrize("text", [text for text, _ in PLANTED[:16]])
def test_a_patient_who_types_an_identifier_is_told(text: str) -> None:
    assert saw_identifier(text)


@pytest.mark.parametrize(
    "text", ["can I eat before?", "it took 45 to 90 minutes", "is pain 7/10 normal", "at 7:30 on Monday in 2024"]
)
def test_a_plain_question_does_not_bring_the_privacy_line(text: str) -> None:
    assert not saw_identifier(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = redact(text, VOCABULARY).text
    assert redact(once, VOCABULARY).text == once


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([t for t, _ in PLANTED] + ["Ann", "12", "May", ",", "…", "call", "#7", "@x"]), max_size=6))
def test_redacting_planted_text_twice_changes_nothing(parts: list[str]) -> None:
    once = redact(" ".join(parts), VOCABULARY).text
    assert redact(once, VOCABULARY).text == once


@settings(deadline=None)
@given(st.integers(10_000, 10**15))
def test_a_long_number_never_survives(number: int) -> None:
    assert str(number) not in redact(f"it is {number} ok", VOCABULARY).text


def test_only_redact_makes_a_redacted() -> None:
    with pytest.raises(TypeError):
        Redacted("raw", False, object())


def test_a_megabyte_is_cut_not_kept() -> None:
    assert len(redact("x" * 1_000_000, VOCABULARY).text) < 100
    assert len(redact("hello " * 200_000, VOCABULARY).text) < 5_000
