"""A signed-in user and what he or she may do. Every action asks `need` on the server; a hidden button protects nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ingest.types import FaqError


class Forbidden(FaqError):
    """The user's role does not allow the action."""


class Role(StrEnum):
    """What a person is in the staff app for; each may do what the one before may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    EDITOR = "editor"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done, in the words of a refusal: "You may not …"."""

    LOOK = "look at documents"
    REVIEW = "review answers"
    WITHDRAW = "withdraw words from answers"
    RESTORE = "restore withdrawn words"
    DRAFT = "change a draft"
    PUBLISH = "publish"
    ROLL_BACK = "go back to an earlier version"
    OVERRIDE = "publish in spite of errors"
    WRITE_ANSWER = "write an answer"
    APPROVE_ANSWER = "approve or remove an answer"
    CLOSE = "close or open the chat"


_ADDED: Final = {
    Role.VIEWER: {Action.LOOK},
    Role.REVIEWER: {
        Action.REVIEW,
        Action.WITHDRAW,
        Action.WRITE_ANSWER,
    },  # a nurse who sees a wrong number may stop it at once, not bring it back
    Role.EDITOR: {Action.RESTORE, Action.DRAFT, Action.PUBLISH, Action.ROLL_BACK, Action.APPROVE_ANSWER},
    Role.ADMIN: {Action.OVERRIDE, Action.CLOSE},
}


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in."""

    name: str
    role: Role

    def may(self, action: Action) -> bool:
        ranks = list(Role)
        return any(action in _ADDED[role] for role in ranks[: ranks.index(self.role) + 1])

    def need(self, action: Action) -> None:
        """Raises Forbidden unless the role allows the action."""
        if not self.may(action):
            least = next(role for role in Role if action in _ADDED[role])
            raise Forbidden(f"You are signed in as {self.name} ({self.role}) and may not {action}. That needs the role {least}.")
