"""Without JavaScript, and without CSS, the same questions get the same answers."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage, Site

pytestmark = pytest.mark.browser


def test_without_javascript_the_chat_leads_to_the_simple_page(site: Site, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(site.url)
    page.get_by_role("link", name="Simple page").click()
    page.get_by_label("Which procedure is it about?").select_option("SI Joint Fusion")
    page.get_by_label("Your question").fill("How long does it take?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".faq-words")).to_contain_text("45 to 90 minutes")
    page.get_by_text("Sources (1)").click()
    expect(page.locator("mark").first).to_be_visible()
    page.get_by_role("link", name="See it on the page").click()
    expect(page.locator("#quote")).to_contain_text("45 to 90 minutes")


@pytest.mark.parametrize("question", ["", "How long does it take?", "I have crushing chest pain", "What are the risks?", "pizza"])
def test_the_simple_page_is_complete_in_15_kilobytes(site: Site, question: str) -> None:
    answer = httpx.get(f"{site.url}/plain", params={"q": question})
    assert answer.status_code == 200
    assert len(answer.content) < 15_000
    assert "<script" not in answer.text
    assert "Not for emergencies: call 911" in answer.text


def test_the_simple_page_takes_feedback_and_explains_words_without_javascript(site: Site, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{site.url}/plain?procedure=si-joint-fusion&q=What+happens+during+it%3F")
    page.get_by_role("button", name="fluoroscopic").press("Enter")
    expect(page.get_by_role("dialog", name="fluoroscopic")).to_contain_text("fluoroscopic (x ray) guidance")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="No, it did not help").click()
    page.get_by_role("button", name="It is wrong").click()
    expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
