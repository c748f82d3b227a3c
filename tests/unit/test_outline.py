"""The structure a reader sees is recovered, and nothing of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.outline import MAX_WORDS, only_marks, outline, slug_of
from ingest.read import read_document
from ingest.read.markdown import front_matter, markdown_blocks
from ingest.read.text import text_blocks
from ingest.types import Document, Outline
from tests.conftest import CLINIC


def outline_of(text: str, title: str = "Title") -> Outline:
    return outline(Document("page", title, text, "page.txt"), text_blocks(text))


def clinic() -> Outline:
    reading = read_document(CLINIC / "si-joint-fusion.txt")
    return outline(reading.document, reading.blocks)


def paths(one: Outline) -> list[str]:
    return [" › ".join(passage.path) for passage in one.passages]


def test_the_clinics_page_has_the_structure_a_reader_sees() -> None:
    assert paths(clinic()) == [
        "Introduction to SI Joint Fusion",
        "Procedure Details › Preparation › Before the Procedure",
        "Procedure Details › Procedure Description › Positioning",
        "Procedure Details › Procedure Description › Incision and Implant Placement",
        "Procedure Details › Procedure Description › Stabilization",
        "Procedure Details › Duration",
        "Procedure Details › Frequency",
        "Expected Results",
        "Expected Results",
        "Expected Results",
        "Risks and Side Effects › Common Side Effects",
        "Risks and Side Effects › Serious Risks",
        "Post-Treatment Care › Recovery",
        "Post-Treatment Care › Follow Up",
        "Patient Eligibility › Candidacy",
        "Patient Eligibility › Contraindications",
        "Start Living an Improved Life",
    ]


def test_a_passage_keeps_its_list_label_and_is_its_span() -> None:
    for passage in clinic().passages:
        assert clinic().document.text[passage.start : passage.end] == passage.text
    assert clinic().passages[11].text.startswith("Serious Risks: Rare risks include")


def test_the_clinics_title_is_its_first_line() -> None:
    assert clinic().document.title == "SI Joint Fusion"


def rebuilt(one: Outline) -> bool:
    """Whether everything outside headings and passages is space and markers, and nothing stands in two of them."""
    spans = sorted([*one.headings, *((p.start, p.end) for p in one.passages)])
    at = 0
    for start, end in spans:
        if start < at or not only_marks(one.document.text[at:start]):
            return False
        at = end
    return only_marks(one.document.text[at:])


def test_nothing_of_the_clinics_page_is_lost() -> None:
    assert rebuilt(clinic())


LINES = st.lists(
    st.sampled_from(
        [
            "",
            "-",
            "Risks:",
            "Aftercare",
            "What is it?",
            "- An item here.",
            "1. First step.",
            "Serious Risks: Rare. Very rare.",
            "NOTE",
            "A plain sentence about nothing in particular that goes on for a good while without a stop",
            "and ends here.",
            "Q: May I eat?",
            "A: No.",
        ]
    ),
    min_size=1,
    max_size=25,
)


@given(LINES)
def test_headings_and_passages_rebuild_any_text(lines: list[str]) -> None:
    assert rebuilt(outline_of("\n".join(lines)))


@given(st.text(alphabet="Ab .:-?\n1é", max_size=200))
def test_headings_and_passages_rebuild_any_characters(text: str) -> None:
    one = outline_of(text)
    assert rebuilt(one)
    assert all(one.document.text[p.start : p.end] == p.text for p in one.passages)


@given(LINES)
def test_ids_are_unique_and_sections_hold_their_passages(lines: list[str]) -> None:
    one = outline_of("\n".join(lines))
    assert len({passage.id for passage in one.passages}) == len(one.passages)
    spans = {section.path: (section.start, section.end) for section in one.sections}
    for passage in one.passages:
        start, end = spans[passage.path]
        assert start <= passage.start and passage.end <= end


def test_a_long_paragraph_is_cut_between_sentences_only() -> None:
    sentence = "This sentence has exactly eight words in it. "
    one = outline_of("Title\nAbout:\n" + sentence * 30)
    assert len(one.passages) > 1
    assert all(p.text.endswith(".") and len(p.text.split()) <= MAX_WORDS for p in one.passages)


def test_one_endless_sentence_is_never_cut() -> None:
    one = outline_of("Title\nAbout:\n" + "word " * 200 + "end.")
    assert len(one.passages) == 1


def test_a_parent_without_colon_ends_at_the_next_heading_without_colon() -> None:
    one = outline_of("Title\n\nYour Stay\nFood:\nThere is food.\n\nSleep:\nThere is a bed.\n\nLeaving Home\nPack a bag.\n")
    assert paths(one) == ["Your Stay › Food", "Your Stay › Sleep", "Leaving Home"]


def test_headings_that_all_look_alike_stay_under_their_parent() -> None:
    one = outline_of("Title\n\nYour Stay:\nFood:\nThere is food.\n\nSleep:\nThere is a bed.\n")
    assert paths(one) == ["Your Stay › Food", "Your Stay › Sleep"]


def test_numbered_headings_are_headings_and_numbered_steps_are_not() -> None:
    page = "Title\n1. About it\nIt is a test.\n\n2. Getting ready\nBring a book to read.\n\n2.1 The day before\nSleep as long as you like.\n\nSteps:\n1. Sit down.\n2. Breathe\n"
    assert paths(outline_of(page)) == ["1. About it", "2. Getting ready", "2.1 The day before", "Steps", "Steps"]


def test_text_before_any_heading_belongs_to_the_title() -> None:
    assert paths(outline_of("A first sentence that is surely no heading.\nAnother one.")) == ["Title", "Title"]


@pytest.mark.parametrize("line", ["Note: eat well.", "A label that goes on and on and on for long: text.", "Open 9:30 daily."])
def test_what_is_no_label_stays_in_the_text(line: str) -> None:
    assert paths(outline_of(f"Title\nCare:\n{line}")) == ["Care"]


def test_a_question_and_its_answer_are_one_passage_whose_question_is_searched() -> None:
    one = outline_of("Title\nQ: May I drive?\nA: Not on the same day.\n")
    assert (one.passages[0].question, one.passages[0].text) == ("May I drive?", "Not on the same day.")


def test_markdown_nests_by_its_marks_and_keeps_tables_as_sentences() -> None:
    text, blocks = markdown_blocks(
        "# Title\n\n## Risks\n\n- **Serious Risks:** Rare.\n\n```\ncode text.\n```\n\n### Numbers\n\n| Side | Time |\n|---|---|\n| one | 45 |\n| | 60 |\n\nSoft\nbreak.\n"
    )
    one = outline(Document("page", "Title", text, "page.md"), blocks)
    assert paths(one)[0] == "Risks › Serious Risks"
    assert [p.text for p in one.passages][2:] == ["Side: one; Time: 45", "Time: 60", "Soft break."]
    assert one.passages[2].path[:2] == ("Risks", "Numbers")
    assert rebuilt(one)


def test_front_matter_is_read_and_left_out_of_the_text() -> None:
    meta, body = front_matter("---\ntitle: A Title\nreviewed_on: 2026-01-01\n---\nText.")
    assert (meta["title"], meta["reviewed_on"], body) == ("A Title", "2026-01-01", "Text.")
    assert front_matter("Text.") == ({}, "Text.")


def test_slugs_are_never_empty() -> None:
    assert (slug_of("Risks & Side Effects"), slug_of("!?")) == ("risks-side-effects", "section")
