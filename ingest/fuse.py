"""Entries and today's pages become pages with approved answers: an entry whose ground has changed is suspended.

The answers in force become the last section of their page. They are then that procedure's words like any other: found, cited,
withdrawn, archived and gone back from in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from ingest import approved
from ingest.approved import Binding, Entry, NotAllowed, name_of
from ingest.outline import outline
from ingest.read.problems import error, warning
from ingest.types import Block, BlockKind, Outline, Problem, sha256_of

HEADING = "Answers to patients’ questions"  # of the section that answers are put in; no page may use it for its own
_GAP = "\n\n"


class State(StrEnum):
    """Whether an entry goes out with the next publish."""

    IN_FORCE = "in force"
    WAITING = "waiting for approval"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry, whether it goes out, and if not, why."""

    entry: Entry
    state: State
    why: str = ""


def standing(entry: Entry, page: Outline | None, today: date) -> Standing:
    """`page` without answers: what its document says now; None when there is no such document."""
    if page is None:
        return Standing(entry, State.SUSPENDED, "Its page is gone.")
    if entry.expires <= today:
        return Standing(entry, State.SUSPENDED, f"It expired on {entry.expires}.")
    if moved := [one for one in entry.rests_on if words_sha256(page, one.section) != one.sha256]:
        names = ", ".join(" › ".join(one.section) or "the page" for one in moved)
        return Standing(entry, State.SUSPENDED, f"The words it rests on have changed: {names}.")
    return Standing(entry, State.WAITING if entry.unapproved else State.IN_FORCE, entry.unapproved)


def standings(entries: Sequence[Entry], outlines: Sequence[Outline], today: date) -> list[Standing]:
    """Of every entry; `outlines` may hold answers already."""
    pages = {one.document.slug: page_of(one) for one in outlines}
    return [standing(entry, pages.get(entry.document), today) for entry in entries]


def bind(outlines: Sequence[Outline], document: str, sections: Sequence[tuple[str, ...]]) -> tuple[Binding, ...]:
    """The sections as they are now, for an answer that rests on them. Raises NotAllowed."""
    page = next((page_of(one) for one in outlines if one.document.slug == document), None)
    if page is None:
        raise NotAllowed(f"There is no page {document!r}. Known: {', '.join(one.document.slug for one in outlines) or 'none'}.")
    found = []
    for section in dict.fromkeys(sections):
        if (sha256 := words_sha256(page, section)) is None:
            known = ", ".join(" › ".join(one.path) for one in page.sections)
            raise NotAllowed(f"{document} has no section {' › '.join(section)!r}. Known: {known}.")
        found.append(Binding(section, sha256))
    return tuple(found)


def approve(folder: Path, index: Path, outlines: Sequence[Outline], place: str, who: str, seen: str, today: date) -> None:
    """Lets an entry go out with the next publish, if it still rests on what its page says. Raises NotAllowed."""
    (now,) = standings([approved.find(folder, place)], outlines, today)
    if now.state is State.SUSPENDED:
        raise NotAllowed(f"{place} is suspended. {now.why} Read its page again and write the answer anew.")
    approved.approve(folder, index, place, who, seen, today)


def words_sha256(page: Outline, section: tuple[str, ...]) -> str | None:
    """Of a section's words, of the whole page for (); None when there is no such section."""
    if not section:
        return page.document.sha256
    found = next((one for one in page.sections if one.path == section), None)
    return sha256_of(page.document.text[found.start : found.end]) if found else None


def joined(outlines: Sequence[Outline], folder: Path | None, today: date) -> tuple[tuple[Outline, ...], list[Problem]]:
    """Pages with the answers in force, and a problem for every entry that stays out. Answers already in them are replaced."""
    if folder is None:
        return tuple(outlines), []
    entries, problems = approved.read(folder)
    found = standings(entries, outlines, today)
    problems += [_problem(one) for one in found if one.state is not State.IN_FORCE]
    out = []
    for one in outlines:
        page = page_of(one)
        mine = [each.entry for each in found if each.state is State.IN_FORCE and each.entry.document == page.document.slug]
        out.append(_with_answers(page, mine) if mine else page)
    return tuple(out), problems


def reserved(outlines: Sequence[Outline]) -> list[Problem]:
    """An error for each page, as its file was read, that has the answers' heading of its own."""
    hint = "Give the section another heading."
    words = f"“{HEADING}” is the heading of the answers that staff approve."
    return [error("answers-heading", one.document.source, words, hint) for one in outlines if page_of(one) is not one]


def page_of(one: Outline) -> Outline:
    """A page without its approved answers, exactly as its file says it."""
    answers = next((section for section in one.sections if section.path == (HEADING,)), None)
    if answers is None:
        return one
    end = one.document.text.rfind(HEADING, 0, answers.start) - len(_GAP)
    return Outline(
        replace(one.document, text=one.document.text[: max(end, 0)]),
        tuple(span for span in one.headings if span[1] <= end),
        tuple(section for section in one.sections if section.path[0] != HEADING),
        tuple(passage for passage in one.passages if passage.path[0] != HEADING),
    )


def _with_answers(page: Outline, entries: Sequence[Entry]) -> Outline:
    text = page.document.text + _GAP
    blocks = [Block(BlockKind.HEADING, len(text), len(text) + len(HEADING))]
    text += HEADING
    for entry in entries:
        for kind, words, gap in ((BlockKind.QUESTION, entry.question, _GAP), (BlockKind.PARAGRAPH, entry.answer, "\n")):
            text += gap
            blocks.append(Block(kind, len(text), len(text) + len(words)))
            text += words
    answers = outline(replace(page.document, text=text), blocks)
    return Outline(
        answers.document,
        (*page.headings, *answers.headings),
        (*page.sections, *answers.sections),
        (*page.passages, *answers.passages),
    )


def _problem(one: Standing) -> Problem:
    file, words = name_of(one.entry.document), f"“{one.entry.question}” stays out. {one.why}"
    if one.state is State.WAITING:
        return warning("answer-waiting", file, words, "Another person reads it and approves it: `python -m ingest faq approve`.")
    return warning(
        "answer-suspended", file, words, "Read its page again, then write the answer anew or remove it: `python -m ingest faq`."
    )
