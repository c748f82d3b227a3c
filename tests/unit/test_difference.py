"""What an editor changed, section by section and word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.answers import Question, Shown, answer_changes
from ingest.difference import LONGEST, section_changes, word_changes
from ingest.outline import outline
from ingest.read.text import text_blocks
from ingest.types import Document, Outline


def outlines(text: str) -> tuple[Outline, ...]:
    return (outline(Document("page", "Page", text, "page.txt"), text_blocks(text)),)


WORDS = st.lists(st.sampled_from("one two three four five.".split())).map(" ".join)


@given(WORDS, WORDS)
def test_the_runs_of_a_change_rebuild_both_texts(was: str, now: str) -> None:
    runs = list(word_changes(was, now))
    assert " ".join(words for what, words in runs if what != "added") == was
    assert " ".join(words for what, words in runs if what != "removed") == now


def test_a_very_long_section_is_shown_as_replaced() -> None:
    long = "word " * (LONGEST + 1)
    assert [what for what, _ in word_changes(long, long + "more")] == ["removed", "added"]


def test_sections_are_added_changed_and_removed() -> None:
    before = outlines("Page\nRisks:\nBleeding is rare.\n\nFood:\nEat well.\n\nSame:\nNothing new.\n")
    after = outlines("Page\nRisks:\nBleeding is very rare.\n\nCost:\nIt is free.\n\nSame:\nNothing new.\n")
    changes = {one.section[0]: one for one in section_changes(before, after)}
    assert {name: one.action for name, one in changes.items()} == {"Risks": "changed", "Cost": "added", "Food": "removed"}
    assert changes["Risks"].words == (("same", "Bleeding is"), ("added", "very"), ("same", "rare."))


def test_an_answer_that_loses_its_section_comes_first() -> None:
    right = Shown("answered", "Old words.", (("page", ("Risks", "Serious Risks")),))
    other = Shown("answered", "New words.", (("page", ("Risks",)),))
    none = Shown("not_covered", "We do not say.", ())
    asked = [
        Question("reworded", "page", ("Risks",)),
        Question("lost", "page", ("Risks", "Serious Risks")),
        Question("same", "page", ("Risks",)),
        Question("suggested", "page"),
    ]
    changes = answer_changes(asked, [right, right, right, right], [other, none, right, none])
    assert [(one.question, one.lost) for one in changes] == [("lost", True), ("suggested", False), ("reworded", False)]
