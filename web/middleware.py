"""Every response gets our headers, every path that is not ours to serve a page that says so. Both apps use it.

Outermost first: `Guard` (headers, size of a body), in the staff app then the login, `Paths` (what may be reached at all),
`Compression` (Streamlit's own files, once, kept).
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.settings import Settings
from web.login import Login, LoginWall
from web.pages import not_found

STATIC: Final = Path(streamlit.__file__).parent / "static" / "static"
LARGEST_BODY = 32_768  # bytes; a question with eight earlier ones at their longest is about 10 kB
YEAR = "public, max-age=31536000, immutable"

# What of Streamlit an anonymous visitor may reach. Uploads, metrics, components and the agent API are not (FINDINGS.md).
_ALLOWED = re.compile(
    r"/(?:|healthz|readyz|plain(?:/feedback)?|widget\.js|api/ask|procedures(?:/[\w-]+)?|assets/[\w.-]+|favicon\.(?:ico|png|svg)|robots\.txt"
    r"|static/(?:js|css|media)/[\w.@~-]+|_stcore/(?:health|host-config|stream))"
)
# What staff may reach once they are signed in: uploads and downloads too.
_STAFF = re.compile(
    r"/(?:|draft|history|review|gaps|figures|answers|closing|sign-out|assets/[\w.-]+|favicon\.(?:ico|png|svg)|static/(?:js|css|media)/[\w.@~-]+|media/[\w.-]+"
    r"|_stcore/(?:health|host-config|stream|upload_file/[\w-]+/[\w-]+))"
)
UPLOAD = "/_stcore/upload_file/"
LARGEST_UPLOAD = 20_000_000  # bytes of one document; .streamlit/config.toml says the same in megabytes
_ROUND_UPLOAD = 100_000  # bytes that a form puts around its file
_HOST = re.compile(r"[\w.:\[\]-]{1,255}")


def middleware(settings: Settings) -> list[Middleware]:
    return [
        Middleware(Guard, frame_ancestors=settings.frame_ancestors),
        Middleware(Paths, allowed=_ALLOWED),
        Middleware(Compression),
    ]


def staff_middleware(login: Login) -> list[Middleware]:
    return [
        Middleware(Guard, frame_ancestors="'none'", cookies=True),
        Middleware(LoginWall, login=login),
        Middleware(Paths, allowed=_STAFF),
        Middleware(Compression),
    ]


def policy(host: str, frame_ancestors: str) -> str:
    """The Content-Security-Policy. Old Safari does not count WebSockets as 'self', so ours are named."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # Streamlit writes its styles at run time
            "img-src 'self' data:",
            "font-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        )
    )


class Guard:
    """Headers on everything, a 413 for large bodies; no cookies, unless an app says that it needs Streamlit's against forgery."""

    def __init__(self, app: ASGIApp, frame_ancestors: str, *, cookies: bool = False) -> None:
        self.app, self.frame_ancestors, self.cookies = app, frame_ancestors, cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = self._with_headers(send, scope["path"], headers.get("host", ""), scope.get("scheme", "http"))
        largest = LARGEST_UPLOAD + _ROUND_UPLOAD if scope["path"].startswith(UPLOAD) else LARGEST_BODY
        if int(headers.get("content-length") or 0) > largest:
            await Response("Too large.", 413)(scope, receive, send)
            return
        await self.app(scope, _limited(receive, largest), send)

    def _with_headers(self, send: Send, path: str, host: str, scheme: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not self.cookies:
                    del headers["set-cookie"]  # nothing of the chat needs one, and the widget promises none
                headers["content-security-policy"] = policy(host, self.frame_ancestors)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["permissions-policy"] = "camera=(), microphone=(), geolocation=(), browsing-topics=()"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers["cross-origin-resource-policy"] = "cross-origin" if path == "/widget.js" else "same-origin"
                if scheme == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return sending


def _limited(receive: Receive, largest: int) -> Receive:
    """A body without a length is cut off at the same size: the reader then sees a client that went away."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > largest else message

    return receiving


class Paths:
    """A 404 for paths that are not ours to serve. Streamlit would serve more than anybody here needs."""

    def __init__(self, app: ASGIApp, allowed: re.Pattern[str]) -> None:
        self.app, self.allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self.allowed.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await not_found(Headers(scope=scope).get("accept-language"))(scope, receive, send)


class Compression:
    """Streamlit's own files, compressed once and kept in memory; everything else by Starlette's gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.compressed = GZipMiddleware(app, minimum_size=500, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/static/") and scope["method"] in {"GET", "HEAD"}:
            await _static_file(scope)(scope, receive, send)
        elif scope["type"] == "http":
            await self.compressed(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _static_file(scope: Scope) -> Response:
    headers = Headers(scope=scope)
    found = _packed(scope["path"].removeprefix("/static/"))
    if found is None:
        return not_found(headers.get("accept-language"))
    plain, packed, media_type = found
    use_packed = packed is not None and "gzip" in headers.get("accept-encoding", "")
    sent = {"cache-control": YEAR, "vary": "Accept-Encoding", **({"content-encoding": "gzip"} if use_packed else {})}
    return Response(packed if use_packed else plain, media_type=media_type, headers=sent)


@lru_cache(maxsize=256)  # the chat uses about 100 of Streamlit's files
def _packed(name: str) -> tuple[bytes, bytes | None, str] | None:
    """(bytes, gzipped bytes or None when that is no gain, media type) of one of Streamlit's files; None when there is none."""
    path = STATIC / name
    if ".." in name or not path.is_file():
        return None
    plain = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = None if path.suffix in {".woff2", ".png", ".gif"} else gzip.compress(plain, 9, mtime=0)
    return plain, packed, media_type
