"""The chat can be used by ear, by keyboard, enlarged and in the dark (WCAG 2.1 AA)."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.actions import PROCEDURE, ask, heard, open_chat, question_box, replied, turns
from tests.browser.conftest import NewPage, Site

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
SCREENS = [(1280, 900, False), (1280, 900, True), (390, 844, True), (320, 640, False)]


def violations(page: Page, state: str) -> list[str]:
    response = Axe().run(page, options=RULES).response
    assert len(response["passes"]) >= 10, f"{state}: axe saw nothing"
    found = response["violations"]
    return [f"{state}: {one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("width", "height", "dark"), SCREENS)
def test_no_state_of_the_chat_violates_a_rule_of_axe(site: Site, new_page: NewPage, width: int, height: int, dark: bool) -> None:
    page = new_page(width, height, dark=dark, reduced_motion="reduce")
    open_chat(page, site)
    expect(page.get_by_text("Questions you can ask")).to_be_visible()
    found = violations(page, "empty")
    ask(page, "How long does it take?").locator("summary").click()
    found += violations(page, "answer, sources open")
    ask(page, "Do you take Aetna insurance?")
    found += violations(page, "refusal")
    expect(ask(page, "my incision is a bit red, how long does it take to heal").locator(".faq-card.care")).to_be_visible()
    found += violations(page, "symptom")
    expect(ask(page, "I have crushing chest pain and I can't breathe").locator(".faq-card.danger")).to_be_visible()
    found += violations(page, "emergency")
    expect(ask(page, "I want to kill myself").get_by_role("link", name="Call 988")).to_be_visible()
    found += violations(page, "crisis")
    page.get_by_role("button", name=re.compile("About:")).click()
    expect(page.get_by_role("button", name="Kyphoplasty", exact=True)).to_be_visible()
    found += violations(page, "change procedure")
    page.goto(f"{site.url}/?q=What+are+the+risks%3F")
    replied(page, 0)
    found += violations(page, "clarify")
    assert found == []


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
    ask(page, "How long does it take?").locator("summary").click()
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
    tab_to(page, "document.activeElement.tagName === 'SUMMARY'", key="Shift+Tab")
    assert focus_is_visible(page)
    page.keyboard.press("Enter")
    expect(reply.locator("mark").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("See it on the page")
    tab_to(page, "document.activeElement.tagName === 'TEXTAREA'")


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
    ask(page, "How long does it take?").locator("summary").click()
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
