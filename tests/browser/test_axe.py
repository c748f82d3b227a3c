"""No state of the chat, and no page beside it, violates a rule of axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.actions import PROCEDURE, violations
from tests.browser.conftest import COLD_LOAD, NewPage, Site, free_port, started
from tests.browser.states import losable, states

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


def test_pages_without_javascript_violate_no_rule_of_axe(site: Site, new_page: NewPage) -> None:
    page, found = new_page(390, 844), []
    for path in ("/plain", "/plain?q=How+long+does+it+take%3F&procedure=si-joint-fusion", "/plain?q=I+cannot+breathe", "/procedures",
                 f"/procedures/{PROCEDURE}", "/nowhere"):  # fmt: skip
        page.goto(site.url + path)
        found += violations(page, path)
    assert found == []


def test_a_fault_of_ours_is_told_in_our_words_and_violates_no_rule(site_index: Path, tmp_path: Path, new_page: NewPage) -> None:
    """The engine raises what nobody foresaw, before anything is drawn: the barest state there is."""
    with started(site_index, tmp_path, free_port(), program="tests/browser/faulty_app.py") as site:
        page, found = new_page(320, 640), []
        for language, words in (("en", "Something went wrong"), ("es", "Algo falló")):
            page.goto(f"{site.url}/?procedure={PROCEDURE}&lang={language}")
            expect(page.get_by_role("alert").get_by_text(words)).to_be_visible(timeout=COLD_LOAD)
            expect(page.get_by_text("RuntimeError")).to_have_count(0)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                found += violations(page, f"fault, {language}, {scheme}")
    assert found == []
    assert "RuntimeError: a fault of ours" in (tmp_path / "app.log").read_text()
