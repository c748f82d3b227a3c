"""A patient's question becomes exactly one Reply. `Faq.ask` is the program's table of contents."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from bot import cite, followup
from bot.journal import Journal, NullJournal, open_journal
from bot.library import Library, Shelf
from bot.parts import asking, parts
from bot.reader import Reader, Reading
from bot.record import Recorder
from bot.redact import saw_identifier
from bot.scope import Elsewhere, Names, Settled, Unsettled
from bot.search import search
from bot.settings import ROOT, Settings
from bot.suggest import load_questions, suggested
from bot.triage import Assessment, Level, Triage
from bot.types import (
    Answer,
    Band,
    Choice,
    Citation,
    Clarify,
    Escalation,
    Hit,
    NoAnswer,
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
from ingest.types import FaqError, Section
from ingest.versions import Versions

MIN_ANSWERABLE = 0.78  # probability; set on tests/quality, checked on questions kept apart from it, see decisions/0007
NEAR = MIN_ANSWERABLE / 4  # probability; above, a refusal names the section that comes nearest
ALSO = 0.2  # a further passage is quoted when it is this share as probable as the best one
MOST_QUOTED = 6  # passages; more than a patient reads on a phone at once
SURE = 0.98  # probability; asked of a page when the message reads like small talk or another field: jokes reach .92
LISTED = 0.35  # another item of the same list is shown when it states what is asked for this fully, by the intent layer
COMPLETE = 0.9  # probability; below, the page says something on this and the patient is told that it may not be all
FURTHER = 0.9  # probability; words not shown yet are given to "and the others?" from here
CHOICES = 3  # questions offered after a reply
FIRST_CHOICES = 4  # questions offered in an empty chat
log = logging.getLogger(__name__)
Embed = Callable[[str], Vectors]


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """A document of one version, for its content page."""

    slug: str
    title: str
    text: str
    sections: tuple[Section, ...]
    version: str
    published_on: date


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
        self._suggested = functools.lru_cache(maxsize=512)(self._suggest)

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
        embeddings = load_embeddings(folder, threads=1)
        lock = threading.Lock()  # two encodings at once are slower than one after the other on two cores

        def embed(text: str) -> Vectors:
            with lock:
                return np.asarray(embeddings.embed_query(text), dtype=np.float32)

        library = Library(Versions(settings.index), Names.load(ROOT / "data" / "names.toml"), folder.id, model.id, version)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        journal = open_journal(settings.journal, settings.retention, settings.evidence) if with_journal else NullJournal()
        questions = load_questions(ROOT / "data" / "questions.toml")
        vocabulary, glossary = Vocabulary.load(settings.safety), Glossary.load(ROOT / "data" / "glossary.toml")
        faq = cls(library, triage, wording, Reader(model), embed, questions, journal, vocabulary, glossary)
        faq.ask(Question("how long does it take"))
        return faq

    def beside(self, index: Path) -> Faq:
        """The same engine over another index folder, for staff who try a draft. It writes no journal. Close it after use."""
        library = self._library.over(Versions(index))
        parts = self._triage, self.wording, self._reader, self._embed, self._questions, NullJournal()
        return Faq(library, *parts, self._vocabulary, self.glossary)

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
            return self._no(shelf, Reason.LANGUAGE, assessment.normalised, None)
        asked = followup.standalone(assessment.normalised, question.turns)
        if asked is None:
            return self._no(shelf, Reason.TOPIC, assessment.normalised, question.procedure)
        if not asked.strip():
            return self._no(shelf, Reason.EMPTY, asked, question.procedure)
        match shelf.scope.settle(asked, question.procedure, _spoken(question.turns)):
            case Elsewhere(name):
                return self._no(shelf, Reason.OTHER_PROCEDURE, asked, question.procedure, name=name)
            case Unsettled(candidates):
                return self._clarify(shelf, asked, candidates, assessment)
            case Settled(procedure, searched):
                shown = followup.shown(assessment.normalised, question.turns)
                return self._read(shelf, procedure, asked, searched, assessment, shown)

    def _read(
        self, shelf: Shelf, procedure: str, asked: str, searched: str, assessment: Assessment, shown: frozenset[tuple[str, int]]
    ) -> Reply:
        vector = self._embed(asked)  # the text that triage embedded too, unless it was a follow-up
        bar = MIN_ANSWERABLE if assessment.topic == "procedure" else SURE
        readings = [(part, self._reading(shelf, procedure, part, vector)) for part in parts(searched)]
        if shown and (further := self._reading(shelf, procedure, searched, vector, shown)).answerable >= max(bar, FURTHER):
            readings = [(searched, further)]
        answered = [(part, reading) for part, reading in readings if _answers(shelf, reading, bar)]
        best = max((reading for _, reading in readings), key=lambda reading: reading.answerable)
        if not answered:
            return self._refuse(shelf, procedure, asked, best, assessment, bar)
        used = [hit for _, reading in answered for hit in quoted(reading)]
        sentences, citations = cite.quote(shelf.index, used)
        withdrawn = tuple(part for part, reading in readings if _withdrawn(shelf, reading, bar))
        missing = tuple(part for part, reading in readings if reading.answerable < bar)
        touched = any(reading.answerable < COMPLETE for _, reading in answered)
        return Answer(
            text="\n".join(citation.quote for citation in citations),
            sentences=sentences,
            citations=citations,
            missing=missing,
            withdrawn=withdrawn,
            notices=(*((Notice.PART_MISSING,) if missing or withdrawn else ()), *((Notice.PARTIAL,) if touched else ())),
            procedure=procedure,
            searched=asked,
            confidence=min(reading.answerable for _, reading in answered),
            version=shelf.index.manifest.id,
            hits=best.hits,
        )

    def _reading(
        self, shelf: Shelf, procedure: str, question: str, vector: Vectors, shown: frozenset[tuple[str, int]] = frozenset()
    ) -> Reading:
        """The message read whole and, when it tells a story too, by what it asks alone: the surer of the two."""
        found = search(shelf.index, shelf.lexicon, question, vector, procedure)
        hits = [hit for hit in found if (hit.passage.document, hit.passage.start) not in shown]
        readings = [self._reader.read(text, shelf.index, hits) for text in dict.fromkeys((question, asking(question)))]
        return max(readings, key=lambda reading: reading.answerable)

    def _refuse(self, shelf: Shelf, procedure: str, asked: str, best: Reading, assessment: Assessment, bar: float) -> Reply:
        """The kind of "no": taken out of answers, a decision for the care team, not our field, or not on this page."""
        if _withdrawn(shelf, best, bar):
            reason = Reason.WITHDRAWN
        elif assessment.advice:
            reason = Reason.ADVICE
        elif assessment.topic != "procedure":
            reason = Reason.OFF_TOPIC
        else:
            near_miss = Reason.WITHDRAWN if _withdrawn(shelf, best, NEAR) else Reason.DETAIL
            reason = near_miss if best.answerable >= NEAR else Reason.TOPIC
        near = kind_of_path(best.hits[0].passage.path) if best.hits and reason is Reason.DETAIL else None
        return self._no(shelf, reason, asked, procedure, best=best, near=near)

    def _no(
        self,
        shelf: Shelf,
        reason: Reason,
        asked: str,
        procedure: str | None,
        *,
        best: Reading | None = None,
        near: Kind | None = None,
        name: str = "",
    ) -> NoAnswer:
        known = procedure if procedure in shelf.titles else _only(shelf)
        title = shelf.titles[known] if known else ""
        hits = best.hits if best else ()
        section = hits[0].passage.path[0] if near and hits else ""
        key = "detail" if reason is Reason.DETAIL and section and title else "topic" if reason is Reason.DETAIL else reason.value
        return NoAnswer(
            text=self.wording.text(
                f"no.{key}", "es" if reason is Reason.LANGUAGE else "en", title=title, section=section, name=name
            ),
            reason=reason,
            name=name,
            procedure=known,
            searched=asked,
            choices=self._choices(shelf, known, hits),
            confidence=best.answerable if best else 0.0,
            version=shelf.index.manifest.id,
            hits=hits,
        )

    def _clarify(self, shelf: Shelf, asked: str, candidates: tuple[str, ...], assessment: Assessment) -> Reply:
        if not candidates and assessment.topic != "procedure":
            return self._no(shelf, Reason.OFF_TOPIC, asked, None)
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
        return Escalation(text="\n".join((card.title, *card.lines)), band=band, language=card.language)

    def _suggest(self, shelf: Shelf, procedure: str) -> tuple[tuple[Kind, Choice], ...]:
        def answered(question: str) -> list[Kind | None]:
            match shelf.scope.settle(question, procedure, None):
                case Settled(_, searched):
                    reading = self._reading(shelf, procedure, searched, self._embed(question))
                    right = _answers(shelf, reading, MIN_ANSWERABLE)
                    return [kind_of_path(hit.passage.path) for hit in quoted(reading)] if right else []
                case _:
                    return []

        return suggested(shelf.index, procedure, self._questions, answered)

    def _choices(
        self, shelf: Shelf, procedure: str | None, hits: Sequence[Hit], shown: Sequence[Kind | None] = ()
    ) -> tuple[Choice, ...]:
        """Questions the page does answer, those nearest to what was asked first."""
        if procedure is None:
            return ()
        kinds = [kind_of_path(hit.passage.path) for hit in hits]
        offered = [(kind, choice) for kind, choice in self._suggested(shelf, procedure) if kind not in shown]
        offered.sort(key=lambda pair: kinds.index(pair[0]) if pair[0] in kinds else len(kinds))
        return tuple(choice for _, choice in offered[:CHOICES])

    def suggestions(self, procedure: str | None) -> tuple[Choice, ...]:
        """Four questions for an empty chat: about the page, or the only procedure there is, or one a procedure, each of another kind."""
        shelf = self._library.shelf()
        slug = procedure if procedure in shelf.titles else _only(shelf)
        if slug is not None:
            return tuple(choice for _, choice in self._suggested(shelf, slug)[:FIRST_CHOICES])
        varied: dict[Kind, Choice] = {}
        for slug in sorted(shelf.titles):
            offered = [pair for pair in self._suggested(shelf, slug) if pair[0] not in varied]
            for kind, choice in offered[:1]:
                varied[kind] = replace(choice, label=f"{shelf.titles[slug]}: {choice.label}")
            if len(varied) == FIRST_CHOICES:
                break
        return tuple(varied.values())

    def related(self, reply: Reply) -> tuple[Choice, ...]:
        """Up to three next questions that the page answers and this reply did not."""
        if not isinstance(reply, Answer) or reply.procedure is None:
            return reply.choices
        shelf = self._library.shelf()
        shown = [kind_of_path(citation.section) for citation in reply.citations]
        return self._choices(shelf, reply.procedure, (), shown) if reply.procedure in shelf.titles else ()

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
        try:
            found = self._library.text(version or self._library.shelf().index.manifest.id)
        except FaqError:
            return None
        document = found.documents.get(slug)
        if document is None:
            return None
        sections = tuple(section for section in found.sections if section.document == slug)
        return PublishedDocument(
            slug, document.title, document.text, sections, found.manifest.id, published_on(found.manifest.id)
        )

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


def _answers(shelf: Shelf, reading: Reading, bar: float) -> bool:
    """Sure enough, and nothing of it withdrawn: half a list of risks would mislead more than none."""
    return reading.answerable >= bar and not _withdrawn(shelf, reading, bar)


def _withdrawn(shelf: Shelf, reading: Reading, bar: float) -> bool:
    """Whether this would be quoted if none of it were withdrawn."""
    return reading.answerable >= bar and any(not shelf.may_quote(hit.passage) for hit in quoted(reading))


def quoted(reading: Reading) -> tuple[Hit, ...]:
    """The hits a patient is shown: the best, those nearly as probable, and those of the same section that state as much.

    The last is what brings a list whole: "What are the risks?" shows every item, "is infection a risk" the one.
    """
    best = reading.hits[0]
    heading = _heading(best)
    shown = [
        hit
        for hit in reading.hits
        if hit.probability >= ALSO * best.probability
        or (
            hit.passage.document == best.passage.document
            and _heading(hit) == heading
            and hit.stated >= max(LISTED, best.stated / 2)
        )
    ]
    return tuple(shown[:MOST_QUOTED])


def _heading(hit: Hit) -> tuple[str, ...]:
    """The heading that a passage stands under; a run-in label is part of what it says."""
    path = hit.passage.path
    return path[:-1] if len(path) > 1 and hit.passage.text.startswith(f"{path[-1]}:") else path


def published_on(version: str) -> date:
    """The day a version id names, UTC."""
    return date(int(version[:4]), int(version[4:6]), int(version[6:8]))


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


def _only(shelf: Shelf) -> str | None:
    return next(iter(shelf.titles)) if len(shelf.titles) == 1 else None
