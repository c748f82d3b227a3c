"""One question becomes two replies: what patients read now, and what they would read of a draft."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from bot.faq import Faq
from bot.types import Question
from web.desk import desk
from web.labels import ENGLISH
from web.view import View, view


@dataclass(frozen=True, slots=True)
class Tried:
    """The two replies, ready to draw."""

    question: str
    live: View
    draft: View
    same: bool


@dataclass(slots=True)
class _Open:
    """At most one draft's engine is open: it shares the models, and holds one version."""

    folder: Path | None = None
    faq: Faq | None = None


_open = _Open()
_lock = threading.Lock()


def ask(index: Path, question: str, procedure: str | None) -> Tried:
    """Asks the version in `index` beside the live one. Nothing is written to the journal. Raises NotOpen."""
    faq = desk().faq
    asked = Question(question, procedure)
    with _lock:
        if _open.folder != index or _open.faq is None:
            if _open.faq:
                _open.faq.close()
            _open.folder, _open.faq = index, faq.beside(index)
        now, then = faq.ask(asked), _open.faq.ask(asked)
        views = view(now, faq, ENGLISH), view(then, _open.faq, ENGLISH)
    return Tried(question, *views, same=(now.status, now.text) == (then.status, then.text))


def close() -> None:
    with _lock:
        if _open.faq:
            _open.faq.close()
        _open.folder, _open.faq = None, None
