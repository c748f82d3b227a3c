"""Outlines become remarks on their words: abbreviations, reviews, warning signs, phone numbers, links, and text meant for machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ingest.checks.facts import PHONE
from ingest.read.problems import warning
from ingest.types import Outline, Problem

_ABBREVIATION = re.compile(r"(?<![\w-])([A-Z][A-Z0-9]{1,5})s?(?![\w-])")
_KNOWN = frozenset("US USA UK AM PM ER ID FAQ OK TV DNA HIV COVID PDF NHS FDA CDC ISO II III IV VI TM ZIP".split())
MOST_ABBREVIATIONS = 20  # told of one document: more is a text in capitals
LONGEST_HEADLINE = 120  # characters looked at on either side of a word to see whether its line is all capitals
_EXPLAINED = re.compile(
    r"\(\s*([A-Za-z][A-Za-z0-9]{1,5}?)s?\s*\)|(?<!\w)([A-Z][A-Z0-9]{1,5})s?\s*\((?=\s*[a-z])|(?<!\w)([A-Z][A-Z0-9]{1,5})s?,? (?:stands for|means|is short for)"
)
_MACHINE = re.compile(
    r"(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+)?(?:previous|prior|above|earlier|other)\s+(?:instructions?|prompts?|rules|messages)"
    r"|\b(?:system|developer)\s+prompt\b|\byou are (?:now )?(?:an? )?(?:ai|assistant|chatbot|language model)\b|\bas an ai\b|<\|?(?:system|im_start|endoftext)"
    r"|\b(?:chatbot|language model|llm|assistant)s?\b[^.]{0,30}\b(?:must|should) (?:say|answer|reply|respond)",
    re.IGNORECASE,
)
_WARNING_SIGNS = re.compile(
    r"\b(?:call (?:us|your|the|911)|emergency|warning signs?|seek (?:medical|immediate|help)|go to the (?:nearest )?(?:er|emergency)|contact (?:us|your|the clinic))\b",
    re.IGNORECASE,
)


def word_problems(outlines: Sequence[Outline], today: date, *, clinic_phone: bool) -> Iterator[Problem]:
    for one in outlines:
        yield from _abbreviations(one)
        yield from _reviews(one, today)
        yield from _machines(one)
        text = one.document.text
        if not _WARNING_SIGNS.search(text):
            yield warning(
                "no-when-to-call",
                one.document.source,
                "The page never says when to call for help.",
                "Name the warning signs and whom to call.",
            )
        if not clinic_phone and not PHONE.search(text):
            yield warning(
                "no-phone-number",
                one.document.source,
                "The page gives no phone number, and the clinic's is not set.",
                "Set it in data/clinic.toml.",
            )


def link_problems(outlines: Sequence[Outline], links: Mapping[str, Sequence[str]], files: Sequence[str]) -> Iterator[Problem]:
    """Links to places inside the documents folder that are not there. `links`: source file -> targets as written."""
    known = {name.casefold() for name in files}
    stems = {name.rsplit(".", 1)[0] for name in known} | {one.document.slug for one in outlines}
    for source, targets in links.items():
        for target in dict.fromkeys(targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
                continue
            path = _normal(PurePosixPath(source).parent / unquote(parts.path)).casefold()
            if path not in known and path.rsplit(".", 1)[0] not in stems:
                yield warning(
                    "dead-link", source, f"The link to “{target}” goes nowhere inside the folder.", "Correct it or take it out."
                )


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _abbreviations(one: Outline) -> Iterator[Problem]:
    """Capitals that no words in brackets beside them explain: "sacroiliac (SI)", "SI (sacroiliac)"."""
    text = one.document.text
    seen = {part.upper() for match in _EXPLAINED.finditer(text) for part in match.groups() if part} | _KNOWN
    told = 0
    for match in _ABBREVIATION.finditer(text):
        short = match[1]
        if told < MOST_ABBREVIATIONS and short not in seen and not _shouted(text, match):
            seen.add(short)
            told += 1
            line = text.count("\n", 0, match.start()) + 1
            yield warning(
                "abbreviation",
                one.document.source,
                f"“{short}” is never explained.",
                f"Write it out once: “the words ({short})”.",
                line,
            )


def _shouted(text: str, match: re.Match[str]) -> bool:
    """Whether the word stands in a line that is all capitals."""
    before = text[max(0, match.start() - LONGEST_HEADLINE) : match.start()].rpartition("\n")[2]
    line = before + text[match.start() : match.end() + LONGEST_HEADLINE].partition("\n")[0]
    return line.isupper() and len(line.split()) > 1


def _reviews(one: Outline, today: date) -> Iterator[Problem]:
    due = one.document.next_review
    if due and date.fromisoformat(due) < today:
        yield warning(
            "review-overdue",
            one.document.source,
            f"The page was due for review on {due}.",
            "Have it reviewed, then set next_review.",
        )


def _machines(one: Outline) -> Iterator[Problem]:
    for match in _MACHINE.finditer(one.document.text):
        line = one.document.text.count("\n", 0, match.start()) + 1
        yield warning(
            "speaks-to-machines",
            one.document.source,
            f"This text talks to a machine: “{match[0]}”.",
            "Delete it unless patients should read it.",
            line,
        )
