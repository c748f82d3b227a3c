"""An Authorization header becomes a User, and a request without one becomes 401: HTTP Basic over http and websocket alike.

What is remembered, in memory only: which credentials were verified (by a keyed digest) and since when. So scrypt is not
run for each file of a page, a login ends after 12 hours, and whoever is removed from the users file is out at once.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlsplit

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.types import ConfigurationError
from web.roles import User
from web.users import Record, Users

SESSION_SECONDS = 12 * 3600  # a shift; then the browser asks for the password again
VERIFIED_SECONDS = 600  # the password is hashed again after so long
ENDED_SECONDS = 3  # after an end the same credentials are refused, so that requests under way do not begin a new session
LONGEST_HEADER = 1000  # characters
WRONG_BY_NAME = RateLimitItemPerMinute(10, 5)  # wrong passwords for one name, and from one address, in five minutes
WRONG_BY_ADDRESS = RateLimitItemPerMinute(20, 5)
SIGN_OUT: Final = "/sign-out"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The credentials are right; the session ends in `seconds`."""

    user: User
    seconds: float


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """No credentials, or wrong ones, or a session that is over."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """Too many wrong passwords; nothing is checked for `seconds`."""

    seconds: int


@dataclass(frozen=True, slots=True)
class _Session:
    name: str
    record: Record
    since: float
    checked: float


class Login:
    """Who is signed in. `clock` counts seconds and never goes back."""

    def __init__(self, users: Users, clock: Callable[[], float] = time.monotonic) -> None:
        self.users, self._clock = users, clock
        self._key = secrets.token_bytes(32)
        self._sessions: dict[bytes, _Session] = {}
        self._ended: dict[bytes, float] = {}
        self._wrong = MovingWindowRateLimiter(MemoryStorage())
        self._gate = asyncio.Lock()  # one scrypt at a time: a flood of guesses costs one core and 32 MB

    async def check(self, authorization: str | None, address: str) -> SignedIn | NotSignedIn | TryLater:
        """Verifies credentials. Raises ConfigurationError when there is no usable users file."""
        self.users.records()
        credentials = _credentials(authorization)
        if credentials is None:
            return NotSignedIn()
        seal = self._seal(*credentials)
        if self._ended.get(seal, -math.inf) + ENDED_SECONDS > self._clock():
            return NotSignedIn()
        known = self._session(seal)
        if known and self._clock() - known.checked < VERIFIED_SECONDS:
            return self._signed_in(known)
        if seal in self._sessions and known is None:
            self.end(authorization)
            return NotSignedIn()
        async with self._gate:
            known = self._session(seal)
            if known and self._clock() - known.checked < VERIFIED_SECONDS:
                return self._signed_in(known)  # verified while waiting for the gate
            return await self._verify(seal, credentials, address)

    def current(self, authorization: str | None) -> User | None:
        """The user of a session that is on, for a script to ask at each run. Never begins one, never runs scrypt."""
        credentials = _credentials(authorization)
        session = self._session(self._seal(*credentials)) if credentials else None
        return User(session.name, session.record.role) if session else None

    def end(self, authorization: str | None) -> None:
        """Ends a session; the browser is asked for the password again."""
        if credentials := _credentials(authorization):
            seal = self._seal(*credentials)
            if self._sessions.pop(seal, None):
                self._ended = {one: when for one, when in self._ended.items() if when + ENDED_SECONDS > self._clock()}
                self._ended[seal] = self._clock()

    async def _verify(self, seal: bytes, credentials: tuple[str, str], address: str) -> SignedIn | NotSignedIn | TryLater:
        name, password = credentials
        limits = ((WRONG_BY_NAME, "name", name), (WRONG_BY_ADDRESS, "address", address))
        waits = [
            self._wrong.get_window_stats(*limit).reset_time - time.time() for limit in limits if not self._wrong.test(*limit)
        ]
        if waits:
            return TryLater(max(1, math.ceil(max(waits))))
        record = await run_in_threadpool(self.users.verified, name, password)
        if record is None:
            for limit in limits:
                self._wrong.hit(*limit)
            return NotSignedIn()
        now = self._clock()
        before = self._session(seal)
        self._sessions[seal] = _Session(name, record, before.since if before else now, now)
        return self._signed_in(self._sessions[seal])

    def _session(self, seal: bytes) -> _Session | None:
        """The session of these credentials, while it lasts and the user's record is the one it began with."""
        session = self._sessions.get(seal)
        if session is None or self._clock() - session.since >= SESSION_SECONDS:
            return None
        try:
            return session if self.users.records().get(session.name) == session.record else None
        except ConfigurationError:
            return None

    def _signed_in(self, session: _Session) -> SignedIn:
        return SignedIn(User(session.name, session.record.role), session.since + SESSION_SECONDS - self._clock())

    def _seal(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{name}\0{password}".encode("utf-8", "surrogatepass"), hashlib.sha256)


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    """Name and password of a Basic header, None for anything else."""
    scheme, _, encoded = (authorization or "")[: LONGEST_HEADER + 1].partition(" ")
    if scheme.lower() != "basic" or len(encoded) > LONGEST_HEADER:
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon and name else None


class LoginWall:
    """Nothing behind it answers without a login: no page, no file, no websocket."""

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self.app, self.login = app, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _from_elsewhere(headers, scope):
            await _refuse(scope, receive, send, 403, "This request comes from another site.")
            return
        authorization = _only(headers, "authorization")
        try:
            found = await self.login.check(authorization, scope["client"][0] if scope.get("client") else "unknown")
        except ConfigurationError as error:
            await _refuse(scope, receive, send, 503, str(error))
            return
        if isinstance(found, SignedIn) and scope["path"] == SIGN_OUT:
            self.login.end(authorization)
            found = NotSignedIn()
        match found:
            case TryLater(seconds):
                words = f"Too many wrong passwords. Try again in {math.ceil(seconds / 60)} minutes."
                await _refuse(scope, receive, send, 429, words, {"retry-after": str(seconds)})
            case NotSignedIn():
                words = "You are not signed in. Open the start page and give your name and password."
                await _refuse(scope, receive, send, 401, words, {"www-authenticate": 'Basic realm="Staff", charset="UTF-8"'})
            case SignedIn(user, left):
                if scope["type"] == "websocket":
                    receive, send = self._until_it_ends(receive, send, authorization, user, left)
                await self.app(scope, receive, send)

    def _until_it_ends(
        self, receive: Receive, send: Send, authorization: str | None, user: User, left: float
    ) -> tuple[Receive, Send]:
        """A websocket is closed when its session ends, also when nothing is said on it, and when its user's role changes."""
        loop = asyncio.get_running_loop()
        deadline, closed = loop.time() + left, False

        async def receiving() -> Message:
            nonlocal closed
            try:
                message = await asyncio.wait_for(receive(), max(0.0, deadline - loop.time()))
            except TimeoutError:
                message = None
            if message is not None and (message["type"] != "websocket.receive" or self.login.current(authorization) == user):
                return message
            closed = True
            await send({"type": "websocket.close", "code": 1008})
            return {"type": "websocket.disconnect", "code": 1008}

        async def sending(message: Message) -> None:
            if not closed:
                await send(message)

        return receiving, sending


def _only(headers: Headers, name: str) -> str | None:
    """The header's value when it was sent once; two would leave open which one is meant."""
    values = headers.getlist(name)
    return values[0] if len(values) == 1 else None


def _from_elsewhere(headers: Headers, scope: Scope) -> bool:
    """Browsers send a password by themselves, also for other sites' requests: those are refused unless they only read a page."""
    origin = headers.get("origin")
    if origin is None or (scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}):
        return False
    return urlsplit(origin).netloc != headers.get("host")


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: int, words: str, headers: dict[str, str] | None = None
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Staff</title><h1>Staff</h1><p>{escape(words)}</p>"
    response: Response = HTMLResponse(page, status, {"cache-control": "no-store", **(headers or {})})
    await response(scope, receive, send)
