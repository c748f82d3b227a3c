"""Two sets of outlines become what an editor changed: sections added, changed word by word, and removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ingest.types import Outline

LONGEST = 4_000  # words: a longer section is shown as replaced whole


@dataclass(frozen=True, slots=True)
class SectionChange:
    """One section before and after. `words` are runs of (same | removed | added, text) in reading order."""

    document: str
    section: tuple[str, ...]
    action: str  # added | changed | removed
    words: tuple[tuple[str, str], ...]


def section_changes(before: Sequence[Outline], after: Sequence[Outline]) -> list[SectionChange]:
    """Sections whose own words differ, in reading order of the new text, removed ones where they stood."""
    old, new = _texts(before), _texts(after)
    changes: list[SectionChange] = []
    for place in dict.fromkeys([*new, *old]):
        was, now = old.get(place), new.get(place)
        if was != now:
            action = "added" if was is None else "removed" if now is None else "changed"
            changes.append(SectionChange(*place, action, tuple(word_changes(was or "", now or ""))))
    return changes


def word_changes(was: str, now: str) -> Iterator[tuple[str, str]]:
    """Runs of words that stayed, went and came; together they rebuild both texts' words."""
    old, new = was.split(), now.split()
    if max(len(old), len(new)) > LONGEST:
        yield from ((what, " ".join(words)) for what, words in (("removed", old), ("added", new)) if words)
        return
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield "same", " ".join(old[i1:i2])
            continue
        if i2 > i1:
            yield "removed", " ".join(old[i1:i2])
        if j2 > j1:
            yield "added", " ".join(new[j1:j2])


def _texts(outlines: Sequence[Outline]) -> dict[tuple[str, tuple[str, ...]], str]:
    texts: dict[tuple[str, tuple[str, ...]], str] = {}
    for one in outlines:
        for passage in one.passages:
            place = (passage.document, passage.path)
            words = f"{passage.question} {passage.text}".strip()
            texts[place] = f"{texts[place]}\n{words}" if place in texts else words
    return texts
