"""What the desk counts becomes Prometheus text on a port of its own, with health and readiness. No label names a person."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, Info, generate_latest

from bot.canary import Verdict

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; an answer takes about 0.03, the queue at most 8
log = logging.getLogger(__name__)

# Of this process; the library adds its memory, CPU and open files.
QUESTIONS = Counter("faq_questions", "Questions, by the status of their reply", ["status"])
SECONDS = Histogram("faq_seconds", "Seconds from question to reply", buckets=BUCKETS)
WAITING = Gauge("faq_waiting", "Questions waiting for the engine")
PUBLISHED = Info("faq_published", "The version in use")
READY = Gauge("faq_ready", "1 when questions can be answered")
CLOSED = Gauge("faq_closed", "1 when the chat is closed, by staff or by its canary questions")
CANARIES = Gauge("faq_canaries", "Canary questions of the last check: asked, and those that found their section", ["what"])


def count(status: str, seconds: float) -> None:
    """One question with its reply."""
    QUESTIONS.labels(status).inc()
    SECONDS.observe(seconds)


@dataclass(frozen=True, slots=True)
class State:
    """How the app is now: the version in use, None when there is none, and whether the chat is closed."""

    version: str | None
    closed: bool
    canaries: Verdict | None = None  # of the last check, None when there was none


@contextmanager
def served(state: Callable[[], State], host: str, port: int) -> Iterator[int]:
    """Serves until the block ends; gives the port, 0 when it is off. A port that is taken is logged: patients come first."""
    server = _open(state, host, port) if port else None
    if server is None:
        yield 0
        return
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _open(state: Callable[[], State], host: str, port: int) -> ThreadingHTTPServer | None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = _page(self.path.partition("?")[0], state())
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Asked every few seconds: not worth a line each."""

    try:
        return ThreadingHTTPServer((host, port), Page)
    except OSError as error:
        log.error("metrics cannot be served on %s:%d (%s); check FAQ_METRICS_PORT", host, port, error.strerror)
        return None


def _page(path: str, now: State) -> tuple[int, str, bytes]:
    if path == "/metrics":
        READY.set(now.version is not None)
        CLOSED.set(now.closed)
        PUBLISHED.info({"version": now.version or ""})
        return 200, CONTENT_TYPE_LATEST, generate_latest()
    if path in {"/healthz", "/readyz"}:
        status = 503 if path == "/readyz" and now.version is None else 200
        shown: dict[str, object] = {
            "status": "ok" if now.version else "not ready",
            "published": now.version,
            "closed": now.closed,
        }
        if now.canaries:
            shown["canaries"] = {"asked": now.canaries.asked, "found": now.canaries.found, "when": now.canaries.when}
        return status, "application/json", json.dumps(shown).encode()
    return 404, "text/plain; charset=utf-8", b"Here are /metrics, /healthz and /readyz.\n"
