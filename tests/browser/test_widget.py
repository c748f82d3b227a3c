"""The chat on a clinic's own site: a page on another port, with a strict policy of its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.actions import open_panel, violations
from tests.browser.conftest import COLD_LOAD, NewPage, Site

pytestmark = pytest.mark.browser
SIZES = [(1280, 900), (390, 844)]


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
    frame.locator(".faq-sources summary").first.click()
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
