"""A finished turn becomes a journal entry: the question is redacted here, and retention is kept here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from bot.journal import Entry, Journal, JournalError
from bot.redact import redact
from bot.rows import to_row, trace
from bot.types import NoAnswer, Reply
from bot.vocabulary import Vocabulary

PRUNE_SECONDS = 3600.0  # between two looks for what is older than the retention time
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
            {key: hit[key] for key in ("passage", "similarity", "lexical", "probability", "used")} for hit in trace(reply)[:8]
        ]
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
                    log.info("%d turns older than the retention time were deleted", gone)
            except JournalError as error:
                log.error("retention could not be kept: %s", error)
            if self._stop.wait(PRUNE_SECONDS):
                return
