"""A citation is its span, or it cannot be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cite
from bot.types import Answer, Citation, CitationError, Hit, Sentence
from ingest.index import Index
from ingest.types import Document
from ingest.versions import Versions

DOCUMENT = Document("page", "Page", "Risks:\nPain may come back. It is rare.\n", "page.txt")


@given(st.integers(-5, 60), st.integers(-5, 60))
def test_a_citation_is_its_span_or_is_refused(start: int, end: int) -> None:
    try:
        citation = Citation(DOCUMENT, ("Risks",), start, end, "v")
    except CitationError:
        assert not (0 <= start < end <= len(DOCUMENT.text)) or not DOCUMENT.text[start:end].strip()
    else:
        assert citation.quote == DOCUMENT.text[start:end]


def test_an_answer_without_a_citation_cannot_be_made() -> None:
    with pytest.raises(CitationError):
        Answer(text="Take two.", sentences=(), citations=())


def test_a_sentence_that_its_citation_does_not_hold_cannot_be_shown() -> None:
    citation = Citation(DOCUMENT, ("Risks",), 7, 26, "v")
    with pytest.raises(CitationError, match="does not stand"):
        Answer(text="x", sentences=(Sentence("Pain will not come back.", 0),), citations=(citation,))


@pytest.fixture(scope="module")
def index(clinic_index: Path) -> Index:
    versions = Versions(clinic_index)
    version = versions.current()
    assert version
    return Index(versions.path(version), versions.manifest(version))


def test_quotes_come_whole_in_the_order_of_the_document_each_once(index: Index) -> None:
    hits = [Hit(index.passages[n], n, 0.0, 0.0) for n in (11, 10, 11)]
    sentences, citations = cite.quote(index, hits)
    assert [c.section[-1] for c in citations] == ["Common Side Effects", "Serious Risks"]
    assert all(s.text in citations[s.citation].quote for s in sentences)
    assert citations[1].quote.startswith("Serious Risks:")


def test_the_section_around_a_labelled_item_is_the_whole_list(index: Index) -> None:
    section = cite.whole_section(index, cite.cite(index, index.passages[11]))
    assert section.section == ("Risks and Side Effects",)
    assert "Common Side Effects" in section.quote and "Serious Risks" in section.quote


def test_the_section_around_a_paragraph_is_its_own(index: Index) -> None:
    section = cite.whole_section(index, cite.cite(index, index.passages[5]))
    assert section.section == ("Procedure Details", "Duration")
    assert section.quote == index.passages[5].text


def test_a_section_is_found_even_for_a_path_that_no_heading_has(index: Index) -> None:
    citation = replace(cite.cite(index, index.passages[0]), section=("a", "b", "c"))
    assert index.passages[0].text in cite.whole_section(index, citation).quote
