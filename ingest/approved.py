"""Staff's answers to patients' questions become entries of one file a page, each bound to the words it rests on.

    data/faq/<slug>.toml    [[answer]] question, answer, author, written, expires, rests_on; approver, approved, seal

`seal` is the digest of what was approved: an entry that is edited later is not approved any more. ingest/fuse.py decides which go out.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ingest import audit
from ingest.outline import MAX_WORDS, slug_of
from ingest.read.problems import error
from ingest.storage import one_change, write_whole
from ingest.types import FaqError, Problem

LASTS = timedelta(days=180)  # unless its author says otherwise
LONGEST = timedelta(days=366)  # nothing goes unlooked at for longer than a page's yearly review
LONGEST_QUESTION = 200  # characters


class NotAllowed(FaqError):
    """An entry cannot be written or approved like this; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A section that an answer rests on, and the sha256 of its words then. The empty path is the whole page."""

    section: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, and the answer that staff wrote to it."""

    document: str  # slug of the page whose words they become
    question: str
    answer: str
    author: str
    written: date
    expires: date  # the first day on which it does not go out
    rests_on: tuple[Binding, ...]
    approver: str = ""
    approved: date | None = None
    seal: str = ""  # `digest` of what was approved

    @property
    def place(self) -> str:
        """ "si-joint-fusion#can-i-drive-home": how commands and screens name it."""
        return f"{self.document}#{slug_of(self.question)}"

    @property
    def digest(self) -> str:
        """Of everything that an approver reads."""
        row = [
            self.document,
            self.question,
            self.answer,
            self.author,
            self.expires.isoformat(),
            [asdict(one) for one in self.rests_on],
        ]
        return hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()

    @property
    def unapproved(self) -> str:
        """Why it may not go out as it stands; empty when another person approved exactly this."""
        if not self.approver:
            return "Nobody has approved it."
        if same_person(self.approver, self.author):
            return "Its author approved it; another person must."
        return "" if self.seal == self.digest else "It was changed after it was approved."


_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _BindingRow(BaseModel):
    model_config = ConfigDict(extra="forbid")
    section: tuple[_Line, ...]
    sha256: _Line


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: _Line
    answer: _Line
    author: _Line
    written: date
    expires: date
    rests_on: Annotated[tuple[_BindingRow, ...], Field(min_length=1)]
    approver: str = ""
    approved: date | None = None
    seal: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answer: tuple[_Row, ...] = ()


def read(folder: Path) -> tuple[tuple[Entry, ...], list[Problem]]:
    """Every entry, by page, and an error for each file that cannot be understood. No folder is no entry."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            entries += _entries(path)
        except (OSError, ValueError) as reason:  # TOML, text and pydantic errors are ValueErrors
            words = _first(reason) if isinstance(reason, ValidationError) else str(reason)
            hint = "Mend the file, or bring back an earlier copy of it."
            problems.append(
                error("answers-unreadable", name_of(path.stem), f"The approved answers cannot be read ({words}).", hint)
            )
    return tuple(entries), problems


def name_of(document: str) -> str:
    """How problems and manifests name the file of a page's answers."""
    return f"faq/{document}.toml"


def fingerprints(folder: Path, today: date) -> dict[str, str]:
    """File name -> a digest of its entries that may go out today, as far as the file itself tells; of those with none nothing."""
    entries, problems = read(folder)
    ready: dict[str, str] = {one.file: "cannot be read" for one in problems}
    for one in entries:
        if not one.unapproved and one.expires > today:
            name = name_of(one.document)
            ready[name] = hashlib.sha256(f"{ready.get(name, '')}{one.digest}".encode()).hexdigest()
    return ready


def write(folder: Path, index: Path, entry: Entry, replaces: str = "") -> Entry:
    """Adds an entry, unapproved and each text on one line, in the place of `replaces` or of the one with the same question.

    Returns it as it was written. Raises NotAllowed."""
    plain = replace(
        entry,
        question=" ".join(entry.question.split()),
        answer=" ".join(entry.answer.split()),
        approver="",
        approved=None,
        seal="",
    )
    _sound(plain)
    with _changing(folder):
        kept = [one for one in _good(folder, plain.document) if one.place not in {plain.place, replaces}]
        audit.record(index, plain.author, "write answer", document=plain.document, question=plain.question, digest=plain.digest)
        _write(folder, plain.document, [*kept, plain])
    return plain


