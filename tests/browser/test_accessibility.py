"""The chat can be used by ear, by keyboard, enlarged and in the dark (WCAG 2.1 AA)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.actions import (
    PROCEDURE,
    Chat,
    ask,
    heard,
    open_chat,
    open_panel,
    question_box,
    replied,
    turns,
    violations,
)
from tests.browser.conftest import NewPage, Site

pytestmark = pytest.mark.browser
LAYOUTS = [(width, height, framed) for width, height in ((1280, 900), (390, 844), (320, 640)) for framed in (False, True)]


@pytest.mark.parametrize(("width", "height", "framed"), LAYOUTS)
def test_no_state_of_the_chat_violates_a_rule_of_axe(
    site: Site, clinic_site: str, new_page: NewPage, width: int, height: int, framed: bool
) -> None:
    """Every rule in the light, contrast again in the dark."""
    page = new_page(width, height, reduced_motion="reduce")
    sockets = losable(page)
    found: list[str] = []
    for state, chat in states(page, site, clinic_site if framed else "", sockets):
        found += violations(chat, state)
        page.emulate_media(color_scheme="dark")
        expect(chat.locator(".stApp")).to_have_css("color", "rgb(243, 247, 248)")
        found += violations(chat, f"{state}, dark", ["color-contrast"])
        page.emulate_media(color_scheme="light")
    assert found == []


def test_forced_colours_violate_no_rule_and_keep_what_is_chosen_visible(site: Site, new_page: NewPage) -> None:
    page = new_page(390, 844, forced_colors="active")
    found = [line for state, chat in states(page, site, "", losable(page)) for line in violations(chat, state)]
    assert found == []


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
    expect(ask(chat, "my incision is a bit red, how long does it take to heal").locator(".faq-card.care")).to_be_visible()
    yield "symptom", chat
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
        yield "error", chat
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


def test_pages_without_javascript_violate_no_rule_of_axe(site: Site, new_page: NewPage) -> None:
    page, found = new_page(390, 844), []
    for path in ("/plain", "/plain?q=How+long+does+it+take%3F&procedure=si-joint-fusion", "/plain?q=I+cannot+breathe", "/procedures",
                 f"/procedures/{PROCEDURE}", "/nowhere"):  # fmt: skip
        page.goto(site.url + path)
        found += violations(page, path)
    assert found == []


def test_each_answer_is_announced_exactly_once(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    ask(page, "How long does it take?").locator(".faq-sources summary").first.click()
    ask(page, "Do you take Aetna insurance?")
    places, words = zip(*heard(page, 2), strict=True)
    assert places == ("faq-status", "faq-status")
    assert "45 to 90 minutes" in words[0]
    assert "45 to 90 minutes" not in words[1]


def test_two_answers_that_come_quickly_are_both_announced(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    for question in ("How long does it take?", "What are the risks?"):
        question_box(page).fill(question)
        question_box(page).press("Enter")
    expect(turns(page)).to_have_count(2)
    assert len(heard(page, 2)) == 2


def test_an_emergency_interrupts(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    ask(page, "I have crushing chest pain and I can't breathe")
    [[place, words]] = heard(page, 1)
    assert place == "faq-alert"
    assert "911" in words


def test_a_question_is_asked_and_its_source_opened_with_the_keyboard_only(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    tab_to(page, "document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type("How long does it take?")
    page.keyboard.press("Enter")
    reply = replied(page, 0)
    tab_to(page, "document.activeElement.textContent === 'Sources (1)'", key="Shift+Tab")
    assert focus_is_visible(page)
    page.keyboard.press("Enter")
    expect(reply.locator("mark").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("See it on the page")
    tab_to(page, "document.activeElement.tagName === 'TEXTAREA'")


def test_feedback_is_given_by_keyboard_heard_once_and_moves_no_focus(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    heard(page, 1)
    reply.get_by_role("button", name="No, it did not help").press("Enter")
    expect(reply.get_by_role("group", name="What went wrong?")).to_be_visible()
    expect(reply.get_by_role("button", name="No, it did not help", pressed=True)).to_be_focused()
    reply.get_by_role("button", name="Not what I asked").press("Enter")
    expect(reply.get_by_text("Thank you.")).to_be_visible()
    assert [words for _, words in heard(page, 3)][1:] == ["What went wrong?", "Thank you. This helps us do better."]


def test_a_word_is_explained_by_keyboard_and_the_focus_comes_back(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    word = ask(page, "What happens during it?").get_by_role("button", name="fluoroscopic")
    word.press("Enter")
    expect(page.get_by_role("dialog", name="fluoroscopic")).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("fluoroscopic (x ray) guidance")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(word).to_be_focused()


def tab_to(page: Page, reached: str, key: str = "Tab", most: int = 30) -> None:
    for _ in range(most):
        if page.evaluate(reached):
            return
        page.keyboard.press(key)
    pytest.fail(f"{most} times {key} do not reach {reached}")


def focus_is_visible(page: Page) -> bool:
    return bool(page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"))


def test_typing_goes_on_where_it_was_after_an_answer(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    ask(page, "How long does it take?")
    page.wait_for_timeout(400)
    expect(question_box(page)).to_be_focused()


def test_after_a_tapped_question_the_focus_is_at_its_answer(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    page.locator(".st-key-faq-suggestions").get_by_role("button").first.press("Enter")
    expect(replied(page, 0).locator(".faq-reply")).to_be_focused()


def test_a_single_letter_does_nothing_outside_a_field(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    page.evaluate("document.activeElement.blur()")
    page.evaluate(
        """window.runs = 0; new MutationObserver(() => window.runs++)
        .observe(document.querySelector('[data-testid=stApp]'), {attributes: true, attributeFilter: ['data-test-script-state']})"""
    )
    for letter in "rc":
        page.keyboard.press(letter)
    page.wait_for_timeout(700)
    assert page.evaluate("window.runs") == 0
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_at_400_percent_zoom_the_input_does_not_hide_the_answer(site: Site, new_page: NewPage) -> None:
    page = new_page(320, 256)  # 1280 x 1024 at 400 %
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    reply.locator(".faq-words").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert page.evaluate("getComputedStyle(document.querySelector('[data-testid=stBottom]')).position") == "static"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    question_box(page).scroll_into_view_if_needed()
    expect(question_box(page)).to_be_in_viewport()


def test_targets_are_large_enough_to_hit(site: Site, new_page: NewPage) -> None:
    page = new_page(320, 640)
    open_chat(page, site)
    ask(page, "How long does it take?").locator(".faq-sources summary").first.click()
    small = page.evaluate(
        """[...document.querySelectorAll('a, button, summary, textarea')].filter(e => e.checkVisibility() && !e.disabled && e.dataset.testid !== 'stSkipToContent')
        .map(e => [e.textContent.slice(0, 30), e.getBoundingClientRect()]).filter(([, r]) => r.width && (r.width < 24 || r.height < 24))
        .map(([t, r]) => `${t}: ${r.width} x ${r.height}`)"""
    )
    assert small == []


def test_a_browser_that_asks_for_spanish_gets_our_words_in_spanish(site: Site, new_page: NewPage) -> None:
    page = new_page(locale="es-US")
    open_chat(page, site)
    expect(page.get_by_text("Puede preguntar")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    reply = ask(page, "How long does it take?")
    expect(reply.locator(".faq-words")).to_have_attribute("lang", "en")
