"""What staff do with kept replies: judge, ask again, keep a golden question. Each action asks for the user's role first."""

from __future__ import annotations

import io
from contextlib import closing
from functools import lru_cache
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from bot import export, replay, review, verdicts
from bot.kept import Judgement, Kept
from bot.replay import Replayed
from bot.review import Filter
from bot.tables import STAFF_WAITS, open_engine
from bot.types import Question
from bot.verdicts import Judged
from ingest import answers, audit
from ingest.stored import VersionText, read_text
from ingest.types import FaqError, IndexMissing
from ingest.versions import Versions
from web.desk import desk
from web.labels import ENGLISH
from web.office import Office
from web.roles import Action, User
from web.view import View, view

MOST_ROWS = 5_000  # of one download; `python -m bot export` writes all of them


class NotDone(FaqError):
    """What was asked for lacks something; the message says what."""


@lru_cache(maxsize=4)
def journal(url: str) -> Engine:
    """One pool a process. Raises JournalError."""
    return open_engine(url, STAFF_WAITS)


def opened(at: Office, user: User, id: str) -> Kept:
    """Raises Forbidden, UnknownReply, JournalError."""
    user.need(Action.LOOK)
    return review.reply(journal(at.journal), id)


def judge(at: Office, user: User, reply: str, sentence: int, judgement: Judgement, note: str, seen: int) -> Judged:
    """`seen` is the revision that stood on the screen. Raises Forbidden, VerdictConflict, FaqError."""
    user.need(Action.REVIEW)
    if judgement is Judgement.HARMFUL:
        user.need(Action.WITHDRAW)
        if not note.strip():
            raise NotDone(
                "Say in the note what is harmful: the words leave every answer at once, and the audit keeps your reason."
            )
    kept_note = desk().faq.redact(note.strip())
    return verdicts.judge(journal(at.journal), at.places.index, reply, sentence, judgement, kept_note, user.name, seen)


def again(at: Office, user: User, kept: Kept) -> Replayed:
    """Asks the reply's own version again when it is still whole, else compares with its words. Raises Forbidden, FaqError."""
    user.need(Action.LOOK)
    version, text = kept.listed.version, words(at.places.index, kept.listed.version)
    if not kept.listed.question or (version and version not in Versions(at.places.index).ids()):
        return replay.replay(kept, text, None)
    with closing(desk().faq.beside(at.places.index, version or None)) as faq:
        return replay.replay(kept, text, faq.ask)


@lru_cache(maxsize=8)
def words(index: Path, version: str) -> VersionText | None:
    """The words of a version, which never change; None when they are not kept. Raises IndexDamaged."""
    try:
        return read_text(Versions(index).text_path(version)) if version else None
    except IndexMissing:
        return None


def try_now(user: User, question: str, procedure: str) -> View:
    """What patients would read now. Nothing is written to the journal. Raises Forbidden, NotOpen."""
    user.need(Action.LOOK)
    faq = desk().faq
    return view(faq.ask(Question(question, procedure or None)), faq, ENGLISH)


def make_golden(at: Office, user: User, question: str, document: str, section: tuple[str, ...] | None) -> None:
    """Every publish asks it from now on and says when its section is lost. Raises Forbidden, NotDone, FaqError."""
    user.need(Action.REVIEW)
    text = " ".join(desk().faq.redact(question).text.split())
    if not text:
        raise NotDone("Write the question first.")
    if at.places.golden is None or not document:
        raise NotDone("Choose the page that must answer it.")
    if section is None:
        raise NotDone("Choose the section that must answer it.")
    wanted = answers.Question(text, document, section)
    if wanted in answers.golden_questions(at.places.golden, {document}):
        raise NotDone("This is a golden question already.")
    audit.record(at.places.index, user.name, "golden question", text, document=document, section=section)
    answers.add_golden(at.places.golden, wanted)


def table(at: Office, user: User, what: str, wanted: Filter, form: str) -> bytes:
    """The newest MOST_ROWS rows as CSV or JSON, safe to open in a spreadsheet. Raises Forbidden, JournalError."""
    user.need(Action.LOOK)
    out = io.StringIO(newline="")
    write = export.write_csv if form == "csv" else export.write_json
    write(islice(export.rows(journal(at.journal), what, wanted), MOST_ROWS), out)
    return out.getvalue().encode()
