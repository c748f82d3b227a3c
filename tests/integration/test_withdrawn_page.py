"""Withdrawn words leave the page itself at once, and an unreadable glossary stops no chat."""

from __future__ import annotations

import html
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.faq import Faq
from bot.settings import Settings
from bot.types import Question
from ingest import withdrawn
from ingest.check import check
from ingest.stored import read_outlines
from ingest.types import Outline
from ingest.versions import Versions
from tests.conftest import ROOT
from tests.integration.conftest import client_of
from web import desk as desks

SLUG = "si-joint-fusion"
UPDATING = "We are updating this part of the page. Call the clinic with questions about it."


@pytest.fixture
def index(own_index: Path) -> Path:
    return own_index


@pytest.fixture
def app(index: Path, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(index_dir=index, data_dir=tmp_path / "data")
    desks.open_desk(settings)
    yield client_of(settings)
    desks.close_desk()


def outlines(index: Path) -> tuple[Outline, ...]:
    current = Versions(index).current()
    assert current
    return read_outlines(Versions(index).path(current))


def page(app: TestClient, query: str = "") -> str:
    """The words of the page's article, as a patient reads them."""
    answer = app.get(f"/procedures/{SLUG}{query}")
    assert answer.status_code == 200
    article = re.search(r"<article.*</article>", answer.text, re.DOTALL)
    assert article
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", article[0])).split())


def shown_within(app: TestClient, holds: str) -> str:
    end = time.monotonic() + 5  # what the content team is promised
    while holds not in (words := page(app)):
        assert time.monotonic() < end, words
        time.sleep(0.1)
    return words


def passages(index: Path, section: str | None) -> tuple[list[str], list[str]]:
    """Texts of the passages inside and outside a section."""
    found = outlines(index)[0].passages
    inside = [one for one in found if section is None or section in one.path]
    plain = [[" ".join(one.text.split()) for one in some] for some in (inside, [one for one in found if one not in inside])]
    return plain[0], plain[1]


@pytest.mark.parametrize("section", ["Risks and Side Effects", "Duration", "Serious Risks"])
def test_withdrawn_words_leave_the_page_at_once_and_one_line_says_so(app: TestClient, index: Path, section: str) -> None:
    before = page(app)
    inside, outside = passages(index, section)
    assert inside
    assert all(text in before for text in (*inside, *outside))
    withdrawn.withdraw(index, outlines(index), f"{SLUG}#{section}", "rob", "Wrong")
    words = shown_within(app, UPDATING)
    assert not any(text in words for text in inside)
    assert all(text in words for text in outside)
    assert words.count(UPDATING) == 1
    version = Versions(index).current()
    for query in (f"?version={version}", f"?version={version}&start=0&end=99999"):
        assert not any(text in page(app, query) for text in inside)
    withdrawn.restore(index, outlines(index), f"{SLUG}#{section}", "ann", "Right")
    assert shown_within(app, inside[0]) == before


def test_a_page_that_is_withdrawn_as_a_whole_shows_none_of_its_text(app: TestClient, index: Path) -> None:
    withdrawn.withdraw(index, outlines(index), SLUG, "rob", "Wrong")
    words = shown_within(app, UPDATING)
    assert not any(text in words for text in passages(index, None)[0])


def test_while_the_list_of_withdrawals_cannot_be_read_no_page_is_shown(app: TestClient, index: Path) -> None:
    (index / withdrawn.FILE).write_text("not json")
    end = time.monotonic() + 5
    version = Versions(index).current()
    while not all(app.get(f"/procedures/{SLUG}{query}").status_code != 200 for query in ("", f"?version={version}")):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_an_unreadable_glossary_stops_no_chat_and_the_check_tells_editors(
    clinic_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data", ignore=shutil.ignore_patterns("index*", "journal*", "procedures"))
    (tmp_path / "data" / "glossary.toml").write_text("[[term]]\nterm = ")
    monkeypatch.setattr("bot.faq.ROOT", tmp_path)
    faq = Faq.open(Settings(index_dir=clinic_index, data_dir=tmp_path / "run"))
    assert faq.ask(Question("how long does it take")).status == "answered"
    assert faq.glossary.terms == ()
    assert "no words are explained" in caplog.text
    problems = [one for one in check((), tmp_path / "data" / "clinic.toml") if one.code == "glossary"]
    assert [one.level for one in problems] == ["warning"]
    assert "explains no words" in problems[0].hint
    faq.close()
