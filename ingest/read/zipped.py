"""The zip that a Word document is becomes its parts, unless it would unpack to too much or holds what it must not."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from ingest.read.problems import refuse

MAX_ENTRIES = 2_000  # parts of one document; the largest real one seen has 140
MAX_UNPACKED = 200_000_000  # bytes of all parts together
MAX_XML = 30_000_000  # bytes of one XML part: a 300-page book has 6 million
MAX_RATIO = 200  # unpacked to packed of a part over a megabyte; real Word XML reaches 40
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NOTES = ("word/comments.xml", "word/footnotes.xml", "word/endnotes.xml")
_OTHERS = (
    ("xl/workbook.xml", "an Excel workbook"),
    ("ppt/presentation.xml", "a PowerPoint file"),
    ("content.xml", "an OpenDocument file"),
)
AGAIN = "Open it in Word and save it again."


def open_zip(raw: bytes, name: str, needs: str) -> dict[str, bytes]:
    """The note parts of a package that holds `needs` and keeps within every limit. Raises DocumentError."""
    try:
        package = zipfile.ZipFile(io.BytesIO(raw))
        entries = package.infolist()
        _limits(entries, name)
        names = {entry.filename for entry in entries}
        if needs not in names:
            other = next((words for part, words in _OTHERS if part in names), "a zip archive without a Word document in it")
            refuse("mislabelled", name, f"The file is called .docx but is {other}.", "Save it from Word as .docx.")
        if any(entry.flag_bits & 1 for entry in entries):
            refuse(
                "encrypted", name, "The document is protected with a password.", "Remove the password in Word and save it again."
            )
        parts: dict[str, bytes] = {}
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                content = _read(package, entry, name)
                if _ENTITY.search(content) or b"<\x00!\x00D\x00O\x00C" in content:
                    refuse("entity", name, f"{entry.filename} declares its own entities (DOCTYPE or ENTITY).", AGAIN)
                if entry.filename in _NOTES:
                    parts[entry.filename] = content
            else:
                _test(package, entry, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, UnicodeDecodeError, RuntimeError) as error:
        refuse(
            "damaged",
            name,
            f"The Word document is cut off or damaged ({error}).",
            "Upload it again, or open it in Word and save it again.",
        )
    return parts


def _limits(entries: list[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > MAX_ENTRIES:
        refuse("zip-bomb", name, f"The document holds {len(entries):,} parts; {MAX_ENTRIES:,} is the limit.", AGAIN)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        refuse(
            "zip-bomb",
            name,
            f"The document unpacks to more than {MAX_UNPACKED:,} bytes.",
            "Remove large pictures, then save it again.",
        )
    for entry in entries:
        if entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            refuse(
                "zip-bomb",
                name,
                f"{entry.filename} unpacks to {entry.file_size // max(1, entry.compress_size)} times its size.",
                AGAIN,
            )
        if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
            refuse("zip-bomb", name, "The document holds a part with a path out of it.", AGAIN)


def _read(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    with package.open(entry) as part:
        content = part.read(MAX_XML + 1)
    if len(content) > MAX_XML:
        refuse("zip-bomb", name, f"{entry.filename} unpacks to more than {MAX_XML:,} bytes.", AGAIN)
    return content


def _test(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    """Reads a picture or font through, so that python-docx never meets more of it than its header says."""
    left = entry.file_size
    with package.open(entry) as part:
        while chunk := part.read(1 << 16):
            left -= len(chunk)
    if left < 0:
        refuse("zip-bomb", name, f"{entry.filename} unpacks to more than it says.", AGAIN)
