"""The chat on a clinic's own site: a page on another port, with a strict policy of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import COLD_LOAD, NewPage, Site
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser
SIZES = [(1280, 900), (390, 844)]
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


@pytest.fixture(scope="module")
def clinic_site(site: Site) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(ClinicSite, site.url))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(5)


def open_panel(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Ask about your procedure").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_test_id("stChatInputTextArea")).to_be_visible(timeout=COLD_LOAD)
    return frame


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_chat_opens_in_a_panel_and_answers(site: Site, clinic_site: str, new_page: NewPage, width: int, height: int) -> None:
    page = new_page(width, height)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(clinic_site)
    frame = open_panel(page)
    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == ((400, 640) if width > 480 else (width, height))
    frame.get_by_test_id("stChatInputTextArea").fill("How long does it take?")
    frame.get_by_test_id("stChatInputTextArea").press("Enter")
    expect(frame.locator(".faq-words")).to_contain_text("45 to 90 minutes")
    frame.locator("summary").click()
    expect(frame.locator("mark").first).to_be_visible()
    assert violations(page, "widget open") == []
    assert [text for text in complaints if "favicon" not in text] == []
    assert page.context.cookies() == []


def test_nothing_is_loaded_and_no_focus_or_place_is_taken_before_the_first_opening(
    site: Site, clinic_site: str, new_page: NewPage
) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(site.url) else None)
    page.goto(clinic_site)
    expect(page.get_by_role("button", name="Ask about your procedure")).to_be_visible()
    assert asked == [f"{site.url}/widget.js"]
    assert page.evaluate("[document.activeElement === document.body, scrollY]") == [True, 0]
    button = page.get_by_role("button", name="Ask about your procedure").bounding_box()
    assert button is not None
    assert min(button["width"], button["height"]) >= 48
    without = page.evaluate("(document.body.lastElementChild.remove(), document.body.scrollHeight)")
    page.reload()
    expect(page.get_by_role("button", name="Ask about your procedure")).to_be_visible()
    assert page.evaluate("document.body.scrollHeight") == without


@pytest.mark.parametrize("inside", [True, False])
def test_esc_closes_the_panel_and_gives_the_focus_back(site: Site, clinic_site: str, new_page: NewPage, inside: bool) -> None:
    page = new_page()
    page.goto(clinic_site)
    page.evaluate("scrollTo(0, 300)")
    frame = open_panel(page)
    if inside:
        frame.get_by_test_id("stChatInputTextArea").press("Escape")
    else:
        page.get_by_role("button", name="Close").press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Ask about your procedure")).to_be_focused()
    assert page.evaluate("scrollY") == 300


def test_the_conversation_is_still_there_after_closing_and_another_procedure_can_be_opened(
    site: Site, clinic_site: str, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(clinic_site)
    frame = open_panel(page)
    frame.get_by_test_id("stChatInputTextArea").fill("How long does it take?")
    frame.get_by_test_id("stChatInputTextArea").press("Enter")
    expect(frame.locator(".faq-words")).to_contain_text("45 to 90 minutes")
    page.get_by_role("button", name="Close").click()
    open_panel(page)
    expect(frame.locator(".faq-words")).to_contain_text("45 to 90 minutes")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Ask about kyphoplasty").click()
    expect(frame.get_by_role("button", name="About: Kyphoplasty")).to_be_visible(timeout=COLD_LOAD)
