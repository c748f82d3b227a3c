"""Only what the clinic wrote is explained, at the first place of the whole word, for its own document."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.check import check
from ingest.glossary import Glossary, Term
from ingest.types import ConfigurationError
from tests.conftest import CLINIC, ROOT

TEXT = "An MRI scan shows the joint. The scan is an MRI. Scanners differ."  # synthetic
MRI, SCAN = Term(("MRI scan",), "A picture."), Term(("scan", "MRI"), "Another.", "page")


def words(glossary: Glossary, document: str = "page", start: int = 0) -> list[tuple[str, int]]:
    return [(TEXT[one.start : one.end], one.start) for one in glossary.explained(document, TEXT, start, len(TEXT))]


def test_every_shipped_definition_is_copied_from_the_page_it_is_for() -> None:
    for term in Glossary.load(ROOT / "data" / "glossary.toml").terms:
        page = (CLINIC / f"{term.document}.txt").read_text(encoding="utf-8")
        assert term.definition in page
        assert any(word in page for word in term.words)


def test_the_longest_words_are_explained_once_and_never_a_part_of_a_word() -> None:
    assert words(Glossary((SCAN, MRI))) == [("MRI scan", 3), ("scan", TEXT.index("scan is"))]
    assert words(Glossary((SCAN,)), start=TEXT.index("Scanners")) == []


def test_a_term_of_one_document_explains_nothing_elsewhere_and_nothing_twice() -> None:
    assert words(Glossary((SCAN,)), "other") == []
    assert Glossary((SCAN,)).explained("page", TEXT, 0, len(TEXT), known=(SCAN,)) == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('[[term]]\nterm = "x ray"\n', "term.1.definition"),
        ('[[term]]\nterm = "x ray"\ndefinition = "A picture."\nfor = "page"', "term.1.for"),
        ("[[term", "cannot be used"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_and_the_check_warns_of_it(tmp_path: Path, entry: str, said: str) -> None:
    (tmp_path / "glossary.toml").write_text(entry, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        Glossary.load(tmp_path / "glossary.toml")
    (tmp_path / "clinic.toml").write_text('name = "A clinic"', encoding="utf-8")
    assert any(problem.code == "glossary" for problem in check((), tmp_path / "clinic.toml"))


def test_no_file_explains_nothing(tmp_path: Path) -> None:
    assert Glossary.load(tmp_path / "none.toml").terms == ()
