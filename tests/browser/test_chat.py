"""A patient asks in a real browser and sees where the answer stands."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Request, expect

from bot.kept import Listed
from bot.review import replies
from bot.tables import open_engine
from tests.browser.actions import PROCEDURE, ask, open_chat, question_box, replied, turns
from tests.browser.conftest import COLD_LOAD, NewPage, Site, free_port, started

pytestmark = pytest.mark.browser
DURATION = "The procedure typically takes about 45 to 90 minutes"


def test_a_question_is_answered_in_the_clinics_words_and_its_source_opens(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    expect(reply.locator(".faq-words")).to_contain_text(DURATION)
    expect(reply.locator("mark").first).to_be_hidden()
    reply.get_by_text("Sources (1)").click()
    expect(reply.locator("mark").first).to_be_visible()
    expect(reply.locator(".faq-source")).to_contain_text("Procedure Details › Duration")
    expect(reply.locator(".faq-source")).to_contain_text("SI Joint Fusion, published")
    assert " ".join(reply.locator("mark").all_text_contents()).startswith(DURATION)


def test_a_source_link_opens_the_published_page_at_the_quoted_words(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    reply.get_by_text("Sources (1)").click()
    with page.context.expect_page() as opened:
        reply.get_by_role("link", name="See it on the page").click()
    content = opened.value
    expect(content.locator("#quote")).to_contain_text(DURATION)
    expect(content.locator("#quote")).to_be_in_viewport()
    assert f"version={site.version}" in content.url


def test_the_chat_speaks_to_no_other_host_sets_no_cookie_and_breaks_no_policy(site: Site, new_page: NewPage) -> None:
    page = new_page()
    complaints: list[str] = []
    hosts: set[str] = set()

    def noted(request: Request) -> None:
        hosts.add(request.url.split("/")[2] if "://" in request.url else request.url[:20])

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            complaints.append(message.text)

    page.on("request", noted)
    page.on("console", complained)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    open_chat(page, site)
    ask(page, "What are the risks?").get_by_text("Sources").click()
    assert complaints == []
    assert hosts == {site.url.removeprefix("http://")}
    assert page.context.cookies() == []


def test_a_refusal_offers_questions_that_are_answered_when_tapped(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    refusal = ask(page, "Do you take Aetna insurance?")
    expect(refusal.get_by_text("Sources")).to_have_count(0)
    page.locator(".st-key-faq-choices").get_by_role("button").first.click()
    expect(replied(page, 1).get_by_text("Sources")).to_be_visible()


def test_a_question_that_fits_several_procedures_is_asked_back_and_then_answered(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site, query="")
    ask(page, "What are the risks?")
    page.get_by_role("button", name="SI Joint Fusion", exact=True).click()
    expect(replied(page, 1).locator(".faq-words")).to_contain_text("Serious Risks")
    expect(page.locator(".st-key-faq-scope")).to_contain_text("About: SI Joint Fusion")


def test_the_procedure_can_be_changed(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    page.get_by_role("button", name="About: SI Joint Fusion").click()
    page.get_by_role("button", name="Kyphoplasty", exact=True).click()
    expect(page.get_by_role("button", name="About: Kyphoplasty")).to_be_visible()


def test_an_emergency_gives_the_number_to_tap_before_anything_else(site: Site, new_page: NewPage) -> None:
    page = new_page(390, 844)
    open_chat(page, site)
    reply = ask(page, "I have crushing chest pain and I can't breathe")
    call = reply.get_by_role("link", name="Call 911")
    expect(call).to_have_attribute("href", "tel:911")
    expect(call).to_be_in_viewport()
    expect(reply.locator("summary")).to_have_count(0)


def test_a_question_in_the_address_is_answered_at_once(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site, query=f"procedure={PROCEDURE}&q=How+long+does+it+take%3F")
    expect(replied(page, 0).locator(".faq-words")).to_contain_text(DURATION)


def test_start_over_forgets_the_conversation_and_keeps_the_procedure(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    ask(page, "How long does it take?")
    page.get_by_role("button", name="Start over").click()
    expect(turns(page)).to_have_count(0)
    expect(page.get_by_text("Questions you can ask")).to_be_visible()
    expect(page.get_by_role("button", name="About: SI Joint Fusion")).to_be_visible()


def test_markup_that_a_patient_types_stays_words(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    typed = '<img src=x onerror="document.title=1"> **bold** :smile: $x$ [a](javascript:b)'
    reply = ask(page, typed)
    expect(reply.locator(".faq-asked p")).to_have_text(typed)
    expect(reply.locator(".faq-asked img")).to_have_count(0)


def test_a_no_with_its_reason_reaches_the_journal(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    reply = ask(page, "Is the parking garage free?")
    reply.get_by_role("button", name="No, it did not help").click()
    reply.get_by_role("button", name="Hard to understand").click()
    expect(reply.get_by_text("Thank you.")).to_be_visible()
    assert [(row.helpful, row.why) for row in recorded(site.data, "parking")] == [(False, "hard")]
    ask(page, "What are the risks?")  # what was chosen stays when the next answer is drawn
    expect(reply.get_by_role("button", name="Hard to understand", pressed=True)).to_be_visible()


def test_nobody_in_danger_is_asked_for_feedback(site: Site, new_page: NewPage) -> None:
    page = new_page()
    open_chat(page, site)
    for question in ("I have crushing chest pain and I can't breathe", "I want to kill myself"):
        expect(ask(page, question).locator(".faq-vote, .faq-care")).to_have_count(0)


@pytest.mark.parametrize("allowed", [True, False])
def test_question_and_answer_are_copied_for_the_care_team(site: Site, new_page: NewPage, allowed: bool) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    if not allowed:  # as in a page without TLS
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    open_chat(page, site)
    reply = ask(page, "How long does it take?")
    reply.get_by_text("Ask the care team").click()
    reply.get_by_role("button", name="Copy both").click()
    expect(reply.get_by_text("Copied.")).to_be_visible()
    question_box(page).press("ControlOrMeta+v")
    pasted = question_box(page).input_value()
    assert "My question: How long does it take?" in pasted
    assert DURATION in pasted
    assert "Source: SI Joint Fusion › Procedure Details › Duration" in pasted


def test_one_answer_or_all_in_large_print_go_to_the_printer(site: Site, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("window.print = () => dispatchEvent(new Event('beforeprint'))")
    open_chat(page, site)
    ask(page, "What are the risks?")
    reply = ask(page, "How long does it take?")
    reply.get_by_text("Ask the care team").click()
    reply.get_by_role("button", name="Print both").click()
    page.emulate_media(media="print")
    expect(turns(page).first).to_be_hidden()
    expect(reply.locator("mark").first).to_be_visible()
    expect(reply.get_by_text("Call the clinic.")).to_be_visible()
    expect(reply.locator(".faq-vote")).to_be_hidden()
    expect(question_box(page)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(turns(page).first).to_be_visible()
    expect(reply.locator("mark").first).to_be_hidden()
    page.get_by_role("button", name="Large print").click()
    page.emulate_media(media="print")
    expect(turns(page).first).to_be_visible()
    small = page.evaluate(
        """[...document.querySelectorAll('.faq *')].filter(e => e.checkVisibility() && e.childNodes.length && e.textContent.trim()
        && parseFloat(getComputedStyle(e).fontSize) < 24).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert small == []  # 24 px are 18 pt


