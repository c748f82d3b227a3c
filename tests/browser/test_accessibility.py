"""The chat can be used by ear, by keyboard and enlarged (WCAG 2.1 AA). What axe can check is in test_axe.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import PROCEDURE, ask, heard, open_chat, question_box, replied, turns
from tests.browser.conftest import NewPage, Site

pytestmark = pytest.mark.browser


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


def test_at_200_percent_zoom_the_answer_and_the_input_are_seen_together(site: Site, new_page: NewPage) -> None:
    page = new_page(640, 512)  # 1280 x 1024 at 200 %
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    expect(reply.locator(".faq-words")).to_be_in_viewport()
    expect(question_box(page)).to_be_in_viewport()
    pinned = page.get_by_test_id("stBottom").bounding_box()
    assert pinned is not None
    assert pinned["height"] < 512 / 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_nothing_moves_for_those_who_want_less_motion(site: Site, new_page: NewPage) -> None:
    page = new_page(390, 844, reduced_motion="reduce")
    open_chat(page, site)
    page.evaluate(
        """window.moved = []; for (const kind of ['transitionrun', 'animationstart'])
        addEventListener(kind, e => window.moved.push(kind + ' ' + e.target.className), true);
        const glide = Element.prototype.scrollIntoView;
        Element.prototype.scrollIntoView = function (how) { if (how?.behavior === 'smooth') window.moved.push('scroll'); glide.call(this, how); }"""
    )
    reply = ask(page, "How long does it take?")
    reply.locator(".faq-sources summary").first.click()
    expect(reply.locator("mark").first).to_be_visible()
    assert page.evaluate("window.moved") == []


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


def test_an_address_or_the_widget_can_ask_for_spanish(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site, query=f"procedure={PROCEDURE}&lang=es")
    expect(page.get_by_text("Puede preguntar")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
