"""Canary questions, asked in the background, close the patients' chat when its answers go wrong. They never open it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import canary, switch
from bot.canary import Verdict
from bot.faq import Faq
from bot.settings import ROOT, Settings
from ingest import withdrawn
from ingest.types import FaqError
from web import metrics

WHO = "canary questions"  # as whom they close the chat
LOOK_SECONDS = 1.0  # between two looks whether a check is due: a new version is checked at once
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Process:
    last: Verdict | None = None


_process = _Process()


def last_verdict() -> Verdict | None:
    """Of the last check; None before the first, and when they are off."""
    return _process.last


@contextmanager
def watched(faq: Faq | None, settings: Settings, golden: Path = ROOT / "data" / "golden.jsonl") -> Iterator[None]:
    """Checks now, whenever the version in use changes and every FAQ_CANARY_MINUTES, until the block ends."""
    _process.last = None
    if faq is None or not settings.canary_minutes:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(faq, settings, golden, stop), name="canaries", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def _watch(faq: Faq, settings: Settings, golden: Path, stop: threading.Event) -> None:
    seen: str | None = None
    due = time.monotonic()
    while True:
        version = faq.version
        if version is not None and (version != seen or time.monotonic() >= due):
            seen, due = version, time.monotonic() + 60 * settings.canary_minutes
            try:
                look(faq, settings, golden)
            except (FaqError, OSError) as error:
                log.error("the canary questions could not be asked: %s", error)
        if stop.wait(LOOK_SECONDS):
            return


def look(faq: Faq, settings: Settings, golden: Path) -> Verdict:
    """One check. Closes the chat, with the reason on the audit, when fewer than FAQ_CANARY_SHARE find their section.

    Raises ConfigurationError, IndexDamaged, and OSError when the chat was closed but that could not be recorded."""
    questions = canary.canaries(golden, {slug for slug, _ in faq.procedures()}, withdrawn.read(settings.index))
    verdict = canary.check(faq.ask, questions, faq.version)
    _process.last = verdict
    metrics.CANARIES.labels("asked").set(verdict.asked)
    metrics.CANARIES.labels("found").set(verdict.found)
    if not verdict.asked:
        log.warning("no canary question is about a page in use: nothing checks the answers")
    if verdict.below(settings.canary_share) and not switch.is_closed(settings.data_dir):
        log.error("the chat is closed: %s", verdict)
        switch.close(settings.data_dir, settings.index, WHO, str(verdict))
    return verdict
