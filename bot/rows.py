"""A Reply becomes the JSON row that the command line and `POST /api/ask` give."""

from __future__ import annotations

from typing import Any, assert_never

from bot.types import Answer, Citation, Clarify, Escalation, Hit, NoAnswer, Reply, Unavailable


def to_row(reply: Reply, id: str, seconds: float) -> dict[str, Any]:
    """Fields as DESIGN.md gives them; fields may be added, never renamed or dropped."""
    row: dict[str, Any] = {
        "id": id,
        "status": reply.status,
        "text": reply.text,
        "sentences": [],
        "citations": [],
        "notices": [notice.value for notice in reply.notices],
        "procedure": reply.procedure,
        "searched": reply.searched,
        "confidence": round(reply.confidence, 4),
        "seconds": round(seconds, 4),
        "choices": [{"label": c.label, "question": c.question, "procedure": c.procedure} for c in reply.choices],
        "version": reply.version,
    }
    match reply:
        case Answer():
            row["sentences"] = [{"text": s.text, "citations": [s.citation]} for s in reply.sentences]
            row["citations"] = [_citation(citation) for citation in reply.citations]
            row["missing"] = list(reply.missing)
            row["withdrawn"] = list(reply.withdrawn)
        case NoAnswer():
            row["reason"] = reply.reason.value
        case Escalation():
            row["language"] = reply.language
        case Clarify() | Unavailable():
            pass
        case _:
            assert_never(reply)
    return row


def trace(reply: Reply) -> list[dict[str, Any]]:
    """What was considered, best first, with scores and whether it was used."""
    used = {(c.document, c.start) for c in reply.citations} if isinstance(reply, Answer) else set()
    not_used = "another passage answers better" if used else "the page does not answer surely enough"
    return [_hit(hit, (hit.passage.document, hit.passage.start) in used, not_used) for hit in reply.hits]


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "document": citation.document,
        "title": citation.title,
        "section": list(citation.section),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "version": citation.version,
    }


def _hit(hit: Hit, used: bool, not_used: str) -> dict[str, Any]:
    return {
        "passage": hit.passage.id,
        "similarity": round(hit.similarity, 4),
        "lexical": round(hit.lexical, 4),
        "probability": round(hit.probability, 4),
        "used": used,
        "why": "quoted" if used else not_used,
        "text": hit.passage.text,
    }
