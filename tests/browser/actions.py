"""What a patient does in the browser, in words that the tests read like."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import COLD_LOAD, Site

PROCEDURE = "si-joint-fusion"


def open_chat(page: Page, site: Site, query: str = f"procedure={PROCEDURE}") -> None:
    page.goto(f"{site.url}/?{query}")
    expect(question_box(page)).to_be_visible(timeout=COLD_LOAD)


def question_box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def turns(page: Page) -> Locator:
    return page.locator('[class*="st-key-turn-"]')


def ask(page: Page, question: str) -> Locator:
    """Types a question, sends it with Enter and waits for its reply, which is returned."""
    before = turns(page).count()
    question_box(page).fill(question)
    question_box(page).press("Enter")
    return replied(page, before)


def replied(page: Page, before: int) -> Locator:
    turn = turns(page).nth(before)
    expect(turn.locator("article")).to_be_visible()
    settled(page)
    return turn


def settled(page: Page) -> None:
    """Until the run that drew the last reply is over."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", re.compile("notRunning|initial"))


def heard(page: Page, count: int) -> list[list[str]]:
    """Waits until `count` announcements were made, then as long again as a second one would take; returns all of them."""
    for _ in range(100):
        if len(said(page)) >= count:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    return said(page)


def said(page: Page) -> list[list[str]]:
    """[place, words] of everything announced so far."""
    spoken: list[list[str]] = page.evaluate("window.said")
    return spoken
