"""A document or section that must not be quoted any more becomes an entry of WITHDRAWN.json, at once and without a publish.

    {"withdrawn": [{"document": "si-joint-fusion", "section": ["Risks and Side Effects", "Serious Risks"] or null,
                    "who": "…", "when": "2026-11-30T10:42:00+00:00", "why": "…"}]}

`section` is a heading path; every passage whose path begins with it is withdrawn. null withdraws the whole document.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest import audit
from ingest.outline import slug_of
from ingest.storage import one_change, write_whole
from ingest.types import FaqError, IndexDamaged, Outline

FILE = "WITHDRAWN.json"


class UnknownPlace(FaqError):
    """There is no such document or section among those that patients read, or more than one."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What must not be quoted, who said so, when and why."""

    document: str
    section: tuple[str, ...] | None
    who: str
    when: str
    why: str

    def covers(self, document: str, path: tuple[str, ...]) -> bool:
        return self.document == document and (self.section is None or path[: len(self.section)] == self.section)


def read(index: Path) -> tuple[Withdrawal, ...]:
    """What is withdrawn now. Raises IndexDamaged for a file that cannot be understood: better no answer than a withdrawn one."""
    try:
        raw = json.loads((index / FILE).read_bytes())
        return tuple(
            Withdrawal(
                one["document"], None if one["section"] is None else tuple(one["section"]), one["who"], one["when"], one["why"]
            )
            for one in raw["withdrawn"]
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(
            f"{index / FILE} cannot be read ({error}). Restore it from a backup, or delete it to withdraw nothing."
        ) from error


def withdraw(index: Path, outlines: Sequence[Outline], place: str, who: str, why: str) -> Withdrawal:
    """Takes `SLUG` or `SLUG#section` out of every answer. Raises UnknownPlace."""
    document, section = find(outlines, place)
    one = Withdrawal(document, section, who, datetime.now(UTC).isoformat(timespec="seconds"), why)
    with _changing(index):
        audit.record(index, who, "withdraw", why, document=document, section=section)
        _write(index, [*(old for old in read(index) if (old.document, old.section) != (document, section)), one])
    return one


def restore(index: Path, outlines: Sequence[Outline], place: str, who: str, why: str) -> int:
    """Lets `SLUG` or `SLUG#section` be quoted again; of a document all its sections. Returns how many entries went."""
    document, section = find(outlines, place)
    with _changing(index):
        before = read(index)
        kept = [one for one in before if one.document != document or (section is not None and one.section != section)]
        if len(kept) == len(before):
            raise UnknownPlace(f"{place} is not withdrawn. `python -m ingest status` lists what is.")
        audit.record(index, who, "restore", why, document=document, section=section)
        _write(index, kept)
    return len(before) - len(kept)


def lift(index: Path, before: Sequence[Outline], after: Sequence[Outline], who: str) -> tuple[Withdrawal, ...]:
    """Ends every withdrawal whose words are no longer the published ones: a new text undoes it. Returns those that ended."""
    if not read(index):
        return ()
    with _changing(index):
        found = read(index)
        gone = tuple(one for one in found if words_of(before, one) != words_of(after, one))
        for one in gone:
            audit.record(index, who, "restore", "A new text was published.", document=one.document, section=one.section)
        if gone:
            _write(index, [one for one in found if one not in gone])
    return gone


def words_of(outlines: Sequence[Outline], one: Withdrawal) -> tuple[str, ...]:
    """The texts of the passages that a withdrawal covers, in order."""
    return tuple(p.text for outline in outlines for p in outline.passages if one.covers(p.document, p.path))


def find(outlines: Sequence[Outline], place: str) -> tuple[str, tuple[str, ...] | None]:
    """`SLUG#risks-and-side-effects/serious-risks`, `SLUG#Serious Risks` or `SLUG` as a document and a heading path."""
    document, _, fragment = place.partition("#")
    outline = next((one for one in outlines if one.document.slug == document), None)
    if outline is None:
        known = ", ".join(one.document.slug for one in outlines) or "none"
        raise UnknownPlace(f"Patients read no document {document!r}. Known: {known}.")
    if not fragment:
        return document, None
    wanted = "/".join(slug_of(part) for part in fragment.replace("›", "/").split("/"))
    paths = {"/".join(map(slug_of, section.path)): section.path for section in outline.sections}
    found = [paths[wanted]] if wanted in paths else [path for slug, path in paths.items() if slug.endswith(f"/{wanted}")]
    if len(found) != 1:
        raise UnknownPlace(f"{document} has {len(found) or 'no'} section {fragment!r}. Known: {', '.join(paths)}.")
    return document, found[0]


def _changing(index: Path) -> AbstractContextManager[None]:
    return one_change(index / "withdrawn.lock", "Nothing was withdrawn or restored.")


def _write(index: Path, entries: Sequence[Withdrawal]) -> None:
    content = {"withdrawn": [asdict(one) for one in entries]}
    write_whole(index / FILE, json.dumps(content, ensure_ascii=False, indent=1))
