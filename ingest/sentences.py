"""A run of text becomes the spans of its sentences."""

from __future__ import annotations

import re

# A stop, closing quotes or brackets, white space, then something that can open a sentence.
_BOUNDARY = re.compile(r"[.!?…]+[\"'”’)\]]*(\s+)(?=[\"'“‘(\[]?[A-Z0-9À-Þ¿¡])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|Sr|Jr|vs|No|approx|appt|etc|e\.g|i\.e|a\.m|p\.m|U\.S|Fig|Inc|Ltd|min|hrs?|tel|ext)|\b[A-Z])\.$",
)
LONGEST_ABBREVIATION = 16  # characters looked back over: a page of nothing but "Dr." must not cost the square of its length
_ENDS_ANYWAY = re.compile(r"\b(?:a\.m|p\.m|etc)\.$")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of `text[start:end]`; together they hold every character that is not space between."""
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _BOUNDARY.finditer(text, start, end):
        stop = match.start(1)
        before = text[max(begin, stop - LONGEST_ABBREVIATION) : stop]
        if _ABBREVIATION.search(before) and not _ENDS_ANYWAY.search(before):
            continue
        spans.append((begin, stop))
        begin = match.end(1)
    if begin < end:
        spans.append((begin, end))
    return spans