def approve(folder: Path, index: Path, place: str, who: str, seen: str, today: date) -> Entry:
    """Lets an entry go out with the next publish. `seen` is the digest that the approver read. Raises NotAllowed."""
    with _changing(folder):
        entry = find(folder, place)
        if entry.digest != seen:
            raise NotAllowed(f"{place} was changed since you read it. Read it again, then approve it.")
        if same_person(who, entry.author):
            raise NotAllowed(f"{entry.author} wrote this answer. Another person must approve it.")
        if not who.strip():
            raise NotAllowed("Say who approves it.")
        if entry.expires <= today:
            raise NotAllowed(f"{place} expired on {entry.expires}. Write it again with a later date.")
        _sound(entry)
        approved = replace(entry, approver=who.strip(), approved=today, seal=entry.digest)
        audit.record(index, who, "approve answer", document=entry.document, question=entry.question, digest=entry.digest)
        others = _good(folder, entry.document)
        _write(folder, entry.document, [approved if one.place == place else one for one in others])
    return approved


def remove(folder: Path, index: Path, place: str, who: str) -> None:
    """Takes an entry away; patients read it until the next publish. Raises NotAllowed."""
    with _changing(folder):
        entry = find(folder, place)
        audit.record(index, who, "remove answer", document=entry.document, question=entry.question)
        _write(folder, entry.document, [one for one in _good(folder, entry.document) if one.place != place])


def find(folder: Path, place: str) -> Entry:
    """Raises NotAllowed when there is no such entry."""
    document = place.partition("#")[0]
    found = next((one for one in _good(folder, document) if one.place == place), None)
    if found is None:
        raise NotAllowed(f"There is no answer {place!r}. `python -m ingest faq list` lists them.")
    return found


def same_person(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _sound(entry: Entry) -> None:
    words = len(entry.answer.split())
    checks = (
        (
            bool(entry.question) and len(entry.question) <= LONGEST_QUESTION,
            f"Give a question of at most {LONGEST_QUESTION} characters.",
        ),
        (
            0 < words <= MAX_WORDS,
            f"The answer has {words} words; give 1 to {MAX_WORDS}. A patient is shown it whole or not at all.",
        ),
        (bool(entry.author.strip()), "Say who wrote it."),
        (bool(entry.rests_on), "Name the sections that the answer rests on: when their words change, it is suspended."),
        (entry.written < entry.expires <= entry.written + LONGEST, f"Give a date of expiry within {LONGEST.days} days."),
        (slug_of(entry.document) == entry.document, f"{entry.document!r} is no page's name."),
    )
    for holds, words_of_refusal in checks:
        if not holds:
            raise NotAllowed(words_of_refusal)


def _good(folder: Path, document: str) -> list[Entry]:
    """The entries of one page. Raises NotAllowed rather than write over a file that cannot be read."""
    path = folder / f"{document}.toml"
    try:
        return list(_entries(path)) if slug_of(document) == document and path.exists() else []
    except (OSError, ValueError) as reason:
        raise NotAllowed(f"{path} cannot be read ({reason}). Mend it first.") from reason


def _entries(path: Path) -> Iterator[Entry]:
    for row in _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).answer:
        values = row.model_dump(exclude={"rests_on"})
        yield Entry(document=path.stem, rests_on=tuple(Binding(one.section, one.sha256) for one in row.rests_on), **values)


def _first(reason: ValidationError) -> str:
    found = reason.errors()[0]
    return f"{'.'.join(str(part + 1 if isinstance(part, int) else part) for part in found['loc'])}: {found['msg']}"


def _write(folder: Path, document: str, entries: Sequence[Entry]) -> None:
    rows = [
        {key: value for key, value in asdict(one).items() if key != "document" and value not in (None, "")} for one in entries
    ]
    write_whole(folder / f"{document}.toml", tomli_w.dumps({"answer": rows}))


def _changing(folder: Path) -> AbstractContextManager[None]:
    return one_change(folder / ".lock", "No answer was changed.")
