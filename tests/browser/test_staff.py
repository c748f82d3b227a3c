"""An editor signs in, changes a page, sees what changes, and publishes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from ingest.versions import Versions
from tests.browser.conftest import COLD_LOAD, NewPage
from tests.browser.staff_app import JOB, PASSWORD, Staff, no_violations, running
from tests.conftest import CLINIC
from web.roles import Role

pytestmark = pytest.mark.browser
PAGE = "si-joint-fusion.txt"
OLD, NEW = "about 45 to 90 minutes", "about 50 to 95 minutes"


@pytest.fixture(scope="module")
def staff(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    with running(tmp_path_factory.mktemp("staff"), clinic_index, {"ann": Role.EDITOR}) as app:
        yield app


@pytest.mark.timeout(900)
def test_an_editor_signs_in_changes_a_page_sees_what_changes_and_publishes(
    staff: Staff, new_page: NewPage, tmp_path: Path
) -> None:
    before = Versions(staff.index).current()
    changed = tmp_path / "SI Joint Fusion.txt"
    changed.write_text((CLINIC / PAGE).read_text().replace(OLD, NEW))

    page = new_page(http_credentials={"username": "ann", "password": PASSWORD})
    page.goto(staff.url)
    expect(page.get_by_role("heading", name="Documents", level=1)).to_be_visible(timeout=COLD_LOAD)
    expect(page.get_by_role("rowheader", name="SI Joint Fusion")).to_be_visible()
    no_violations(page)

    page.get_by_role("link", name="Drafts").click()
    page.get_by_label("Name of the draft").fill("longer")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("input[type=file]").set_input_files(changed)
    page.get_by_role("button", name="Put into the draft").click()
    expect(page.get_by_text("1 uploaded")).to_be_visible()
    no_violations(page)
    assert OLD in (staff.documents / PAGE).read_text()

    page.get_by_text("What changes", exact=True).click()
    expect(page.locator("ins", has_text="50")).to_be_visible()
    no_violations(page)

    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog").locator("del", has_text="45")).to_be_visible()
    no_violations(page)
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Busy: ann, since")).to_be_visible()
    page.reload()  # the publish goes on
    expect(page.get_by_text("Published by ann")).to_be_visible(timeout=JOB)
    assert Versions(staff.index).current() != before
    assert NEW in (staff.documents / PAGE).read_text()

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("button", name="Go back")).to_be_visible()
    no_violations(page)


def test_without_a_password_the_browser_shows_nothing(staff: Staff, new_page: NewPage) -> None:
    page = new_page()
    with pytest.raises(Error, match="ERR_INVALID_AUTH_CREDENTIALS"):
        page.goto(staff.url)
    expect(page.get_by_role("heading", name="Documents")).to_have_count(0)
