"""Hits that answer become citations, and citations become the sentences that a patient reads."""

from __future__ import annotations

from collections.abc import Sequence

from bot.types import Citation, Hit, Sentence
from ingest.index import Index
from ingest.sentences import sentence_spans
from ingest.stored import VersionText
from ingest.types import Passage


def cite(index: Index, passage: Passage) -> Citation:
    """The whole passage, list label included: a qualifier is never cut off."""
    return Citation(index.documents[passage.document], passage.path, passage.start, passage.end, index.manifest.id)


def quote(index: Index, hits: Sequence[Hit]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Sentences and citations of the hits in the order of the document, each passage once."""
    passages = {hit.passage.id: hit.passage for hit in hits}
    ordered = sorted(passages.values(), key=lambda passage: (passage.document, passage.start))
    citations = tuple(cite(index, passage) for passage in ordered)
    sentences = tuple(
        Sentence(citation.source.text[start:end], number)
        for number, citation in enumerate(citations)
        for start, end in sentence_spans(citation.source.text, citation.start, citation.end)
    )
    return sentences, citations


def whole_section(version: VersionText | Index, citation: Citation) -> Citation:
    """The section that a heading opens around a citation: a run-in label counts as part of its section."""
    inside = [
        section
        for section in version.sections
        if section.document == citation.document and section.start <= citation.start and citation.end <= section.end
    ]
    depth = max(1, len(citation.section) - (1 if _is_labelled(citation) else 0))
    fitting = [section for section in inside if len(section.path) == min(depth, len(citation.section))]
    section = fitting[0] if fitting else inside[0]
    return Citation(citation.source, section.path, section.start, section.end, citation.version)


def _is_labelled(citation: Citation) -> bool:
    return citation.quote.startswith(f"{citation.section[-1]}:")