def test_a_lost_line_is_said_in_our_words_and_after_a_restart_it_goes_on_and_no_turn_is_lost(
    site_index: Path, tmp_path: Path, new_page: NewPage
) -> None:
    page, port = new_page(), free_port()
    with started(site_index, tmp_path, port) as site:
        open_chat(page, site)
        ask(page, "How long does it take?")
        ask(page, "What are the risks?")
    expect(page.get_by_text("The line was lost. We are trying again. Call the clinic.")).to_be_visible()
    with started(site_index, tmp_path, port):
        expect(page.get_by_text("The line was lost")).to_be_hidden(timeout=COLD_LOAD)
        expect(question_box(page)).to_be_enabled()
        question_box(page).fill("How do I get ready?")  # at once: the new process knows nothing of this page yet
        question_box(page).press("Enter")
        expect(page.locator(".faq-asked", has_text="How do I get ready?")).to_be_visible(timeout=COLD_LOAD)
        expect(turns(page).last.locator(".faq-words")).to_contain_text("avoid eating")
        assert len(recorded(tmp_path)) == 3


def recorded(data: Path, word: str = "") -> list[Listed]:
    """Turns in the journal whose question has this word, newest first."""
    engine = open_engine(f"sqlite:///{data / 'journal.sqlite'}")
    rows = [row for row in replies(engine, count=1000).lines if word in row.question]
    engine.dispose()
    return rows


def test_the_page_is_light_enough_for_a_bad_line(site: Site, new_page: NewPage) -> None:
    page = new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    open_chat(page, site)
    expect(page.get_by_text("Questions you can ask")).to_be_visible()
    assert sum(sizes) <= 1_300_000, f"{sum(sizes):,.0f} bytes"


def test_streamlits_files_are_kept_by_the_browser_for_a_year(site: Site) -> None:
    shell = httpx.get(site.url).text
    script = shell.partition('<script type="module" crossorigin src="./')[2].partition('"')[0]
    answer = httpx.get(f"{site.url}/{script}", headers={"accept-encoding": "gzip"})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
