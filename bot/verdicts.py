"""What a reviewer found becomes a verdict that no second reviewer overwrites unseen; "harmful" also withdraws the words at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, case, func, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot import kept, review
from bot.journal import JournalError, iso
from bot.kept import WHOLE_REPLY, Judgement, Kept, KeptCitation, Verdict
from bot.redact import Redacted
from bot.tables import TurnRow, VerdictRow, in_words
from ingest import withdrawn
from ingest.stored import read_outlines
from ingest.types import FaqError, Outline
from ingest.versions import Versions
from ingest.withdrawn import Withdrawal

WRONGLY = (Judgement.WRONG, Judgement.HARMFUL)


class VerdictConflict(FaqError):
    """Somebody else judged in the meantime; nothing was changed. `standing` is their verdict."""

    def __init__(self, standing: Verdict) -> None:
        super().__init__(
            f"{standing.who} said “{standing.judgement}” at {standing.at:%H:%M} UTC on {standing.at:%d %B}. "
            "Look at it, then judge again if you disagree."
        )
        self.standing = standing


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict that was written, and what was withdrawn by it."""

    verdict: Verdict
    withdrawn: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True, slots=True)
class Confusion:
    """Whole replies that staff judged: what was done against what was right."""

    answered_rightly: int
    answered_wrongly: int
    refused_rightly: int
    refused_wrongly: int


def judge(
    db: Engine, index: Path, reply: str, sentence: int, judgement: Judgement, note: Redacted, who: str, seen: int = 0
) -> Judged:
    """Writes a verdict. `seen` is the revision that the reviewer looked at, 0 when there was none.

    "harmful" takes the quoted words out of every answer before it returns, and the audit says so.
    Raises VerdictConflict, UnknownReply, JournalError, and FaqError when the words could not be withdrawn: then nothing is written.
    """
    if not isinstance(note, Redacted):
        raise TypeError("A note must be Redacted: pass it through bot.redact.redact first.")
    shown = review.reply(db, reply)
    if not WHOLE_REPLY <= sentence < len(shown.sentences):
        raise review.UnknownReply(f"Reply {reply} has no sentence {sentence}: it has {len(shown.sentences)}.")
    now = datetime.now(UTC)
    row = VerdictRow(
        reply=reply, sentence=sentence, verdict=judgement.value, note=note.text, who=who, at=iso(now), revision=seen + 1
    )
    written = kept.verdict(row)
    try:
        with Session(db) as session, session.begin():
            _write(session, row, seen)
            gone = _withdraw(index, shown, sentence, who, note.text) if judgement is Judgement.HARMFUL else ()
    except IntegrityError:
        raise VerdictConflict(_standing(db, reply, sentence)) from None
    except SQLAlchemyError as error:
        raise JournalError(f"The verdict was not written. {in_words(error)}") from None
    return Judged(written, gone)


def confusion(db: Engine) -> Confusion:
    """Of the replies that were judged: any sentence wrong or harmful makes the reply wrong. Raises JournalError."""
    wrong = func.max(case((VerdictRow.verdict.in_(WRONGLY), 1), else_=0))
    per_reply = select(VerdictRow.reply, wrong.label("wrong")).group_by(VerdictRow.reply).subquery()
    counts = (
        select(review.ANSWERED, per_reply.c.wrong, func.count())
        .join(TurnRow, TurnRow.id == per_reply.c.reply)
        .where(review.ANSWERED | review.REFUSED)
        .group_by(review.ANSWERED, per_reply.c.wrong)
    )
    with review.reading(db) as session:
        found = {(bool(answered), bool(is_wrong)): count for answered, is_wrong, count in session.execute(counts)}
    places = ((True, False), (True, True), (False, False), (False, True))
    return Confusion(*(found.get(place, 0) for place in places))


def _write(session: Session, row: VerdictRow, seen: int) -> None:
    """Inserts the first revision, or changes the one that was seen. Raises IntegrityError when another stands there."""
    if seen == 0:
        session.add(row)
        session.flush()
        return
    same = (VerdictRow.reply == row.reply, VerdictRow.sentence == row.sentence, VerdictRow.revision == seen)
    changed = {name: getattr(row, name) for name in ("verdict", "note", "who", "at", "revision")}
    if session.execute(update(VerdictRow).where(*same).values(changed).returning(VerdictRow.reply)).first() is None:
        raise IntegrityError("another revision stands", None, ValueError(seen))


def _standing(db: Engine, reply: str, sentence: int) -> Verdict:
    with review.reading(db) as session:
        row = session.scalar(select(VerdictRow).where(VerdictRow.reply == reply, VerdictRow.sentence == sentence))
        if row is None:
            raise JournalError("The verdict that you looked at is gone. Open the reply again.")
        return kept.verdict(row)


def _withdraw(index: Path, shown: Kept, sentence: int, who: str, note: str) -> tuple[Withdrawal, ...]:
    """Withdraws the sections that the sentence, or the whole reply, quotes and that patients can still read."""
    numbers = {one.citation for place, one in enumerate(shown.sentences) if sentence in (place, WHOLE_REPLY)}
    versions = Versions(index)
    current = versions.current()
    live = read_outlines(versions.path(current)) if current else ()
    why = f"Judged harmful in reply {shown.listed.id}. {note}".strip()
    places = dict.fromkeys(place for number in sorted(numbers) for place in _places(live, shown.citations[number]))
    return tuple(withdrawn.withdraw(index, live, place, who, why) for place in places)


def _places(live: tuple[Outline, ...], cited: KeptCitation) -> list[str]:
    """Where the cited words, or the section they stood in, are now; nothing when patients cannot read them any more."""
    sections = {
        passage.path
        for outline in live
        if outline.document.slug == cited.document
        for passage in outline.passages
        if passage.path == cited.section or cited.quote in passage.text
    }
    return [
        "#".join((cited.document, "/".join(part.replace("/", " ").replace("›", " ") for part in path)))
        for path in sorted(sections)
    ]
