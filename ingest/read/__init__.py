"""A folder of files becomes readings: one document a file, and every problem found, in one run."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import NoReturn

from ingest.outline import slug_of
from ingest.read.child import Child
from ingest.read.content import Content
from ingest.read.formats import FORMATS, SUFFIXES, format_of, read_bytes
from ingest.read.problems import error, refuse, warning
from ingest.types import Block, BlockKind, Document, DocumentError, Problem, Reading

__all__ = ["SUFFIXES", "read_document", "read_folder", "source_files", "source_hashes"]
LONGEST_SLUG = 100  # characters: it becomes a file name
DEEPEST = 40  # folders in one another
_OTHERS = ("~$", "Thumbs.db", "desktop.ini")  # what Word and Windows leave beside documents


def source_files(folder: Path) -> list[Path]:
    """Everything in a documents folder that is not hidden and not a folder, in order of names."""
    return sorted(_entries(folder))


def source_hashes(folder: Path) -> dict[str, str]:
    """File name -> sha256 of its bytes: equal hashes mean that there is nothing to read again."""
    return {_name(path, folder): _digest(path) for path in source_files(folder)}


def read_folder(folder: Path, seconds: float | None = None) -> tuple[list[Reading], list[Problem]]:
    """Every document of a folder and everything wrong with any of its files; one bad file never hides another."""
    readings: list[Reading] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return [], [error("no-folder", folder.name, "This folder does not exist.", "Name the folder with --documents.")]
    with Child() if seconds is None else Child(seconds) as child:
        for path in source_files(folder):
            try:
                reading = read_document(path, folder, child)
            except DocumentError as stop:
                problems.append(stop.problem)
                continue
            readings.append(reading)
            problems += reading.problems
    if not readings and not problems:
        problems.append(
            error("no-documents", folder.name, "This folder holds no document.", f"Put a {', '.join(SUFFIXES)} file in it.")
        )
    return _without_clashes(readings, problems)


def read_document(path: Path, folder: Path | None = None, child: Child | None = None) -> Reading:
    """The document in one file. Raises DocumentError with the one Problem that stops it."""
    folder = folder or path.parent
    name = _name(path, folder)
    _is_a_file(path, name)
    known = format_of(name, path.suffix)
    raw = _bytes(path, name, known.largest)
    if known is FORMATS[".txt"]:  # our own reader, linear in its input: no child needed
        content = read_bytes(raw, name, path.suffix)
    elif child is not None:
        content = child.read(raw, name, path.suffix)
    else:
        with closing(Child()) as own:
            content = own.read(raw, name, path.suffix)
    return _reading(content, path, name)


def _reading(content: Content, path: Path, name: str) -> Reading:
    meta = content.meta
    title = (
        meta.get("title")
        or _title(content.text, content.blocks)
        or content.title
        or path.stem.replace("-", " ").replace("_", " ").title()
    )
    slug = slug_of(meta.get("slug") or path.stem)
    if len(slug) > LONGEST_SLUG:
        refuse(
            "long-name",
            name,
            f"The name has {len(slug)} characters; {LONGEST_SLUG} is the limit.",
            "Give the file a shorter name.",
        )
    problems = list(content.problems)
    dates: dict[str, str] = {}
    for key in ("reviewed_on", "next_review"):
        try:
            dates[key] = date.fromisoformat(meta[key]).isoformat() if meta.get(key) else ""
        except ValueError:
            dates[key] = ""
            problems.append(warning("bad-date", name, f"{key} “{meta[key]}” is not a date.", "Write it as 2026-11-30."))
    document = Document(
        slug, title, content.text, name, (meta.get("language") or "en").lower(), **dates,
        reviewed_by=meta.get("reviewed_by", ""), source_url=meta.get("source_url", ""),
    )  # fmt: skip
    return Reading(document, content.blocks, tuple(problems), content.links)


def _entries(folder: Path) -> Iterator[Path]:
    unopened: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=unopened.append):
        here = Path(root)
        kept = [one for one in folders if not one.startswith(".")]
        deep = len(here.relative_to(folder).parts) >= DEEPEST
        folders[:] = [] if deep else [one for one in kept if not (here / one).is_symlink()]
        yield from (here / one for one in kept if deep or (here / one).is_symlink())
        yield from (here / one for one in files if not one.startswith(".") and not one.startswith(_OTHERS))
    yield from (Path(one.filename) for one in unopened if one.filename)


def _name(path: Path, folder: Path) -> str:
    """The path inside the folder, in letters that every screen and file can show."""
    return path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()


def _digest(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return "not a file"
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as reason:
        return f"unreadable: {reason.strerror}"


def _is_a_file(path: Path, name: str) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError as reason:
        _unreadable(name, reason)
    if stat.S_ISLNK(mode):
        refuse("link", name, "This is a link to another place.", "Put the document itself in the folder.")
    if not stat.S_ISREG(mode):
        refuse("not-a-file", name, "This is not a file that can be read, or it lies too deep.", "Take it out of the folder.")


def _bytes(path: Path, name: str, largest: int) -> bytes:
    """The file's bytes, read through no link and from no device."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as handle:
            raw = handle.read(largest + 1)
    except OSError as reason:
        _unreadable(name, reason)
    if len(raw) > largest:
        refuse(
            "too-large",
            name,
            f"The file has more than {largest:,} bytes.",
            "Split it into one document a procedure, or make its pictures smaller.",
        )
    return raw


def _unreadable(name: str, reason: OSError) -> NoReturn:
    refuse("unreadable", name, f"The file cannot be opened ({reason.strerror}).", "Check its permissions, or save it again.")


def _title(text: str, blocks: Sequence[Block]) -> str:
    first = blocks[0]
    return " ".join(text[first.start : first.end].split()) if first.kind is BlockKind.HEADING else ""


def _without_clashes(readings: Sequence[Reading], problems: Sequence[Problem]) -> tuple[list[Reading], list[Problem]]:
    """Readings that do not clash, and a problem for each that would become one with another: the same slug, title or text."""
    kept: list[Reading] = []
    found = list(problems)
    seen: dict[tuple[str, str], str] = {}
    for reading in readings:
        document = reading.document
        marks = {
            "duplicate-content": ("text", document.sha256, "Remove one of the files."),
            "duplicate-slug": ("name", document.slug, "Rename one of the files."),
            "duplicate-title": ("title", document.title.casefold(), "Give each procedure its own title."),
        }
        clash = next((code for code, (_, value, _) in marks.items() if (code, value) in seen), None)
        if clash is None:
            kept.append(reading)
            seen |= {(code, value): document.source for code, (_, value, _) in marks.items()}
        else:
            what, value, hint = marks[clash]
            found.append(error(clash, document.source, f"{seen[clash, value]} has the same {what}.", hint))
    return kept, found
