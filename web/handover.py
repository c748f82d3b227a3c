"""A question and what was shown to it become plain text that a patient can hand to the care team."""

from __future__ import annotations

from web.labels import Labels, day
from web.view import PATH_SEPARATOR, View


def handover(question: str, shown: View, labels: Labels) -> str:
    """The question, the clinic's words, where each stands, and how to reach the clinic."""
    words = [f"• {block.text}" if block.kind == "item" else block.text for block in shown.words]
    sources = [
        f"{labels.source}: {source.title}{PATH_SEPARATOR}{source.path} ({day(source.published, labels)})"
        for source in shown.sources
    ]
    hours = [labels.hours.format(hours=shown.contact.hours)] if shown.contact.hours else []
    parts = (
        [f"{labels.my_question}: {question}"],
        [f"{labels.their_answer}:", *words, *shown.missing],
        sources,
        [shown.contact.call, *hours],
    )
    return "\n\n".join("\n".join(part) for part in parts if part)
