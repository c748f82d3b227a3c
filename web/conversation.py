"""What one visitor of the chat sees. A module of its own: Streamlit runs `web/chat.py` anew for each turn, and with it every class in it."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.types import Reply, Turn

MOST_TURNS = 20  # kept and drawn; older ones leave the screen, so that a long visit stays quick and an open chat small


@dataclass(slots=True)
class Conversation:
    """Lives in the session only and is gone with it."""

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    procedure: str | None = None  # slug the patient is asking about, None for all
    turns: list[Turn] = field(default_factory=list)
    ids: dict[int, str] = field(default_factory=dict)  # of the replies by number of their turn: what feedback names
    shown: dict[int, bytes] = field(default_factory=dict)  # drawn turns by number, packed: hundreds of chats stand open at once
    first: int = 0  # number of the first turn still kept

    def add(self, question: str, reply: Reply, reply_id: str) -> None:
        self.ids[self.first + len(self.turns)] = reply_id
        self.turns.append(Turn(question, replace(reply, hits=())))  # what was considered is in the journal, and large
        if len(self.turns) > MOST_TURNS:
            self.turns.pop(0)
            self.shown.pop(self.first, None)
            self.ids.pop(self.first, None)
            self.first += 1

    def drawn(self, number: int, draw: Callable[[], str]) -> str:
        """A turn's markup, made once: what changed on the page would be announced again."""
        if number not in self.shown:
            self.shown[number] = zlib.compress(draw().encode())
        return zlib.decompress(self.shown[number]).decode()
