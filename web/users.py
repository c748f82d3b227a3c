"""Names and passwords become lines of users.json, hashed with scrypt and readable by the program's account alone.

{"users": {"ann": {"role": "editor", "salt": "hex", "hash": "hex", "added": "2026-11-30T10:42:00+00:00"}}}
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.types import ConfigurationError, FaqError
from web.roles import Role, User

FILE: Final = "users.json"
MAKE_ONE: Final = "python -m web users add NAME --role viewer|reviewer|editor|admin"
SHORTEST_PASSWORD = 12  # characters; a phrase of three or four words
LONGEST_PASSWORD = 200  # characters
_NAME = re.compile(r"\w(?:[\w .@'-]{0,58}\w)?")  # no colon: HTTP Basic puts one between name and password
_COST = 2**15  # scrypt's N: with r = 8 one check takes 32 MB and about 0.1 s (OWASP's minimum is 2**14 with p = 5)
_MEMORY = 64 * 2**20  # bytes scrypt may use


class UserProblem(FaqError):
    """A user cannot be added, found or removed; the message says why."""


class Record(BaseModel):
    """What is kept of one user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    hash: str = Field(pattern=r"^[0-9a-f]{128}$")
    added: str

    def holds(self, password: str) -> bool:
        return hmac.compare_digest(_hash(password, self.salt), self.hash)


class _File(BaseModel):
    users: dict[str, Record]


_NOBODY: Final = Record(role=Role.VIEWER, salt="0" * 32, hash="0" * 128, added="")  # an unknown name costs as much as a known one


class Users:
    """The users file. Changes to it take effect at the next look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._records: Mapping[str, Record] = MappingProxyType({})

    def records(self) -> Mapping[str, Record]:
        """Every user by name. Raises ConfigurationError when there is no file, it is open to others, or cannot be understood."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise ConfigurationError(f"Nobody can sign in yet. Make a user: {MAKE_ONE}") from None
        except OSError as reason:
            raise ConfigurationError(f"{self.path} cannot be opened ({reason.strerror}).") from reason
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise ConfigurationError(f"Other accounts can open {self.path}. Run: chmod 600 {self.path}")
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._seen:
            try:
                self._records = MappingProxyType(_File.model_validate_json(self.path.read_bytes()).users)
            except (OSError, ValidationError) as reason:
                raise ConfigurationError(
                    f"{self.path} cannot be understood. Restore it, or delete it and add users anew."
                ) from reason
            self._seen = seen
        return self._records

    def verified(self, name: str, password: str) -> Record | None:
        """The user's record when the password is right. Takes as long for an unknown name."""
        record = self.records().get(name)
        right = (record or _NOBODY).holds(password[:LONGEST_PASSWORD])
        return record if right and record is not None and len(password) <= LONGEST_PASSWORD else None

    def add(self, name: str, role: Role, password: str) -> User:
        """A new user, or a new password and role for a known one. Raises UserProblem."""
        if not _NAME.fullmatch(name):
            raise UserProblem("A name has up to 60 letters, digits, spaces and . @ ' - and no colon.")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise UserProblem(
                f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters. A few words are easiest to keep."
            )
        if name.casefold() in password.casefold() or len(set(password)) < 5:
            raise UserProblem("That password is too easy to guess: it holds the name, or few different letters.")
        salt = secrets.token_hex(16)
        added = datetime.now(UTC).isoformat(timespec="seconds")
        self._write({**self._known(), name: Record(role=role, salt=salt, hash=_hash(password, salt), added=added)})
        return User(name, role)

    def remove(self, name: str) -> None:
        """Raises UserProblem for an unknown name."""
        known = self._known()
        if name not in known:
            raise UserProblem(f"There is no user {name!r}. `python -m web users list` lists them.")
        self._write({other: record for other, record in known.items() if other != name})

    def _known(self) -> Mapping[str, Record]:
        return self.records() if self.path.exists() else {}

    def _write(self, records: Mapping[str, Record]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f"{FILE}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
            handle.write(_File(users=dict(records)).model_dump_json(indent=1))
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(self.path)


def _hash(password: str, salt: str) -> str:
    raw = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(raw, salt=bytes.fromhex(salt), n=_COST, r=8, p=1, maxmem=_MEMORY).hex()
