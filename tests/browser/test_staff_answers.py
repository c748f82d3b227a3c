"""A nurse writes an answer, an editor approves and publishes it, an admin closes the chat, in a real browser. A synthetic answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from bot import switch
from ingest.stored import read_outlines
from ingest.versions import Versions
from tests.browser.conftest import COLD_LOAD, NewPage
from tests.browser.staff_app import JOB, PASSWORD, Staff, no_violations, running
from web.roles import Role

pytestmark = pytest.mark.browser
ASKED = "Can my grandson's parrot come along?"
WORDS = "Parrots are welcome in the waiting room if they travel in a closed cage. This is a synthetic answer."


@pytest.fixture(scope="module")
def staff(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    users = {"rob": Role.REVIEWER, "ann": Role.EDITOR, "adam": Role.ADMIN}
    with running(tmp_path_factory.mktemp("answers"), clinic_index, users) as app:
        yield app


def opened(staff: Staff, new_page: NewPage, name: str, path: str, heading: str) -> Page:
    page = new_page(http_credentials={"username": name, "password": PASSWORD})
    page.goto(f"{staff.url}{path}")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible(timeout=COLD_LOAD)
    return page


def published(index: Path) -> str:
    current = Versions(index).current()
    assert current
    return read_outlines(Versions(index).path(current))[0].document.text


@pytest.mark.timeout(900)
def test_a_nurse_writes_an_editor_approves_and_publishes(staff: Staff, new_page: NewPage) -> None:
    link = "/answers?" + urlencode({"procedure": "si-joint-fusion", "question": ASKED})
    nurse = opened(staff, new_page, "rob", link, "Answers")
    expect(nurse.get_by_label("The patients' question")).to_have_value(ASKED)
    nurse.get_by_label("The answer, at most 80 words").fill(WORDS)
    sections = nurse.get_by_role("combobox", name="It rests on these sections")
    sections.fill("Duration")
    sections.press("Enter")
    sections.press("Escape")
    nurse.get_by_role("button", name="Keep it for approval").click()
    expect(nurse.get_by_text("Kept. Another person must approve it.")).to_be_visible()
    expect(nurse.get_by_text("Rests on Procedure Details › Duration")).to_be_visible()
    expect(nurse.get_by_role("link", name="Close the chat")).to_have_count(0)
    no_violations(nurse)

    editor = opened(staff, new_page, "ann", "/answers", "Answers")
    expect(editor.get_by_text("Nobody has approved it.")).to_be_visible()
    editor.get_by_role("button", name="Approve").click()
    expect(editor.get_by_text("in force", exact=True)).to_be_visible()
    no_violations(editor)
    editor.get_by_role("link", name="Drafts").click()
    editor.get_by_label("Name of the draft").fill("answers")
    editor.get_by_role("button", name="Start", exact=True).click()
    editor.get_by_role("button", name="Publish…").click()
    expect(editor.get_by_role("dialog").get_by_text("Parrots")).to_be_visible()
    assert WORDS not in published(staff.index)
    editor.get_by_role("button", name="Publish now").click()
    expect(editor.get_by_text("Published by ann")).to_be_visible(timeout=JOB)
    assert published(staff.index).endswith(f"{ASKED}\n{WORDS}")


def test_an_admin_closes_the_chat_and_opens_it(staff: Staff, new_page: NewPage) -> None:
    data = staff.index.parent / "data"
    page = opened(staff, new_page, "adam", "/closing", "Close the chat")
    no_violations(page)
    page.get_by_role("button", name="Close the chat now").click()
    expect(page.get_by_role("button", name="Open the chat again")).to_be_visible()
    assert switch.is_closed(data)
    no_violations(page)
    page.get_by_label("Why").fill("All is well")
    page.get_by_label("Why").press("Tab")
    page.get_by_role("button", name="Open the chat again").click()
    expect(page.get_by_role("button", name="Close the chat now")).to_be_visible()
    assert not switch.is_closed(data)
