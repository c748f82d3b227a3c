"""Every state that a patient can meet, one after the other on one page, for checks that hold in all of them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.actions import Chat, ask, open_chat, open_panel, question_box, replied
from tests.browser.conftest import Site


def states(page: Page, site: Site, clinic_site: str, sockets: list[WebSocketRoute]) -> Iterator[tuple[str, Chat]]:
    """Every state of the chat one after the other on one page: alone, or in the panel on a clinic's page."""
    if clinic_site:
        page.goto(clinic_site)
        chat: Chat = open_panel(page)
    else:
        open_chat(chat := page, site)
    expect(chat.get_by_text("Questions you can ask")).to_be_visible()
    yield "empty", chat
    reply = ask(chat, "What happens during it?")
    reply.locator(".faq-sources summary").first.click()
    reply.get_by_text("Ask the care team").click()
    reply.get_by_role("button", name="No, it did not help").click()
    expect(reply.get_by_role("button", name="Hard to understand")).to_be_visible()
    yield "answer, all open", chat
    reply.get_by_role("button", name="fluoroscopic").click()
    expect(reply.get_by_role("dialog")).to_be_visible()
    yield "word explained", chat
    reply.get_by_role("dialog").get_by_role("button", name="Close").click()
    ask(chat, "Do you take Aetna insurance?")
    expect(chat.locator(".st-key-faq-choices").get_by_role("button").first).to_be_visible()
    yield "refusal with choices", chat
    symptom = ask(chat, "my incision is a bit sore, how long does it take")
    expect(symptom.locator(".faq-card.care")).to_be_visible()
    expect(symptom.locator(".faq-words")).to_be_visible()
    yield "symptom card above an answer", chat
    urgent = ask(chat, "my incision is a bit red, how long does it take to heal")
    expect(urgent.locator(".faq-card.care")).to_be_visible()
    expect(urgent.locator(".faq-words")).to_have_count(0)
    yield "urgent", chat
    expect(ask(chat, "I have crushing chest pain and I can't breathe").locator(".faq-card.danger")).to_be_visible()
    yield "emergency", chat
    expect(ask(chat, "I want to kill myself").get_by_role("link", name="Call 988")).to_be_visible()
    yield "crisis", chat
    chat.get_by_role("button", name=re.compile("About:")).click()
    expect(chat.get_by_role("button", name="Kyphoplasty", exact=True)).to_be_visible()
    yield "change of procedure", chat
    chat.goto(f"{site.url}/?q=What+are+the+risks%3F")
    replied(chat, 0)
    yield "clarify", chat
    with closed(site):
        expect(ask(chat, "How long does it take?").get_by_text("closed for now")).to_be_visible()
        expect(chat.locator(".faq-closed")).to_be_visible()
        yield "closed; busy looks the same", chat
    with broken(site):
        question_box(chat).fill("How long does it take?")
        question_box(chat).press("Enter")
        expect(chat.get_by_text("This chat is not ready yet")).to_be_visible()
        yield "not ready", chat
    open_chat(chat, site)
    page.route("**/_stcore/health", lambda route: route.abort())
    sockets[-1].close(code=1011)
    expect(chat.get_by_text("The line was lost")).to_be_visible()
    yield "connection lost", chat


def losable(page: Page) -> list[WebSocketRoute]:
    """The page's sockets as they are opened, so that a test can close them."""
    sockets: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/_stcore/stream", opened)
    return sockets


@contextmanager
def closed(site: Site) -> Iterator[None]:
    """Staff closed the chat."""
    (site.data / "CLOSED").touch()
    try:
        yield
    finally:
        (site.data / "CLOSED").unlink()


@contextmanager
def broken(site: Site) -> Iterator[None]:
    """What is withdrawn cannot be read, so that nothing may be quoted: the engine's own fault."""
    (site.index / "WITHDRAWN.json").write_text("{", encoding="utf-8")
    try:
        until(site, 503)
        yield
    finally:
        (site.index / "WITHDRAWN.json").unlink()
        until(site, 200)


def until(site: Site, status: int) -> None:
    for _ in range(100):
        if httpx.get(f"{site.url}/healthz").status_code == status:
            return
        time.sleep(0.1)
    pytest.fail(f"/healthz did not become {status}")
