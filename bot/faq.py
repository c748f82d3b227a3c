"""A patient's question becomes exactly one Reply. `Faq.ask` is the program's table of contents."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from bot import cite, followup
from bot.abstention import Abstention, reason_for
from bot.amount import UNSTATED, asks_amount, states_amount
from bot.courtesy import courtesy
from bot.followup import Asked
from bot.journal import Journal, NullJournal, open_journal
from bot.library import Library, Shelf
from bot.parts import asking, parts
from bot.published import PublishedDocument, published_document
from bot.quoting import MIN_ANSWERABLE, answers, quoted, withdrawn
from bot.reader import Reader, Reading, telling
from bot.record import Recorder
from bot.redact import Redacted, saw_identifier
from bot.scope import Elsewhere, Names, Settled, Unsettled
from bot.search import search
from bot.settings import ROOT, Settings
from bot.suggest import Suggestions, load_questions
from bot.triage import Assessment, Level, Triage
from bot.types import (
    Answer,
    Band,
    Choice,
    Citation,
    Clarify,
    Escalation,
    Hit,
    Notice,
    Question,
    Reason,
    Reply,
    Turn,
    Unavailable,
)
from bot.vocabulary import Vocabulary
from bot.wording import Wording
from ingest.embed import ReaderModel, Vectors, find_model, load_embeddings
from ingest.glossary import Glossary
from ingest.kinds import Kind, kind_of_path
from ingest.types import ConfigurationError, FaqError
from ingest.versions import Versions

SURE = 0.98  # probability; asked of a page when the message reads like small talk or another field: jokes reach .92
COMPLETE = 0.9  # probability; below, the page says something on this and the patient is told that it may not be all
FURTHER = 0.9  # probability; words not shown yet are given to "and the others?" from here
log = logging.getLogger(__name__)
Embed = Callable[[str], Vectors]


class Faq:
    """The engine of one process. `ask` is safe to call from several threads and never raises."""

    def __init__(
        self,
        library: Library,
        triage: Triage,
        wording: Wording,
        reader: Reader,
        embed: Embed,
        questions: dict[Kind, str],
        journal: Journal,
        vocabulary: Vocabulary,
        glossary: Glossary,
    ) -> None:
        self._library, self._triage, self.wording, self._reader = library, triage, wording, reader
        self._vocabulary = vocabulary
        self.journal = Recorder(journal, vocabulary, self._texts)
        self.glossary = glossary
        self._embed = functools.lru_cache(maxsize=256)(embed)  # memory only; triage and search ask for the same text
        self._questions = questions
        self._suggestions = Suggestions(questions, self._kinds)
        self._abstention = Abstention(wording, self._suggestions)

    @classmethod
    def open(cls, settings: Settings, *, with_journal: bool = False, version: str | None = None) -> Faq:
        """Loads and warms everything once; answers from `version`, or from the one in use and those that follow it.

        Raises FaqError when a model, a setting or the safety data is wrong.
        """
        triage = Triage.load(settings.safety)
        wording = Wording.load(settings.safety / "messages.yaml", ROOT / "data" / "clinic.toml")
        threadpool_limits(1, "blas")  # small products: a second thread only waits for a core (1 ms against 100 on a busy machine)
        folder = find_model(settings.embedding_model)
        model = ReaderModel(settings.reader)
        embeddings = load_embeddings(folder, settings.models)
        library = Library(Versions(settings.index), Names.load(ROOT / "data" / "names.toml"), folder.id, model.id, version)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        journal = open_journal(settings.journal, settings.retention, settings.evidence) if with_journal else NullJournal()
        questions = load_questions(ROOT / "data" / "questions.toml")
        vocabulary, glossary = Vocabulary.load(settings.safety), _glossary(ROOT / "data" / "glossary.toml")

        def embed(text: str) -> Vectors:
            return np.asarray(embeddings.embed_query(text), dtype=np.float32)

        faq = cls(library, triage, wording, Reader(model), embed, questions, journal, vocabulary, glossary)
        faq.ask(Question("how long does it take"))
        return faq

    def beside(self, index: Path, version: str | None = None) -> Faq:
        """The same engine over another index folder, or one version: for staff. It writes no journal. Close it after use."""
        library = self._library.over(Versions(index), version)
        parts = self._triage, self.wording, self._reader, self._embed, self._questions, NullJournal()
        return Faq(library, *parts, self._vocabulary, self.glossary)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(n, d) unit vectors, for staff who group questions by meaning."""
        return np.stack([self._embed(text) for text in texts])

    def redact(self, text: str) -> Redacted:
        """Staff's own words as the journal may keep them: they may repeat a patient's."""
        return self.journal.redact(text)

    def ask(self, question: Question) -> Reply:
        """Danger first, then the procedure, then the words that answer, or an honest no."""
        assessment = self._triage.assess(question.text, self._embed)
        if assessment.level >= Level.URGENT:
            return self._escalation(assessment)
        try:
            reply = self._answer(question, assessment)
        except FaqError as error:
            log.error("no answer could be given: %s", error)
            reply = Unavailable(text=self.wording.text("unavailable"))
        except Exception:  # a patient always gets words to act on; the traceback goes to the log, without the question
            log.exception("no answer could be given")
            reply = Unavailable(text=self.wording.text("unavailable"))
        return replace(reply, notices=(*_notices(question, assessment), *reply.notices))

    def _answer(self, question: Question, assessment: Assessment) -> Reply:
        shelf = self._library.shelf()
        if assessment.language == "es" and not any(d.language == "es" for d in shelf.index.documents.values()):
            return self._abstention.no(shelf, Reason.LANGUAGE, assessment.normalised, None)
        if courtesy(assessment.normalised):
            return self._abstention.no(shelf, Reason.COURTESY, assessment.normalised, question.procedure)
        asked = followup.asked(assessment.normalised, question.turns)
        if asked is None:
            return self._abstention.no(shelf, Reason.TOPIC, assessment.normalised, question.procedure)
        if not asked.text.strip():
            return self._abstention.no(shelf, Reason.EMPTY, asked.text, question.procedure)
        match shelf.scope.settle(asked.text, question.procedure, _spoken(question.turns)):
            case Elsewhere(name):
                return self._abstention.no(shelf, Reason.OTHER_PROCEDURE, asked.text, question.procedure, name=name)
            case Unsettled(candidates):
                return self._clarify(shelf, asked.searched, candidates, assessment)
            case Settled(procedure, text):
                shown = followup.shown(asked, question.turns)
                return self._read(shelf, procedure, replace(asked, text=text), asked.searched, assessment, shown)

    def _read(
        self, shelf: Shelf, procedure: str, asked: Asked, searched: str, assessment: Assessment, shown: frozenset[tuple[str, int]]
    ) -> Reply:
        vector = self._embed(searched)  # the text that triage embedded too, unless it was a follow-up
        bar = MIN_ANSWERABLE if not assessment.outside or asked.leans else SURE
        readings = [(part, self._reading(shelf, procedure, replace(asked, text=part), vector)) for part in parts(asked.text)]
        if shown and (further := self._reading(shelf, procedure, asked, vector, shown)).answerable >= max(bar, FURTHER):
            readings = [(asked.text, further)]
        answered = [(part, reading) for part, reading in readings if answers(shelf, reading, bar)]
        best = max((reading for _, reading in readings), key=lambda reading: reading.answerable)
        if not answered:
            return self._abstention.no(shelf, reason_for(shelf, best, assessment, bar), searched, procedure, best=best)
        used = [hit for _, reading in answered for hit in quoted(reading)]
        sentences, citations = cite.quote(shelf.index, used)
        gone = tuple(part for part, reading in readings if withdrawn(shelf, reading, bar))
        missing = tuple(part for part, reading in readings if reading.answerable < bar)
        touched = any(reading.answerable < COMPLETE for _, reading in answered)
        return Answer(
            text="\n".join(citation.quote for citation in citations),
            sentences=sentences,
            citations=citations,
            missing=missing,
            withdrawn=gone,
            notices=(*((Notice.PART_MISSING,) if missing or gone else ()), *((Notice.PARTIAL,) if touched else ())),
            procedure=procedure,
            searched=searched,
            confidence=min(reading.answerable for _, reading in answered),
            version=shelf.index.manifest.id,
            hits=best.hits,
        )

    def _reading(
        self, shelf: Shelf, procedure: str, asked: Asked, vector: Vectors, shown: frozenset[tuple[str, int]] = frozenset()
    ) -> Reading:
        """Which of the passages answers; a question for an amount only when a sentence of it states one."""
        found = search(shelf.index, shelf.lexicon, asked.searched, vector, procedure)
        hits = [hit for hit in found if (hit.passage.document, hit.passage.start) not in shown]
        reading, question = self._surest(shelf, asked, hits), asking(asked.text)
        if reading.answerable < MIN_ANSWERABLE or not asks_amount(question):
            return reading
        sentences = (one for hit in quoted(reading)[:2] for one in telling(hit))
        stated = any(states_amount(question, sentence) for sentence in sentences)
        return reading if stated else replace(reading, answerable=UNSTATED)

    def _surest(self, shelf: Shelf, asked: Asked, hits: Sequence[Hit]) -> Reading:
        """The message read whole and, when it tells a story too, by what it asks alone: the surer of the two.

        What has no topic of its own is read as one with the question before.
        """
        if asked.leans:
            return self._reader.read(asked.searched, shelf.index, hits)
        told = dict.fromkeys((asked, replace(asked, text=asking(asked.text))))
        readings = [self._reader.read(one.text, shelf.index, hits, one.searched) for one in told]
        return max(readings, key=lambda reading: reading.answerable)

    def _clarify(self, shelf: Shelf, asked: str, candidates: tuple[str, ...], assessment: Assessment) -> Reply:
        if not candidates and assessment.outside:
            return self._abstention.no(shelf, Reason.OFF_TOPIC, asked, None)
        slugs = candidates or tuple(sorted(shelf.titles, key=lambda slug: shelf.titles[slug]))
        choices = tuple(Choice(shelf.titles[slug], asked, slug) for slug in slugs)
        return Clarify(text=self.wording.text("clarify"), searched=asked, choices=choices, version=shelf.index.manifest.id)

    def danger(self, text: str, least: Level = Level.EMERGENCY, *, rules_only: bool = True) -> Escalation | None:
        """The card for a red flag. By the rules alone it needs no model, no index, a few ms: asked even when all else is busy."""
        assessment = self._triage.assess(text, None if rules_only else self._embed)
        return self._escalation(assessment) if assessment.level >= least else None

    def _escalation(self, assessment: Assessment) -> Escalation:
        band: Band = (
            "crisis" if assessment.level is Level.CRISIS else "emergency" if assessment.level is Level.EMERGENCY else "urgent"
        )
        card = self.wording.card(band, assessment.language)
        return Escalation(text=card.text, band=band, language=card.language)

    def suggestions(self, procedure: str | None) -> tuple[Choice, ...]:
        """Four questions for an empty chat: about the page, or the only procedure there is, or one a procedure, each of another kind."""
        return self._suggestions.first(self._library.shelf(), procedure)

    def related(self, reply: Reply) -> tuple[Choice, ...]:
        """Up to three next questions that the page answers and this reply did not."""
        if not isinstance(reply, Answer) or reply.procedure is None:
            return reply.choices
        shelf = self._library.shelf()
        shown = [kind_of_path(citation.section) for citation in reply.citations]
        return self._suggestions.near(shelf, reply.procedure, (), shown) if reply.procedure in shelf.titles else ()

    def _kinds(self, shelf: Shelf, procedure: str, question: str) -> list[Kind | None]:
        """The kinds of section that a question is really answered from; none when it is refused."""
        match shelf.scope.settle(question, procedure, None):
            case Settled(_, searched):
                reading = self._reading(shelf, procedure, Asked(searched), self._embed(question))
                right = answers(shelf, reading, MIN_ANSWERABLE)
                return [kind_of_path(hit.passage.path) for hit in quoted(reading)] if right else []
            case _:
                return []

    def procedures(self) -> tuple[tuple[str, str], ...]:
        """Slug and title of every published procedure, by title."""
        return tuple(sorted(self._library.shelf().titles.items(), key=lambda pair: pair[1]))

    def whole_section(self, citation: Citation) -> Citation:
        """The section that a heading opens around a citation, from the version that the citation names.

        Only the citation when something in that section is withdrawn: it is not shown around the quoted words either.
        """
        whole = cite.whole_section(self._library.text(citation.version), citation)
        return whole if self._library.shelf().may_show(whole.document, whole.section) else citation

    def document(self, slug: str, version: str | None = None) -> PublishedDocument | None:
        """A published document, of an earlier version when one is named; None when there is no such document."""
        return published_document(self._library, slug, version)

    @property
    def version(self) -> str | None:
        """The version in use, None when nothing is published."""
        try:
            return self._library.shelf().index.manifest.id
        except FaqError:
            return None

    def close(self) -> None:
        self.journal.close()
        self._library.close()

    def _texts(self) -> tuple[str, list[str]]:
        """The version in use and the texts of its documents, for redaction; empty when nothing is published."""
        try:
            index = self._library.shelf().index
        except FaqError:
            return "", []
        return index.manifest.id, [document.text for document in index.documents.values()]


def _glossary(path: Path) -> Glossary:
    """An explanation is a help beside an answer: without a readable glossary patients still get answers. The check tells editors."""
    try:
        return Glossary.load(path)
    except ConfigurationError as error:
        log.error("no words are explained: %s", error)
        return Glossary()


def _notices(question: Question, assessment: Assessment) -> tuple[Notice, ...]:
    notices = []
    if assessment.level is Level.SYMPTOM:
        again = any({Notice.SYMPTOM, Notice.SYMPTOM_AGAIN} & set(turn.reply.notices) for turn in question.turns)
        notices.append(Notice.SYMPTOM_AGAIN if again else Notice.SYMPTOM)
    if assessment.advice:
        notices.append(Notice.ADVICE)
    if saw_identifier(question.text):
        notices.append(Notice.PRIVACY)
    return tuple(notices)


def _spoken(turns: Sequence[Turn]) -> str | None:
    """The procedure of the last turn that was about one."""
    return next((turn.reply.procedure for turn in reversed(turns) if turn.reply.procedure), None)
