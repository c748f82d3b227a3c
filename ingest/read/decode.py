"""Bytes of a text file become text: encoding found, line ends and spaces made plain, unseen characters taken out and reported."""

from __future__ import annotations

import codecs

from ingest.read.content import clean
from ingest.read.problems import refuse, warning
from ingest.types import Problem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What programs write English and Spanish in when it is not UTF-8: Windows, old Macintosh. More guesses make worse ones
# (Central European code pages share most bytes with Windows' and won over it on real Spanish words).
_GUESSES = ["cp1252", "mac_roman"]
_MOJIBAKE = ("â€™", "â€œ", "â€“", "Ã©", "Ã±", "Â ")


def decode(raw: bytes, name: str, declared: str | None = None) -> tuple[str, list[Problem]]:
    """Text with "\\n" line ends. `declared` is an encoding that the file names itself. Raises DocumentError for what is no text."""
    text, guessed = _decode(raw, declared)
    problems: list[Problem] = []
    if guessed:
        problems.append(
            warning(
                "encoding",
                name,
                f"The text is not in UTF-8; it was read as {guessed}.",
                "Check accents and quotes, or save it as UTF-8.",
            )
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    controls = sum(character < " " and character not in "\n\t\f\v" for character in text)
    if "\x00" in text or controls > 0.05 * len(text):
        refuse("not-text", name, "This is not a text file.", "Save the document as text, Word, PDF, a web page or Markdown.")
    for wrong in ("\ufffd", *_MOJIBAKE):
        if (at := text.find(wrong)) >= 0:
            line = text.count("\n", 0, at) + 1
            problems.append(
                warning(
                    "bad-characters",
                    name,
                    f"Some letters were damaged before this file was saved (“{wrong}”).",
                    "Type them again.",
                    line,
                )
            )
            break
    text, unseen = clean(text)
    if unseen:
        problems.append(invisible(name, unseen))
    return text, problems


def invisible(name: str, count: int) -> Problem:
    return warning(
        "invisible-characters",
        name,
        f"{count} invisible characters were left out.",
        "They often come with text copied from a web page.",
    )


def _decode(raw: bytes, declared: str | None) -> tuple[str, str | None]:
    """Text, and the encoding when it had to be guessed."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace"), None
    if raw.count(0) > len(raw) // 4:  # Latin letters in UTF-16 are every other byte zero
        even = raw[::2].count(0) > raw[1::2].count(0)
        return raw.decode("utf-16-be" if even else "utf-16-le", "replace"), None
    for known in ("utf-8", declared):
        try:
            return raw.decode(known or "utf-8"), None
        except (UnicodeDecodeError, LookupError):
            continue
    import charset_normalizer

    best = charset_normalizer.from_bytes(raw[:200_000], cp_isolation=_GUESSES).best()
    encoding = best.encoding if best is not None else "cp1252"
    return raw.decode(encoding, "replace"), encoding
