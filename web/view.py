"""A Reply becomes what a screen draws: cards, words as blocks, sources with the quoted words marked. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, takewhile
from typing import assert_never, get_args
from urllib.parse import urlencode

from bot.faq import Faq
from bot.kept import Kept
from bot.language import Language
from bot.published import published_on
from bot.types import Answer, Citation, Clarify, Escalation, NoAnswer, Notice, Reply, Unavailable
from bot.wording import Card, Contact
from ingest.glossary import Glossary, Term
from web.labels import Labels
from web.markup import Block, blocks

PATH_SEPARATOR = " › "
_LOOK = {"emergency": "danger", "crisis": "danger", "urgent": "care"}
_CARDS = {Notice.SYMPTOM: ("symptom", "care"), Notice.ADVICE: ("advice", "calm")}  # notice -> card of messages.yaml, look
_NOTES = {Notice.PRIVACY: "privacy_notice", Notice.PARTIAL: "partial"}  # notice -> text of messages.yaml


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A fixed message in its frame; `look` is danger, care or calm."""

    card: Card
    look: str


@dataclass(frozen=True, slots=True)
class Source:
    """One section with the quoted words in it, and the link to its place on the content page."""

    title: str
    path: str
    section: tuple[Block, ...]
    published: date
    href: str
    language: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the clinic says a word of the answer means."""

    number: str
    words: str
    definition: str


@dataclass(frozen=True, slots=True)
class View:
    """One reply, ready to draw."""

    status: str
    heading: str
    cards: tuple[ShownCard, ...]
    notes: tuple[str, ...]  # one line each, above the words
    words: tuple[Block, ...]
    meanings: tuple[Meaning, ...]
    missing: tuple[str, ...]  # which parts of the question are not answered and why, below the words
    sources: tuple[Source, ...]
    announcement: str  # what a screen reader says, once
    language: str  # of our own words
    words_language: str  # of the clinic's words
    contact: Contact
    rated: bool  # whether it is asked if this helped, and offered to take it to the care team


def view(reply: Reply, faq: Faq, labels: Labels) -> View:
    """Everything a screen shows of a reply but its choices."""
    sources = _sources(reply.citations, faq) if isinstance(reply, Answer) else ()
    cards = _cards(reply, faq, labels)
    words, meanings = _words(reply, faq.glossary)
    heading = _heading(reply, sources, labels)
    notes = tuple(faq.wording.text(key, _language(labels)) for notice, key in _NOTES.items() if notice in reply.notices)
    missing = _missing(reply, faq, labels)
    counted = labels.sources_said if sources else ""
    carded = (line for shown in cards for line in (shown.card.title, *shown.card.lines))
    said = " ".join(filter(None, (*carded, *notes, *(block.text for block in words), *missing, counted)))
    language = reply.language if isinstance(reply, Escalation) else labels.language
    quoted = reply.citations[0].source.language if isinstance(reply, Answer) else language
    contact, rated = faq.wording.contact(_language(labels)), isinstance(reply, Answer | NoAnswer)
    return View(reply.status, heading, cards, notes, words, meanings, missing, sources, said, language, quoted, contact, rated)


def choices_heading(reply: Reply, labels: Labels) -> str:
    """What stands above the choices of a reply, or above the next questions when it has none."""
    if isinstance(reply, Clarify):
        return labels.pick
    return labels.choices if reply.choices else labels.related


def citation_href(citation: Citation) -> str:
    """The content page as the patient saw it, at the quoted words."""
    query = urlencode({"version": citation.version, "start": citation.start, "end": citation.end})
    return f"/procedures/{citation.document}?{query}#quote"


def _heading(reply: Reply, sources: Sequence[Source], labels: Labels) -> str:
    match reply:
        case Answer():
            return labels.answer if len({source.title for source in sources}) == 1 else labels.answer_many
        case Escalation():
            return labels.urgent
        case NoAnswer() | Clarify() | Unavailable():
            return ""
        case _:
            assert_never(reply)


def _cards(reply: Reply, faq: Faq, labels: Labels) -> tuple[ShownCard, ...]:
    if isinstance(reply, Escalation):
        return (ShownCard(faq.wording.card(reply.band, "es" if reply.language == "es" else "en"), _LOOK[reply.band]),)
    shown = [_CARDS[notice] for notice in reply.notices if notice in _CARDS]
    return tuple(ShownCard(faq.wording.card(name, _language(labels)), look) for name, look in shown)


def kept_cards(kept: Kept, faq: Faq) -> tuple[ShownCard, ...]:
    """The cards of a kept reply: one for danger only when its words are still those that were read, others in today's words."""
    line = kept.listed
    if line.status in _LOOK:
        ways = (faq.wording.card(line.status, language) for language in get_args(Language))
        return tuple(ShownCard(card, _LOOK[line.status]) for card in ways if card.text == kept.text)[:1]
    shown = [_CARDS[notice] for notice in _CARDS if notice in line.notices]
    return tuple(ShownCard(faq.wording.card(name), look) for name, look in shown)


