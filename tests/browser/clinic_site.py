"""A page of a clinic's own site, on another port and with a strict policy, that has the chat's one line on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>SI Joint Fusion at our clinic</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>SI Joint Fusion</h1>{text}<p><button data-faq-open="kyphoplasty">Ask about kyphoplasty</button></p></main>
<script src="{chat}/widget.js" data-procedure="si-joint-fusion" defer></script></body></html>"""


class ClinicSite(BaseHTTPRequestHandler):
    """One page of a clinic's site, under the policy that docs/embed.md gives."""

    def __init__(self, chat: str, *args: object) -> None:
        self.chat = chat
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = PAGE.format(chat=self.chat, text="<p>Our page about the procedure.</p>" * 60).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-security-policy", f"default-src 'none'; script-src {self.chat}; frame-src {self.chat}")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def running(chat: str) -> Iterator[str]:
    """The address of the clinic's page while the block runs; `chat` is the address of the chat."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(ClinicSite, chat))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(5)
