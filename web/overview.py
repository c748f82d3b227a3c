"""The documents folder and the live version become the rows of the content team's first screen, and its actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from ingest import audit, pipeline, withdrawn
from ingest.candidate import sources_of
from ingest.outline import slug_of
from ingest.stored import read_outlines
from ingest.types import FaqError, IndexDamaged, IndexMissing, Level, Manifest, Outline, Problem
from ingest.versions import Versions
from ingest.withdrawn import Withdrawal
from web.office import Office
from web.roles import Action, User

Examined = tuple[tuple[Outline, ...], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One page: what patients read of it, and what waits."""

    slug: str
    title: str
    file: str
    state: str  # published | changed | new | removed | withdrawn | cannot be read
    note: str
    reviewed_by: str
    reviewed_on: str  # ISO dates, empty when the document does not say
    next_review: str
    overdue: bool
    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Live:
    """What patients read now; `manifest` is None before the first publish."""

    manifest: Manifest | None
    outlines: tuple[Outline, ...]
    withdrawn: tuple[Withdrawal, ...]


def live(at: Office) -> Live:
    """Raises IndexDamaged."""
    versions = Versions(at.places.index)
    current = versions.current()
    if current is None:
        return Live(None, (), ())
    return Live(versions.manifest(current), read_outlines(versions.path(current)), withdrawn.read(at.places.index))


def examined(places: pipeline.Places) -> Examined:
    """`pipeline.examine`, done once for the same files on the same day."""
    fingerprint = tuple(sources_of(places).items())
    facts = places.clinic.stat().st_mtime_ns if places.clinic.exists() else 0
    return _examined(places, (fingerprint, facts, _today()))


@lru_cache(maxsize=8)
def _examined(places: pipeline.Places, _fingerprint: object) -> Examined:
    outlines, problems = pipeline.examine(places)
    return outlines, tuple(problems)


def rows(at: Office) -> list[Row]:
    """Every page that patients read or would read, and every file that cannot be read; what needs attention first."""
    now = live(at)
    outlines, problems = examined(at.places)
    published = now.manifest.documents if now.manifest else {}
    waiting = {one.document.slug: one for one in outlines}
    found = [_row(one, published, now.withdrawn, problems) for one in outlines]
    known = {one.document.source for one in outlines}
    found += [_gone(one, now.withdrawn) for one in now.outlines if one.document.slug not in waiting]
    bad = sorted({one.file for one in problems if one.level is Level.ERROR and one.file not in known})
    found += [Row("", name, name, "cannot be read", "", "", "", "", False, 1, 0) for name in bad]
    return sorted(found, key=lambda row: (row.state == "published" and not row.overdue, row.title.casefold()))


def _row(one: Outline, published: dict[str, str], gone: Sequence[Withdrawal], problems: Sequence[Problem]) -> Row:
    document = one.document
    was = published.get(document.slug)
    state = "new" if was is None else "published" if was == document.sha256 else "changed"
    state, note = _withdrawn(document.slug, state, gone)
    mine = [problem.level for problem in problems if problem.file == document.source]
    overdue = bool(document.next_review) and document.next_review < _today().isoformat()
    return Row(
        document.slug, document.title, document.source, state, note, document.reviewed_by, document.reviewed_on,
        document.next_review, overdue, mine.count(Level.ERROR), mine.count(Level.WARNING),
    )  # fmt: skip


def _gone(one: Outline, gone: Sequence[Withdrawal]) -> Row:
    state, note = _withdrawn(one.document.slug, "removed", gone)
    words = "Patients still read it; the next publish takes it away."
    return Row(one.document.slug, one.document.title, one.document.source, state, note or words, "", "", "", False, 0, 0)


def _withdrawn(slug: str, state: str, gone: Sequence[Withdrawal]) -> tuple[str, str]:
    mine = [one for one in gone if one.document == slug]
    if any(one.section is None for one in mine):
        return "withdrawn", "The whole page is out of answers."
    sections = ", ".join(one.section[-1] for one in mine if one.section)
    return state, f"Withdrawn: {sections}." if sections else ""


def sections(outline: Outline) -> dict[str, str]:
    """Sections of a page that can be withdrawn: in words, and as `withdraw` understands them."""
    return {" › ".join(one.path): _fragment(one.path) for one in outline.sections}


def _fragment(path: Sequence[str]) -> str:
    return "/".join(map(slug_of, path))


def withdraw(at: Office, user: User, slug: str, section: str, why: str) -> None:
    """Takes a page, or a section of it, out of every answer at once. Raises UnknownPlace."""
    user.need(Action.WITHDRAW)
    place = f"{slug}#{section}" if section else slug
    withdrawn.withdraw(at.places.index, _published(at), place, user.name, reason(why))


def restore(at: Office, user: User, one: Withdrawal, why: str) -> None:
    """Lets withdrawn words be quoted again. Raises UnknownPlace."""
    user.need(Action.RESTORE)
    place = f"{one.document}#{_fragment(one.section)}" if one.section else one.document
    withdrawn.restore(at.places.index, _published(at), place, user.name, reason(why))


def roll_back(at: Office, user: User, version: str, why: str) -> None:
    """Makes an earlier version what patients read. Raises PublishBusy, IndexMissing, IndexDamaged."""
    user.need(Action.ROLL_BACK)
    pipeline.rollback(at.places, version, user.name, reason(why))


def manifests(at: Office) -> list[Manifest]:
    """Every version that is kept, newest first. One that cannot be read is left out: `roll_back` refuses it anyway."""
    versions = Versions(at.places.index)
    found = []
    for known in reversed(versions.ids()):
        try:
            found.append(versions.manifest(known))
        except IndexDamaged:
            continue
    return found


def history(at: Office) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    """What was done, newest first, and what is wrong with the list itself."""
    kept = ("when", "who", "what", "why")
    done = [{key: str(row.get(key, "")) for key in kept} for row in reversed(audit.rows(at.places.index))]
    return done, audit.verify(at.places.index).problems


class NoReason(FaqError):
    """Words were taken out or brought back without saying why."""


def reason(why: str) -> str:
    """What was said, to be kept. Raises NoReason."""
    if not why.strip():
        raise NoReason("Say why in a few words: it is kept with your name.")
    return why.strip()[:500]


def _published(at: Office) -> tuple[Outline, ...]:
    found = live(at)
    if found.manifest is None:
        raise IndexMissing("Nothing is published yet.")
    return found.outlines


def _today() -> date:
    return datetime.now(UTC).date()
