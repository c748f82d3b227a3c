"""An editor signs in, changes a page, sees what changes, and publishes, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, expect

from ingest.versions import Versions
from tests.browser.conftest import COLD_LOAD, START_SECONDS, NewPage, free_port
from tests.conftest import CLINIC, ROOT
from web.roles import Role
from web.users import Users

pytestmark = pytest.mark.browser
PASSWORD = "four words by heart"
PAGE = "si-joint-fusion.txt"
OLD, NEW = "about 45 to 90 minutes", "about 50 to 95 minutes"
JOB = 300_000  # ms; a publish on a busy machine of two cores
NOT_OURS = {"presentation-role-conflict"}  # of Streamlit's uploader, its drop zone has a label and no role


@dataclass(frozen=True, slots=True)
class Staff:
    """The running staff app, with documents and an index of its own."""

    url: str
    documents: Path
    index: Path


@pytest.fixture(scope="module")
def staff(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    root = tmp_path_factory.mktemp("staff")
    documents, index = shutil.copytree(CLINIC, root / "documents"), shutil.copytree(clinic_index, root / "index")
    Users(root / "data" / "users.json").add("ann", Role.EDITOR, PASSWORD)
    port = free_port()
    environment = {
        **os.environ,
        "FAQ_STAFF_PORT": str(port),
        "FAQ_DATA_DIR": str(root / "data"),
        "FAQ_DOCUMENTS_DIR": str(documents),
        "FAQ_INDEX_DIR": str(index),
    }
    with (root / "app.log").open("wb") as output:
        process = subprocess.Popen([sys.executable, "staff_app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_asks_for_a_password(url, process, root / "app.log")
            yield Staff(url, Path(documents), Path(index))
        finally:
            process.terminate()
            process.wait(20)


def wait_until_it_asks_for_a_password(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 401:
                return
        except httpx.TransportError:
            time.sleep(0.25)
    pytest.fail(f"The staff app did not start.\n{log.read_text(errors='replace')[-4000:]}")


def no_violations(page: Page) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["id"] not in NOT_OURS]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


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
