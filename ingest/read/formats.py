"""A file's name and first bytes become the reader that understands it, or the Problem that it is something else."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.read.content import MAX_TEXT, Content
from ingest.read.problems import refuse
from ingest.read.text import text_blocks
from ingest.types import BlockKind

Reader = Callable[[bytes, str], Content]


@dataclass(frozen=True, slots=True)
class Format:
    """Where a format's reader stands and how large its files may be, in bytes."""

    module: str
    reader: str
    largest: int
    magic: str  # what its first bytes must show


# Limits: the longest real procedure pages seen have 60 kB of text; PDF and Word files carry pictures.
_TEXT = Format("ingest.read.text", "read_text", 2_000_000, "text")
_MARKDOWN = Format("ingest.read.markdown", "read_markdown", 1_000_000, "text")
_HTML = Format("ingest.read.html", "read_html", 5_000_000, "text")
FORMATS = {
    ".txt": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
    ".docx": Format("ingest.read.docx", "read_docx", 30_000_000, "zip"),
    ".pdf": Format("ingest.read.pdf", "read_pdf", 30_000_000, "pdf"),
}
SUFFIXES = tuple(FORMATS)
_HINTS = {
    ".doc": "Open it in Word and save it as .docx.",
    ".rtf": "Open it in Word and save it as .docx.",
    ".odt": "Open it in LibreOffice and save it as .docx.",
    ".pages": "Export it from Pages as .docx.",
}
_SIGNS = (
    ("pdf", "a PDF", re.compile(rb"[\s\S]{0,1024}?%PDF-")),
    ("zip", "a Word document or a zip archive", re.compile(rb"PK\x03\x04|PK\x05\x06")),
    ("ole", "an old Word document (.doc)", re.compile(rb"\xd0\xcf\x11\xe0")),
    ("rtf", "a rich text file (.rtf)", re.compile(rb"\{\\rtf")),
    ("picture", "a picture", re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8|BM[\s\S]{4}\x00{4}|II\*\x00|RIFF[\s\S]{4}WEBP")),
    ("program", "a program", re.compile(rb"\x7fELF|MZ[\x90\x00]")),
)
_WEB = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)


def format_of(name: str, suffix: str) -> Format:
    """Raises DocumentError for a format that cannot be read."""
    found = FORMATS.get(suffix.lower())
    if found is None:
        hint = _HINTS.get(suffix.lower(), "Save it as .docx, .pdf, .html, .md or .txt, or take it out of the folder.")
        refuse("format", name, f"{suffix or 'A file without an ending'} is not a format that can be read.", hint)
    return found


def read_bytes(raw: bytes, name: str, suffix: str) -> Content:
    """The content of one file, which holds text under its headings. Raises DocumentError."""
    known = format_of(name, suffix)
    _agrees(raw, name, suffix, known)
    reader: Reader = getattr(importlib.import_module(known.module), known.reader)
    content = reader(raw, name)
    if known is not _TEXT and not any(block.kind in (BlockKind.HEADING, BlockKind.QUESTION) for block in content.blocks):
        content = replace(content, blocks=text_blocks(content.text))  # nothing is marked as a heading: judge by the words' layout
    if len(content.text) > MAX_TEXT:
        refuse(
            "too-large",
            name,
            f"The text has {len(content.text):,} characters; {MAX_TEXT:,} is the limit.",
            "Split it into one document a procedure.",
        )
    if not any(block.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM) for block in content.blocks):
        refuse("empty-text", name, "There is no text under any heading.", "Check that the right file was saved.")
    return content


def _agrees(raw: bytes, name: str, suffix: str, known: Format) -> None:
    """Refuses a file whose first bytes are of another format than its name says."""
    sign, words = next(((sign, words) for sign, words, pattern in _SIGNS if pattern.match(raw)), ("text", "a text file"))
    if sign == "pdf" and known.magic == "text" and not raw.lstrip().startswith(b"%PDF-"):
        sign = "text"  # a text that speaks of PDFs
    if sign == "ole" and known.magic == "zip":
        if b"E\x00n\x00c\x00r\x00y\x00p\x00t" in raw:
            refuse(
                "encrypted", name, "The document is protected with a password.", "Remove the password in Word and save it again."
            )
        refuse(
            "mislabelled", name, "The file is called .docx but is an old Word document.", "Open it in Word and save it as .docx."
        )
    if not raw.strip():
        refuse("empty-text", name, "The file is empty.", "Check that the right file was saved.")
    if sign != known.magic:
        refuse(
            "mislabelled",
            name,
            f"The file is called {suffix} but is {words}.",
            "Give it the ending it should have, or save it again.",
        )
    if suffix.lower() in (".txt", ".md", ".markdown") and _WEB.match(raw):
        refuse("mislabelled", name, f"The file is called {suffix} but is a web page.", "Give it the ending .html.")
