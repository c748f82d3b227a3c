"""A folder of files becomes readings: one document a file, and every problem found, in one run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ingest.outline import slug_of
from ingest.read.markdown import front_matter, markdown_blocks
from ingest.read.text import text_blocks
from ingest.types import Block, BlockKind, Document, DocumentError, Level, Problem, Reading

SUFFIXES = (".txt", ".md")
MAX_BYTES = 2_000_000  # of one file; the longest real procedure page seen has 60 kB


def source_files(folder: Path) -> list[Path]:
    """The files of a documents folder that are not hidden, in order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def source_hashes(folder: Path) -> dict[str, str]:
    """File name -> sha256 of its bytes: equal hashes mean that there is nothing to read again."""
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in source_files(folder)}


def read_folder(folder: Path) -> tuple[list[Reading], list[Problem]]:
    """Every document of a folder and everything wrong with any of its files; one bad file never hides another."""
    readings: list[Reading] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return [], [_error("no-folder", folder.name, "This folder does not exist.", "Name the folder with --documents.")]
    for path in source_files(folder):
        try:
            reading = read_document(path)
        except DocumentError as error:
            problems.append(error.problem)
            continue
        readings.append(reading)
        problems += reading.problems
    if not readings and not problems:
        problems.append(_error("no-documents", folder.name, "This folder holds no document.", "Put a .txt or .md file in it."))
    return readings, problems + _clashes(readings)


def read_document(path: Path) -> Reading:
    """The document in one file. Raises DocumentError with the one Problem that stops it."""
    if path.suffix.lower() not in SUFFIXES:
        raise DocumentError(_error("format", path.name, f"{path.suffix or 'This file'} is not a format that can be read.", "Save it as .txt or .md."))
    text = _decode(path)
    if path.suffix.lower() == ".md":
        meta, body = front_matter(text)
        canonical, blocks = markdown_blocks(body)
    else:
        meta, canonical, blocks = {}, text, text_blocks(text)
    if not any(block.kind is not BlockKind.HEADING for block in blocks):
        raise DocumentError(_error("empty-text", path.name, "There is no text under any heading.", "Check that the right file was saved."))
    title = meta.get("title") or _title(canonical, blocks) or path.stem.replace("-", " ").title()
    slug = slug_of(meta.get("slug") or path.stem)
    document = Document(
        slug, title, canonical, path.name, meta.get("language", "en"), meta.get("reviewed_on", ""), meta.get("next_review", "")
    )
    return Reading(document, tuple(blocks))


def _decode(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentError(_error("unreadable", path.name, f"The file cannot be opened ({error.strerror}).", "Check its permissions.")) from error
    if len(raw) > MAX_BYTES:
        raise DocumentError(_error("too-large", path.name, f"The file has {len(raw):,} bytes; {MAX_BYTES:,} is the limit.", "Split it into one document a procedure."))
    try:
        text = raw.decode("utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if "\x00" in text:
        raise DocumentError(_error("not-text", path.name, "This is not a text file.", "Save the document as text or Markdown."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _title(text: str, blocks: Sequence[Block]) -> str:
    first = blocks[0]
    return " ".join(text[first.start : first.end].split()) if first.kind is BlockKind.HEADING else ""


def _clashes(readings: Sequence[Reading]) -> list[Problem]:
    """Two files that would become one: the same slug, title or text."""
    problems: list[Problem] = []
    for what, code, hint in (
        ("slug", "duplicate-slug", "Rename one of the files."),
        ("title", "duplicate-title", "Give each procedure its own title."),
        ("sha256", "duplicate-content", "Remove one of the files."),
    ):
        seen: dict[str, str] = {}
        for reading in readings:
            value = str(getattr(reading.document, what)).casefold()
            if value in seen:
                problems.append(_error(code, reading.document.source, f"{seen[value]} has the same {what if what != 'sha256' else 'text'}.", hint))
            seen.setdefault(value, reading.document.source)
    return problems


def _error(code: str, file: str, message: str, hint: str) -> Problem:
    return Problem(Level.ERROR, code, file, None, message, hint)
