"""The one engine of this process, and the order in which questions reach it: the switch, limits, a bounded queue, the journal."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot import switch
from bot.faq import Faq
from bot.settings import Settings
from bot.triage import Level
from bot.types import Question, Reply, Unavailable
from ingest.types import FaqError
from web import metrics

LONGEST_QUESTION = 1000  # characters; the longest labelled patient question has 312
LONGEST_WAIT = 8.0  # seconds in the queue before an honest "busy"; people give up at about 10
AT_ONCE = (
    4  # questions in the engine; those that come to the encoder together share its work: 29 ms of CPU each at 1, 27 at 2, 20 at 4
)
log = logging.getLogger(__name__)


class NotOpen(FaqError):
    """The engine could not be started; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply and how it came about."""

    id: str
    reply: Reply
    seconds: float


class Desk:
    """Where questions are handed in. Safe to call from several threads."""

    def __init__(self, faq: Faq, settings: Settings) -> None:
        self.faq, self.settings = faq, settings
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(settings.rate_per_minute)
        self._waiting = threading.BoundedSemaphore(settings.max_waiting + AT_ONCE)
        self._working = threading.BoundedSemaphore(AT_ONCE)

    def ask(self, question: Question, *, session: str, address: str) -> Answered:
        """Exactly one reply: `Unavailable` with honest words when too much is asked at once."""
        started = time.perf_counter()
        reply = self._ask(question, address)
        answered = Answered(uuid.uuid4().hex, reply, time.perf_counter() - started)
        metrics.count(reply.status, answered.seconds)
        self._record(answered, question, session)
        return answered

    @property
    def closed(self) -> bool:
        """Whether staff closed the chat; looked up on disk each time, so that it holds at once."""
        return switch.is_closed(self.settings.data_dir)

    def feedback(self, reply: str, *, helpful: bool, why: str, address: str) -> bool:
        """A vote on a reply, within the same limit as questions. False when there were too many."""
        if not self._window.hit(self._rate, "feedback", address):
            return False
        self.faq.journal.feedback(reply, helpful=helpful, why=why)
        return True

    def _ask(self, question: Question, address: str) -> Reply:
        if danger := self.faq.danger(question.text):
            return danger  # before every limit: nobody in danger is told to wait
        if not self._window.hit(self._rate, address):
            return self._turned_away(question, "too_many")
        if self.closed:
            careful = self.faq.danger(question.text, Level.URGENT, rules_only=False)
            return careful or Unavailable(text=self.faq.wording.text("closed"))
        with self._place() as given:
            return self.faq.ask(question) if given else self._turned_away(question, "busy")

    def _turned_away(self, question: Question, why: str) -> Reply:
        """Honest words instead of an answer; by the rules alone an urgent message still gets its card."""
        return self.faq.danger(question.text, Level.URGENT) or Unavailable(text=self.faq.wording.text(why))

    @contextmanager
    def _place(self) -> Iterator[bool]:
        """A place in the queue and then at the engine, or False when there is none in time."""
        if not self._waiting.acquire(blocking=False):
            yield False
            return
        try:
            with metrics.WAITING.track_inprogress():
                given = self._working.acquire(timeout=LONGEST_WAIT)
            try:
                yield given
            finally:
                if given:
                    self._working.release()
        finally:
            self._waiting.release()

    def _record(self, answered: Answered, question: Question, session: str) -> None:
        """Writes the journal. A journal that cannot be written is logged, and costs no patient an answer."""
        try:
            self.faq.journal.record(
                id=answered.id, session=session, question=question.text, reply=answered.reply, seconds=answered.seconds
            )
        except Exception:  # the answer is already made; without the question's words in the log
            log.exception("the journal could not be written")


@dataclass(slots=True)
class _Process:
    desk: Desk | None = None
    problem: FaqError | None = None


_process = _Process()


def open_desk(settings: Settings) -> None:
    """Opens the engine once. What is wrong with it is kept, so that patients get a page and not a traceback."""
    try:
        _process.desk, _process.problem = Desk(Faq.open(settings, with_journal=True), settings), None
    except FaqError as error:
        log.error("the engine could not be opened: %s", error)
        _process.problem = error


def close_desk() -> None:
    if _process.desk is not None:
        _process.desk.faq.close()
        _process.desk = None


def desk() -> Desk:
    """The open desk. Raises NotOpen with what is wrong."""
    if _process.desk is None:
        raise NotOpen(str(_process.problem or "The program is still starting."))
    return _process.desk


def engine() -> Faq | None:
    """The open engine; None when it could not be opened."""
    return _process.desk.faq if _process.desk is not None else None


def is_ready() -> bool:
    """Whether questions can be answered now: the engine is open and something is published."""
    return version_in_use() is not None


def version_in_use() -> str | None:
    return _process.desk.faq.version if _process.desk is not None else None


def is_closed() -> bool:
    return _process.desk is not None and _process.desk.closed
