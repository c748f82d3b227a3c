"""A nurse's ten minutes in a real browser: the list, one reply judged by keyboard, gaps and figures, on a desk and on a phone."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot import review
from bot.journal import SqlJournal
from bot.kept import Judgement
from bot.settings import Settings
from bot.tables import open_engine
from bot.types import Question
from tests.browser.conftest import COLD_LOAD, NewPage
from tests.browser.staff_app import PASSWORD, Staff, no_violations, running
from web import desk as desks
from web.roles import Role

pytestmark = pytest.mark.browser
ANSWERED, REFUSED, DANGER = "how long does the procedure take", "will the metal set off airport scanners", "I have chest pain"
SIZES = ((1280, 900), (390, 844))
both_sizes = pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])


@pytest.fixture(scope="module")
def staff(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    root = tmp_path_factory.mktemp("review")
    asked(Settings(data_dir=root / "data", index_dir=shutil.copytree(clinic_index, root / "index")))
    with running(root, clinic_index, {"rob": Role.REVIEWER}) as app:
        yield app


def asked(settings: Settings) -> None:
    """A journal that the engine itself has written: an answer with a vote, a refusal, an emergency."""
    desks.open_desk(settings)
    replies = [
        desks.desk().ask(Question(words, "si-joint-fusion"), session=words, address="test")
        for words in (DANGER, REFUSED, ANSWERED)
    ]
    desks.desk().feedback(replies[-1].id, helpful=False, why="hard", address="test")
    journal = desks.desk().faq.journal._journal
    assert isinstance(journal, SqlJournal)
    journal.flush()
    desks.close_desk()


def opened(staff: Staff, new_page: NewPage, path: str, heading: str, size: tuple[int, int] = SIZES[0]) -> Page:
    page = new_page(*size, http_credentials={"username": "rob", "password": PASSWORD}, accept_downloads=True)
    page.goto(f"{staff.url}{path}")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible(timeout=COLD_LOAD)
    return page


def looked_at(page: Page) -> None:
    """No violation of ours, and nothing but the region of a wide table is scrolled sideways."""
    no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def reply_of(page: Page, question: str) -> None:
    page.get_by_role("button", name=question).click()
    expect(page.get_by_role("heading", name="What the patient saw")).to_be_visible()
    expect(page.get_by_text(question, exact=True).first).to_be_visible()


@both_sizes
def test_the_list_and_one_reply_read_well(staff: Staff, new_page: NewPage, size: tuple[int, int]) -> None:
    page = opened(staff, new_page, "/review", "Review", size)
    expect(page.get_by_role("button", name=ANSWERED)).to_be_visible()
    looked_at(page)
    reply_of(page, ANSWERED)
    expect(page.get_by_text("Each quote stands byte for byte")).to_be_visible()
    looked_at(page)
    narrowest = page.get_by_role("region", name="What was retrieved").evaluate(
        "region => Math.min(...[...region.querySelectorAll('tbody td:nth-of-type(2)')].map(cell => cell.clientWidth))"
    )
    assert narrowest >= 120  # px; letters below each other are not words


@both_sizes
def test_a_danger_card_is_shown_as_the_patient_read_it(staff: Staff, new_page: NewPage, size: tuple[int, int]) -> None:
    page = opened(staff, new_page, "/review", "Review", size)
    page.get_by_text("emergencies and crises", exact=True).click()
    expect(page.get_by_role("button", name=ANSWERED)).to_have_count(0)
    page.locator('[class*="st-key-line-"] button').click()
    card = page.locator(".faq-card.danger")
    expect(card.get_by_role("heading", name="Call 911 now.")).to_be_visible()
    expect(card).to_contain_text("Do not drive yourself.")
    no_violations(page)


@both_sizes
def test_gaps_read_well_and_group_the_refused_question(staff: Staff, new_page: NewPage, size: tuple[int, int]) -> None:
    page = opened(staff, new_page, "/gaps", "Gaps", size)
    expect(page.get_by_role("region", name="By procedure and topic")).to_be_visible()
    page.get_by_role("button", name="Group the questions").click()
    expect(page.get_by_role("rowheader", name=REFUSED)).to_be_visible(timeout=COLD_LOAD)
    looked_at(page)


@both_sizes
def test_figures_draw_five_plots_that_show_one_day(staff: Staff, new_page: NewPage, size: tuple[int, int]) -> None:
    page = opened(staff, new_page, "/figures", "Figures", size)
    plots = page.get_by_test_id("stVegaLiteChart")
    expect(plots).to_have_count(5)
    for number in range(5):
        plots.nth(number).scroll_into_view_if_needed()
        bars = plots.nth(number).locator(".mark-rect.role-mark path")
        expect(bars.first).to_be_attached(timeout=COLD_LOAD)
        drawn = [box for box in (bar.bounding_box() for bar in bars.all()) if box and box["height"] > 5]
        assert drawn and all(box["width"] > 3 for box in drawn)
    expect(page.get_by_role("region", name="Figures by day")).to_be_visible()
    looked_at(page)


def test_a_verdict_is_given_by_keyboard(staff: Staff, new_page: NewPage) -> None:
    page = opened(staff, new_page, "/review", "Review")
    reply_of(page, ANSWERED)
    expect(page.get_by_role("button", name=re.compile("^Right"))).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(page.get_by_role("status").filter(has_text="Your verdict is kept: right.")).to_be_visible()
    db = open_engine(f"sqlite:///{staff.index.parent / 'data' / 'journal.sqlite'}")
    given = [verdict for line in review.replies(db).lines for verdict in line.verdicts]
    db.dispose()
    assert [(one.who, one.judgement) for one in given] == [("rob", Judgement.RIGHT)]
    page.keyboard.press("Alt+b")
    expect(page.get_by_text("right, rob")).to_be_visible()


def test_write_the_answer_opens_a_form_that_holds_the_question(staff: Staff, new_page: NewPage) -> None:
    page = opened(staff, new_page, "/review", "Review")
    reply_of(page, REFUSED)
    page.get_by_role("link", name="Write the answer").click()
    expect(page.get_by_label("The patients' question")).to_have_value(REFUSED, timeout=COLD_LOAD)
    expect(page.get_by_role("heading", name="Answers", level=1)).to_be_visible()


def test_a_download_is_a_file_with_the_rows(staff: Staff, new_page: NewPage, tmp_path: Path) -> None:
    page = opened(staff, new_page, "/review", "Review")
    for form in ("CSV", "JSON"):
        with page.expect_download() as started:
            page.get_by_role("button", name=form, exact=True).click()
        started.value.save_as(tmp_path / f"replies.{form}")
        assert started.value.suggested_filename == f"replies.{form.lower()}"
    assert {row["question"] for row in json.loads((tmp_path / "replies.JSON").read_text())} >= {ANSWERED, REFUSED}
    assert REFUSED in (tmp_path / "replies.CSV").read_text()
