"""A kept reply is proven against its version's words and asked again, and becomes "same" or what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.kept import Kept
from bot.redact import MASK
from bot.rows import to_row
from bot.types import Notice, Question, Reply
from ingest.stored import VersionText

Ask = Callable[[Question], Reply]
COMPARED = "compared with the kept words"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that reads differently now."""

    what: str
    kept: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replayed:
    """What asking again, or comparing with the kept words, has shown."""

    id: str
    version: str
    how: str
    proven: bool  # every kept quote is byte for byte in the version's text, at its place
    problems: tuple[str, ...]  # why it is not
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return self.proven and not self.differences

    def to_json(self) -> dict[str, Any]:
        differences = [{"what": one.what, "kept": one.kept, "now": one.now} for one in self.differences]
        return {
            "id": self.id,
            "result": "same" if self.same else "different",
            "how": self.how,
            "version": self.version,
            "proven": self.proven,
            "problems": list(self.problems),
            "differences": differences,
        }


def replay(kept: Kept, text: VersionText | None, ask: Ask | None) -> Replayed:
    """`text` is the words of the reply's version, None when they are gone; `ask` asks of that version, None when it cannot."""
    problems = prove(kept, text)
    how, differences = COMPARED, tuple[Difference, ...]()
    if ask is not None and kept.listed.question:
        how, differences = _asked_again(kept, ask)
    return Replayed(kept.listed.id, kept.listed.version, how, not problems, problems, differences)


def prove(kept: Kept, text: VersionText | None) -> tuple[str, ...]:
    """What of the evidence is not as it was published; nothing when every quote stands at its place."""
    if text is None:
        return (f"The words of version {kept.listed.version} are no longer kept.",) if kept.citations else ()
    problems = []
    for number, cited in enumerate(kept.citations, start=1):
        document = text.documents.get(cited.document)
        if document is None or document.text[cited.start : cited.end] != cited.quote or cited.version != text.manifest.id:
            problems.append(
                f"Citation {number} is not {cited.document}[{cited.start}:{cited.end}] of version {text.manifest.id}."
            )
    for number, sentence in enumerate(kept.sentences, start=1):
        if sentence.citation >= len(kept.citations) or sentence.text not in kept.citations[sentence.citation].quote:
            problems.append(f"Sentence {number} does not stand in the words it cites.")
    known = {passage.id for passage in text.passages}
    problems += [f"Passage {one.passage} is not one of the version's." for one in kept.considered if one.passage not in known]
    return tuple(problems)


def _asked_again(kept: Kept, ask: Ask) -> tuple[str, tuple[Difference, ...]]:
    """Asks the redacted question; when it leaned on an earlier one, what was searched then, which stands alone."""
    line = kept.listed
    how, now = "asked again", _shown(ask(Question(line.question, line.procedure or None)))
    before = _kept(kept)
    if kept.searched and not _alike(now, before) and kept.searched != line.question:
        how, now = "asked again as it was searched", _shown(ask(Question(kept.searched, line.procedure or None)))
        before["notices"] = now["notices"] = None  # they come from the whole conversation, which is not kept
    if MASK in line.question:
        for side in (before, now):
            side["notices"] = [one for one in side["notices"] or () if one != Notice.PRIVACY]
    differences = tuple(Difference(what, before[what], now[what]) for what in before if before[what] != now[what])
    if differences and MASK in line.question:
        return f"{COMPARED}: the question reads differently without the words that were masked", ()
    return how, differences


def _alike(now: dict[str, Any], before: dict[str, Any]) -> bool:
    return all(now[what] == before[what] for what in ("status", "reason", "citations"))


def _kept(kept: Kept) -> dict[str, Any]:
    line = kept.listed
    return {
        "status": line.status,
        "reason": line.reason,
        "procedure": line.procedure,
        "notices": list(line.notices),
        "sentences": [sentence.text for sentence in kept.sentences],
        "citations": [(one.document, one.start, one.end, one.quote) for one in kept.citations],
    }


def _shown(reply: Reply) -> dict[str, Any]:
    row = to_row(reply, "", 0.0)
    return {
        "status": row["status"],
        "reason": row.get("reason", ""),
        "procedure": row["procedure"] or "",
        "notices": row["notices"],
        "sentences": [sentence["text"] for sentence in row["sentences"]],
        "citations": [(one["document"], one["start"], one["end"], one["quote"]) for one in row["citations"]],
    }
