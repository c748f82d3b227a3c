"""Spans of the clinic's text as blocks: lists are lists, headings are headings, no word is lost, quotes are marked."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ingest.types import Section
from web.markup import anchor, blocks, lists

TEXT = """SI Joint Fusion
Risks and Side Effects:
-
Common Side Effects: Temporary soreness.
-
Serious Risks: Rare risks include infection.

1. First
2) Second
Plain words - with a dash.
"""
SECTIONS = (Section("x", ("Risks and Side Effects",), TEXT.index("Common"), len(TEXT)),)
LINES = st.lists(st.one_of(st.text("ab :-*.\t", max_size=12), st.sampled_from(["-", "- a", "1. b", "• c", ""])), max_size=12)


def test_a_lone_marker_makes_the_next_line_an_item() -> None:
    found = blocks(TEXT, 0, len(TEXT), sections=SECTIONS)
    assert [(block.kind, block.text) for block in found] == [
        ("paragraph", "SI Joint Fusion"),
        ("heading", "Risks and Side Effects"),
        ("item", "Common Side Effects: Temporary soreness."),
        ("item", "Serious Risks: Rare risks include infection."),
        ("item", "First"),
        ("item", "Second"),
        ("paragraph", "Plain words - with a dash."),
    ]
    assert [is_list for is_list, _ in lists(found)] == [False, True, False]


def test_a_quote_from_inside_a_list_is_an_item() -> None:
    start = TEXT.index("Serious")
    (block,) = blocks(TEXT, start, TEXT.index("\n", start))
    assert block.kind == "item"
    assert [(run.text, run.strong) for run in block.runs] == [("Serious Risks:", True), (" Rare risks include infection.", False)]


def test_a_heading_is_found_at_its_anchor() -> None:
    heading = next(block for block in blocks(TEXT, 0, len(TEXT), sections=SECTIONS) if block.kind == "heading")
    assert heading.anchor == anchor(("Risks and Side Effects",)) == "risks-and-side-effects"


@given(LINES, st.data())
def test_no_letter_is_lost_or_moved_and_marks_are_exactly_the_marked_letters(rows: list[str], data: st.DataObject) -> None:
    text = "\n".join(rows)
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    found = blocks(text, 0, len(text), marks=[(first, last)])
    shown = "".join(block.text for block in found)
    assert re.sub(r"[^ab]", "", shown) == re.sub(r"[^ab]", "", text)
    marked = "".join(run.text for block in found for run in block.runs if run.marked)
    assert re.sub(r"[^ab]", "", marked) == re.sub(r"[^ab]", "", text[first:last])
