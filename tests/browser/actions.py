"""What a patient does in the browser, in words that the tests read like."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Locator, Page, expect

from tests.browser.conftest import COLD_LOAD, Site

PROCEDURE = "si-joint-fusion"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
Chat = Page | Frame  # the chat alone, or in the panel on the clinic's site


def open_chat(page: Chat, site: Site, query: str = f"procedure={PROCEDURE}") -> None:
    page.goto(f"{site.url}/?{query}")
    expect(question_box(page)).to_be_visible(timeout=COLD_LOAD)


def question_box(page: Chat) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def turns(page: Chat) -> Locator:
    return page.locator('[class*="st-key-turn-"]')


def ask(page: Chat, question: str) -> Locator:
    """Types a question, sends it with Enter and waits for its reply, which is returned."""
    before = turns(page).count()
    question_box(page).fill(question)
    question_box(page).press("Enter")
    return replied(page, before)


def replied(page: Chat, before: int) -> Locator:
    turn = turns(page).nth(before)
    expect(turn.locator("article")).to_be_visible()
    settled(page)
    return turn


def settled(page: Chat) -> None:
    """Until the run that drew the last reply is over."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", re.compile("notRunning|initial"))


def heard(page: Chat, count: int) -> list[list[str]]:
    """Waits until `count` announcements were made, then as long again as a second one would take; returns all of them."""
    for _ in range(100):
        if len(said(page)) >= count:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    return said(page)


def said(page: Chat) -> list[list[str]]:
    """[place, words] of everything announced so far."""
    spoken: list[list[str]] = page.evaluate("window.said")
    return spoken


def open_panel(page: Page) -> Frame:
    """Opens the widget's panel on the clinic's page and waits for the chat in it."""
    page.get_by_role("button", name="Ask about your procedure").click()
    expect(page.frame_locator("iframe").get_by_test_id("stChatInputTextArea")).to_be_visible(timeout=COLD_LOAD)
    return page.frames[1]


def violations(page: Chat, state: str, rules: list[str] = RULES) -> list[str]:
    """What axe finds wrong in the document as it is now."""
    response = Axe().run(page, options={"runOnly": rules}).response
    assert len(response["passes"]) >= min(10, len(rules)), f"{state}: axe saw nothing"
    found = response["violations"]
    return [f"{state}: {one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]
