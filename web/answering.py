"""What staff do with approved answers: look, write, approve, remove. Each action asks for the user's role first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ingest import approved, fuse
from ingest.approved import Entry, NotAllowed
from ingest.fuse import Standing, State
from ingest.types import Outline, Problem
from web.office import Office
from web.overview import examined
from web.roles import Action, User

_FIRST = (State.SUSPENDED, State.WAITING, State.IN_FORCE)  # what needs a person stands first


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form was filled in with."""

    document: str
    question: str
    answer: str
    sections: tuple[tuple[str, ...], ...]  # none: the whole page
    expires: date
    replaces: str = ""


def pages(at: Office) -> dict[str, Outline]:
    """Slug -> page without answers, as the documents folder says it now."""
    return {one.document.slug: fuse.page_of(one) for one in examined(at.places)[0]}


def listed(at: Office) -> tuple[list[Standing], list[Problem]]:
    """Every entry, what needs a person first, and the files that cannot be read."""
    entries, problems = approved.read(_folder(at))
    found = fuse.standings(entries, _outlines(at), today())
    return sorted(found, key=lambda one: (_FIRST.index(one.state), one.entry.place)), problems


def write(at: Office, user: User, wish: Wish) -> None:
    """Raises NotAllowed."""
    user.need(Action.WRITE_ANSWER)
    bindings = fuse.bind(_outlines(at), wish.document, wish.sections or ((),))
    entry = Entry(wish.document, wish.question, wish.answer, user.name, today(), wish.expires, bindings)
    approved.write(_folder(at), at.places.index, entry, wish.replaces)


def approve(at: Office, user: User, entry: Entry) -> None:
    """Approves exactly the entry that the user was shown. Raises NotAllowed."""
    user.need(Action.APPROVE_ANSWER)
    fuse.approve(_folder(at), at.places.index, _outlines(at), entry.place, user.name, entry.digest, today())


def remove(at: Office, user: User, entry: Entry) -> None:
    """Raises NotAllowed."""
    user.need(Action.APPROVE_ANSWER)
    approved.remove(_folder(at), at.places.index, entry.place, user.name)


def today() -> date:
    return datetime.now(UTC).date()


def _outlines(at: Office) -> Sequence[Outline]:
    return list(pages(at).values())


def _folder(at: Office) -> Path:
    if at.places.faq is None:
        raise NotAllowed("No folder for answers is set. The README's table names FAQ_ANSWERS_DIR.")
    return at.places.faq
