"""An approved answer goes to patients by the same publish as every page, and leaves them when its ground changes. Synthetic pages."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.faq import Faq
from bot.settings import Settings
from bot.types import Answer, Question, Reply
from ingest import approved, audit, fuse, pipeline, withdrawn
from ingest.__main__ import main
from ingest.approved import Entry
from ingest.candidate import Places, examine
from ingest.fuse import HEADING
from ingest.stored import read_outlines
from ingest.versions import Versions
from tests.conftest import CORPUS, places

SLUG, PAGE = "kyphoplasty", "kyphoplasty.txt"
ASKED = "Can my grandson's parrot sit with me in the waiting room?"
WORDS = "Parrots are welcome in the waiting room while you wait, if they travel in a closed cage. This is a synthetic answer."


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def where(synthetic_index: Path, tmp_path: Path) -> Places:
    index = Path(shutil.copytree(synthetic_index, tmp_path / "index"))
    documents = Path(shutil.copytree(CORPUS, tmp_path / "documents"))
    return replace(places(documents, index), faq=tmp_path / "faq")


def write(where: Places, approver: str = "bob", **other: object) -> Entry:
    assert where.faq is not None
    pages, _ = examine(where)
    section = next(one for one in pages if one.document.slug == SLUG).sections[0].path
    entry = Entry(SLUG, ASKED, WORDS, "ann", today(), today() + timedelta(days=30), fuse.bind(pages, SLUG, [section]))
    entry = approved.write(where.faq, where.index, replace(entry, **other))  # type: ignore[arg-type]
    if approver:
        fuse.approve(where.faq, where.index, pages, entry.place, approver, entry.digest, today())
    return entry


def ask(where: Places, question: str = ASKED, procedure: str | None = SLUG) -> Reply:
    faq = Faq.open(Settings(index_dir=where.index, data_dir=where.index.parent / "data"))
    try:
        return faq.ask(Question(question, procedure))
    finally:
        faq.close()


def published(where: Places) -> str:
    current = Versions(where.index).current()
    assert current
    return " ".join(one.document.text for one in read_outlines(Versions(where.index).path(current)))


def suspended(where: Places) -> list[str]:
    return [one.message for one in pipeline.publish(where).problems if one.code == "answer-suspended"]


def edit(where: Places) -> None:
    """One word of the section that the answer rests on."""
    page = fuse.page_of(next(one for one in examine(where)[0] if one.document.slug == SLUG))
    section = page.sections[0]
    text = page.document.text
    changed = text[: section.end].rstrip().removesuffix(".") + " indeed." + text[section.end :]
    (where.documents / PAGE).write_text(changed, encoding="utf-8")


def test_an_approved_answer_is_published_answered_and_cited_as_its_pages_words(where: Places) -> None:
    assert not isinstance(ask(where), Answer)
    write(where)
    outcome = pipeline.publish(where)
    assert [(one.document, one.action) for one in outcome.changes] == [(SLUG, "changed")]
    assert outcome.encoded == 3  # the one new passage by the embedding model, its two sentences by the reader
    for procedure, question in ((SLUG, ASKED), (None, f"{ASKED} It is for a kyphoplasty.")):
        reply = ask(where, question, procedure)
        assert isinstance(reply, Answer)
        (citation,) = reply.citations
        assert (citation.document, citation.section, citation.quote) == (SLUG, (HEADING, ASKED), WORDS)
        assert (reply.text, reply.procedure, citation.version) == (WORDS, SLUG, outcome.version)
    assert not isinstance(ask(where, ASKED, "vertebroplasty"), Answer)


def test_a_changed_section_suspends_the_answer_at_that_publish_and_lists_it(
    where: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = write(where)
    pipeline.publish(where)
    assert WORDS in published(where)
    edit(where)
    assert len(suspended(where)) == 1
    assert WORDS not in published(where)
    assert not isinstance(ask(where), Answer)
    options = ["--faq", str(where.faq), "--documents", str(where.documents), "--index", str(where.index), "--json"]
    assert main(["faq", "list", *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["place"], row["state"]) == (entry.place, "suspended")
    assert "have changed" in row["why"]


def test_an_expired_answer_leaves_at_the_next_publish_although_no_file_changed(
    where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(where)
    pipeline.publish(where)
    assert pipeline.publish(where).version is None
    monkeypatch.setattr("ingest.candidate._today", lambda: entry.expires)
    assert pipeline.plan(where).waiting
    assert suspended(where) == [f"“{ASKED}” stays out. It expired on {entry.expires}."]
    assert WORDS not in published(where)


def test_an_answer_that_nobody_else_approved_is_never_published(where: Places) -> None:
    write(where, approver="")
    assert pipeline.publish(where).version is None
    path = where.documents / PAGE
    path.write_text(path.read_text() + "\nA synthetic line more.\n")
    outcome = pipeline.publish(where)
    assert outcome.version
    assert [one.code for one in outcome.problems if one.file.startswith("faq/")] == ["answer-waiting"]
    assert WORDS not in published(where)


def test_the_last_good_text_of_a_broken_page_goes_out_without_an_answer_that_was_suspended_since(
    where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(where)
    pipeline.publish(where)
    (where.documents / PAGE).write_bytes(b"\x00\x01\x02")
    kept = pipeline.publish(where, wishes=pipeline.Wishes(keep_going=True))
    assert kept.version is None or WORDS in published(where)
    monkeypatch.setattr("ingest.candidate._today", lambda: entry.expires)
    assert pipeline.publish(where, wishes=pipeline.Wishes(keep_going=True)).version
    assert WORDS not in published(where)
    assert "Kyphoplasty" in published(where)


def test_a_damaged_file_of_answers_refuses_the_publish_and_patients_read_on(where: Places) -> None:
    write(where)
    pipeline.publish(where)
    assert where.faq is not None
    (where.faq / f"{SLUG}.toml").write_text("not toml")
    outcome = pipeline.publish(where)
    assert outcome.refused
    assert [one.file for one in outcome.problems if one.code == "answers-unreadable"] == [f"faq/{SLUG}.toml"]
    assert WORDS in published(where)


def test_an_answer_is_withdrawn_at_once_like_any_section(where: Places) -> None:
    entry = write(where)
    pipeline.publish(where)
    current = Versions(where.index).current()
    assert current
    outlines = read_outlines(Versions(where.index).path(current))
    withdrawn.withdraw(where.index, outlines, entry.place, "rob", "Wrong bird")
    assert WORDS not in ask(where).text


def test_the_command_line_writes_approves_publishes_and_removes(where: Places, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--faq", str(where.faq), "--documents", str(where.documents), "--index", str(where.index)]
    assert main(["faq", "add", SLUG, "--question", ASKED, "--answer", WORDS, "--by", "ann", *options]) == 0
    place = approved.read(where.faq or Path())[0][0].place
    assert main(["faq", "approve", place, "--by", "Ann", *options]) == 1
    assert "Another person must approve it" in capsys.readouterr().err
    assert main(["faq", "approve", place, "--by", "bob", *options]) == 0
    assert "in force" in capsys.readouterr().out
    assert pipeline.publish(where).version
    assert WORDS in published(where)
    assert main(["faq", "remove", place, "--by", "bob", *options]) == 0
    pipeline.publish(where)
    assert WORDS not in published(where)
    done = [row["what"] for row in audit.rows(where.index)]
    assert done[-5:] == ["write answer", "approve answer", "publish", "remove answer", "publish"]