def kept_notes(kept: Kept, faq: Faq) -> tuple[str, ...]:
    """The lines that stood above and below the words of a kept reply, in today's words."""
    above = (faq.wording.text(key) for notice, key in _NOTES.items() if notice in kept.listed.notices)
    missing = f"{faq.wording.text('part_missing')} “{'”, “'.join(kept.missing)}”" if kept.missing else ""
    return tuple(filter(None, (*above, missing)))


def _missing(reply: Reply, faq: Faq, labels: Labels) -> tuple[str, ...]:
    if not isinstance(reply, Answer):
        return ()
    parts = (("part_missing", reply.missing), ("part_withdrawn", reply.withdrawn))
    return tuple(f"{faq.wording.text(key, _language(labels))} “{'”, “'.join(said)}”" for key, said in parts if said)


def _language(labels: Labels) -> Language:
    return "es" if labels.language == "es" else "en"


def _words(reply: Reply, glossary: Glossary) -> tuple[tuple[Block, ...], tuple[Meaning, ...]]:
    match reply:
        case Answer():
            return _quoted(reply, glossary)
        case Escalation():
            return (), ()
        case NoAnswer() | Clarify() | Unavailable():
            return blocks(reply.text, 0, len(reply.text)), ()
        case _:
            assert_never(reply)


def _quoted(reply: Answer, glossary: Glossary) -> tuple[tuple[Block, ...], tuple[Meaning, ...]]:
    """The cited words, each word that the glossary explains marked at its first place."""
    found: list[Block] = []
    explained: dict[Term, Meaning] = {}
    for citation in reply.citations:
        terms = {}
        text = citation.source.text
        for place in glossary.explained(citation.document, text, citation.start, citation.end, explained):
            number = str(len(explained) + 1)
            explained[place.term] = Meaning(number, text[place.start : place.end], place.term.definition)
            terms[place.start, place.end] = number
        found.extend(blocks(text, citation.start, citation.end, terms=terms))
    return tuple(found), tuple(explained.values())


def _sources(citations: Sequence[Citation], faq: Faq) -> tuple[Source, ...]:
    """One source a section, in the answer's order, however many of its words are quoted."""
    placed = [(faq.whole_section(citation), citation) for citation in citations]
    return tuple(
        _source(whole, [citation for _, citation in group], faq) for whole, group in groupby(placed, key=lambda pair: pair[0])
    )


def _source(whole: Citation, quoted: Sequence[Citation], faq: Faq) -> Source:
    published = faq.document(whole.document, whole.version)
    sections = published.sections if published else ()
    marks = [(citation.start, citation.end) for citation in quoted]
    section = blocks(whole.source.text, whole.start, whole.end, marks=marks, sections=sections)
    levels = zip(*(citation.section for citation in quoted), strict=False)
    common = tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels))
    path = PATH_SEPARATOR.join(common if len(common) > len(whole.section) else whole.section)
    return Source(whole.title, path, section, published_on(whole.version), citation_href(quoted[0]), whole.source.language)
