"""A finished turn becomes a journal entry: what the patient wrote is redacted here, and retention is kept here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from bot.journal import Entry, Journal, JournalError
from bot.redact import Redacted, redact
from bot.rows import to_row, trace
from bot.types import Answer, NoAnswer, Reason, Reply
from bot.vocabulary import Vocabulary
from ingest.kinds import kind_of_path

PRUNE_SECONDS = 3600.0  # between two looks for what is older than the retention time
MOST_PASSAGES = 8  # kept of those that were considered and not used; a procedure page has 10 to 60
_KEPT = ("passage", "similarity", "lexical", "probability", "used", "why")
log = logging.getLogger(__name__)


class Recorder:
    """Writes turns into a journal. `texts` gives the published documents, whose words are kept by redaction."""

    def __init__(self, journal: Journal, vocabulary: Vocabulary, texts: Callable[[], tuple[str, list[str]]]) -> None:
        self._journal, self._vocabulary, self._texts = journal, vocabulary, texts
        self._known = ("", vocabulary)  # version -> the vocabulary with its documents' words
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep_retention, name="retention", daemon=True)
        self._keeper.start()

    def record(self, *, id: str, session: str, question: str, reply: Reply, seconds: float) -> None:
        """Returns at once. The raw question ends here."""
        words = self._words()
        row = to_row(reply, session, seconds)
        passages = [
            {key: hit[key] for key in _KEPT} for place, hit in enumerate(trace(reply)) if place < MOST_PASSAGES or hit["used"]
        ]
        topic, section = _nearest(reply)
        self._journal.record(
            Entry(
                id=id,
                session=session,
                question=redact(question, words),
                searched=redact(reply.searched, words),
                status=reply.status,
                at=datetime.now(UTC),
                reason=reply.reason.value if isinstance(reply, NoAnswer) else "",
                procedure=reply.procedure or "",
                version=reply.version,
                missing=[redact(part, words) for part in reply.missing] if isinstance(reply, Answer) else (),
                topic=topic,
                section=section,
                text=_text(reply, words),
                choices=[{"label": choice.label, "procedure": choice.procedure} for choice in reply.choices],
                passages=passages,
                sentences=row["sentences"],
                citations=row["citations"],
                notices=row["notices"],
                confidence=reply.confidence,
                seconds=seconds,
            )
        )

    def feedback(self, reply: str, *, helpful: bool, why: str = "") -> None:
        """A patient's vote on the reply with this id. `why` is one of `bot.journal.REASONS`."""
        self._journal.feedback(reply, helpful=helpful, why=why, at=datetime.now(UTC))

    def redact(self, text: str) -> Redacted:
        """What identifies a person is masked; the published documents' words stay."""
        return redact(text, self._words())

    def close(self) -> None:
        self._stop.set()
        self._journal.close()

    def _words(self) -> Vocabulary:
        version, texts = self._texts()
        if self._known[0] != version:
            self._known = (version, self._vocabulary.with_words(texts))
        return self._known[1]

    def _keep_retention(self) -> None:
        while True:
            try:
                if gone := self._journal.prune(datetime.now(UTC)):
                    log.info("the words of %d turns older than the retention time, or the turns, were deleted", gone)
            except JournalError as error:
                log.error("retention could not be kept: %s", error)
            if self._stop.wait(PRUNE_SECONDS):
                return


def _nearest(reply: Reply) -> tuple[str, str]:
    """The kind and the headings of the section that is nearest to the question; none when it was not about our pages."""
    off_topic = isinstance(reply, NoAnswer) and reply.reason is Reason.OFF_TOPIC
    if off_topic or not reply.hits:
        return "none", ""
    path = reply.hits[0].passage.path
    kind = kind_of_path(path)
    return kind.value if kind else "none", " › ".join(path)


def _text(reply: Reply, words: Vocabulary) -> str:
    """What the patient read. Its only words that can be a patient's are the name of a procedure that has no page."""
    if isinstance(reply, NoAnswer) and reply.name:
        return reply.text.replace(reply.name, redact(reply.name, words).text)
    return reply.text
