"""Words are taken out of answers at once, and come back by a new text or when somebody says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest import audit, withdrawn
from ingest.outline import outline
from ingest.read.text import text_blocks
from ingest.types import Document, IndexDamaged, Outline
from ingest.withdrawn import UnknownPlace

TEXT = "Page\nRisks:\nSerious Risks: Bleeding is rare.\n\nAftercare:\nRest for a day.\n"


def outlines(text: str = TEXT) -> tuple[Outline, ...]:
    return (outline(Document("page", "Page", text, "page.txt"), text_blocks(text)),)


def withdraw(index: Path, place: str) -> None:
    withdrawn.withdraw(index, outlines(), place, "Ana", "wrong dose")


@pytest.mark.parametrize(
    "place", ["page#risks/serious-risks", "page#Serious Risks", "page#Risks › Serious Risks", "page#serious-risks"]
)
def test_a_section_is_named_in_any_way_an_editor_would(place: str, tmp_path: Path) -> None:
    withdraw(tmp_path, place)
    one = withdrawn.read(tmp_path)[0]
    assert (one.document, one.section, one.who, one.why) == ("page", ("Risks", "Serious Risks"), "Ana", "wrong dose")
    assert json.loads((tmp_path / "WITHDRAWN.json").read_text())["withdrawn"][0]["section"] == ["Risks", "Serious Risks"]


def test_a_parent_covers_its_children_and_a_document_everything(tmp_path: Path) -> None:
    withdraw(tmp_path, "page#Risks")
    one = withdrawn.read(tmp_path)[0]
    assert (
        one.covers("page", ("Risks", "Serious Risks"))
        and not one.covers("page", ("Aftercare",))
        and not one.covers("other", ("Risks",))
    )
    withdraw(tmp_path, "page")
    assert all(any(w.covers("page", path) for w in withdrawn.read(tmp_path)) for path in [("Risks",), ("Aftercare",)])


@pytest.mark.parametrize("place", ["other", "page#Cost"])
def test_an_unknown_place_is_said_with_the_known_ones(place: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPlace, match="Known: .*page|Known: risks"):
        withdraw(tmp_path, place)
    assert withdrawn.read(tmp_path) == ()


def test_restoring_ends_it_and_both_are_recorded(tmp_path: Path) -> None:
    withdraw(tmp_path, "page#Risks")
    assert withdrawn.restore(tmp_path, outlines(), "page#Risks", "Bo", "checked") == 1
    assert withdrawn.read(tmp_path) == ()
    assert [(row["who"], row["what"]) for row in audit.rows(tmp_path)] == [("Ana", "withdraw"), ("Bo", "restore")]
    with pytest.raises(UnknownPlace, match="not withdrawn"):
        withdrawn.restore(tmp_path, outlines(), "page#Risks", "Bo", "")


def test_a_new_text_ends_a_withdrawal_and_another_sections_does_not(tmp_path: Path) -> None:
    withdraw(tmp_path, "page#Risks")
    withdraw(tmp_path, "page#Aftercare")
    ended = withdrawn.lift(tmp_path, outlines(), outlines(TEXT.replace("Bleeding is rare", "Bleeding is very rare")), "Bo")
    assert [one.section for one in ended] == [("Risks",)]
    assert [one.section for one in withdrawn.read(tmp_path)] == [("Aftercare",)]


def test_a_damaged_list_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "WITHDRAWN.json").write_text('{"withdrawn": [{"document"')
    with pytest.raises(IndexDamaged, match="WITHDRAWN"):
        withdrawn.read(tmp_path)
