"""Staff's answers: who may approve them, when they are suspended, and what they do to a page. Every word here is synthetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest import approved, audit, fuse
from ingest.approved import Entry, NotAllowed
from ingest.fuse import HEADING, State
from ingest.outline import only_marks, outline
from ingest.read.text import text_blocks
from ingest.types import Document, Outline

TODAY = date(2026, 11, 23)
TEXT = "Synthetic Page\n\nBefore:\nBring the blue form.\n\nAfterwards:\nYou may paint on the next day.\n"


def page(text: str = TEXT, slug: str = "synthetic-page") -> Outline:
    return outline(Document(slug, "Synthetic Page", text, f"{slug}.txt"), text_blocks(text))


def entry(question: str = "Can I paint a wall?", answer: str = "Yes, on the next day.", pages: Outline | None = None) -> Entry:
    bindings = fuse.bind([pages or page()], "synthetic-page", [("Afterwards",)])
    return Entry("synthetic-page", question, answer, "ann", TODAY, TODAY + timedelta(days=90), bindings)


@pytest.fixture
def faq(tmp_path: Path) -> Path:
    return tmp_path / "faq"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def written(faq: Path, index: Path, one: Entry | None = None, approver: str = "bob") -> Entry:
    one = approved.write(faq, index, one or entry())
    return approved.approve(faq, index, one.place, approver, one.digest, TODAY) if approver else one


def state(faq: Path, pages: list[Outline], today: date = TODAY) -> list[tuple[State, str]]:
    return [(one.state, one.why) for one in fuse.standings(approved.read(faq)[0], pages, today)]


def test_what_is_written_is_read_again_as_it_was(faq: Path, index: Path) -> None:
    one = written(faq, index, entry('Is "red" — or\nblue \\ fine?', "Both are.\n\nBring “either”."))
    assert approved.read(faq) == ((one,), [])
    assert (one.question, one.answer) == ('Is "red" — or blue \\ fine?', "Both are. Bring “either”.")


def test_an_approved_answer_becomes_the_last_section_of_its_page_and_the_page_stays_as_it_was(faq: Path, index: Path) -> None:
    written(faq, index)
    (found,), problems = fuse.joined([page()], faq, TODAY)
    assert problems == []
    assert found.document.text == f"{TEXT}\n\n{HEADING}\n\nCan I paint a wall?\nYes, on the next day."
    assert found.passages[:-1] == page().passages
    last = found.passages[-1]
    assert (last.path, last.question, last.text) == (
        (HEADING, "Can I paint a wall?"),
        "Can I paint a wall?",
        "Yes, on the next day.",
    )
    assert all(found.document.text[p.start : p.end] == p.text for p in found.passages)
    assert fuse.page_of(found) == page()
    assert fuse.joined([found], faq, TODAY)[0] == (found,)


def test_every_letter_of_a_page_with_answers_is_in_a_heading_or_a_passage(faq: Path, index: Path) -> None:
    written(faq, index)
    written(faq, index, entry("And a fence?", "Yes: in a week."))
    (found,), _ = fuse.joined([page()], faq, TODAY)
    end = 0
    for start, stop in sorted([*found.headings, *((p.start, p.end) for p in found.passages)]):
        assert only_marks(found.document.text[end:start])
        end = stop
    assert only_marks(found.document.text[end:])


def test_the_author_cannot_approve_whatever_the_spelling_of_the_name(faq: Path, index: Path) -> None:
    for name in ("ann", " Ann ", "ANN"):
        with pytest.raises(NotAllowed, match="Another person"):
            written(faq, index, approver=name)
    assert state(faq, [page()]) == [(State.WAITING, "Nobody has approved it.")]


def test_nothing_goes_out_that_another_person_did_not_approve_as_it_stands(faq: Path, index: Path) -> None:
    one = written(faq, index)
    path = faq / "synthetic-page.toml"
    good = path.read_text()
    for bad in (
        good.replace("on the next day", "at once"),
        good.replace("Can I paint", "Can I climb"),
        good.replace('approver = "bob"', 'approver = "ann"'),
        good.replace('approver = "bob"', 'approver = ""'),
        good.replace(f'seal = "{one.seal}"', ""),
        good.replace("expires = 2027-02-21", "expires = 2027-10-21"),
    ):
        assert bad != good
        path.write_text(bad)
        (found,), problems = fuse.joined([page()], faq, TODAY)
        assert found == page()
        assert [problem.code for problem in problems] == ["answer-waiting"]


def test_an_approval_is_of_the_words_that_the_approver_read(faq: Path, index: Path) -> None:
    one = written(faq, index, approver="")
    approved.write(faq, index, replace(one, answer="Yes, at once."))
    with pytest.raises(NotAllowed, match="changed since you read it"):
        approved.approve(faq, index, one.place, "bob", one.digest, TODAY)


def test_writing_an_approved_answer_again_takes_its_approval_away(faq: Path, index: Path) -> None:
    one = written(faq, index)
    approved.write(faq, index, one)
    assert state(faq, [page()]) == [(State.WAITING, "Nobody has approved it.")]


def test_a_changed_section_suspends_the_answer_and_its_old_words_bring_it_back(faq: Path, index: Path) -> None:
    written(faq, index)
    changed = page(TEXT.replace("next day", "third day"))
    (found,), problems = fuse.joined([changed], faq, TODAY)
    assert found == changed
    assert [(problem.code, problem.level) for problem in problems] == [("answer-suspended", "warning")]
    assert "Afterwards" in problems[0].message
    assert state(faq, [page(TEXT.replace("Afterwards:", "Later:"))])[0][0] is State.SUSPENDED
    assert state(faq, [page(TEXT.replace("blue form", "red form"))])[0][0] is State.IN_FORCE
    assert state(faq, [page()])[0][0] is State.IN_FORCE


def test_an_answer_that_rests_on_the_whole_page_is_suspended_by_any_change(faq: Path, index: Path) -> None:
    written(faq, index, replace(entry(), rests_on=fuse.bind([page()], "synthetic-page", [()])))
    assert state(faq, [page()])[0][0] is State.IN_FORCE
    assert state(faq, [page(TEXT.replace("blue form", "red form"))]) == [
        (State.SUSPENDED, "The words it rests on have changed: the page.")
    ]


def test_an_answer_is_suspended_from_its_day_of_expiry_and_when_its_page_goes(faq: Path, index: Path) -> None:
    one = written(faq, index)
    assert state(faq, [page()], one.expires - timedelta(days=1))[0][0] is State.IN_FORCE
    assert state(faq, [page()], one.expires) == [(State.SUSPENDED, f"It expired on {one.expires}.")]
    assert state(faq, [page(slug="another-page")]) == [(State.SUSPENDED, "Its page is gone.")]


def test_a_suspended_answer_cannot_be_approved(faq: Path, index: Path) -> None:
    one = written(faq, index, approver="")
    changed = page(TEXT.replace("next day", "third day"))
    with pytest.raises(NotAllowed, match="is suspended"):
        fuse.approve(faq, index, [changed], one.place, "bob", one.digest, TODAY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": "word " * 81}, "81 words"),
        ({"answer": " "}, "0 words"),
        ({"question": ""}, "question"),
        ({"author": " "}, "who wrote"),
        ({"rests_on": ()}, "sections"),
        ({"expires": TODAY}, "expiry"),
        ({"expires": TODAY + timedelta(days=367)}, "expiry"),
        ({"document": "../synthetic-page"}, "no page's name"),
    ],
)
def test_an_unsound_answer_is_refused_and_nothing_is_written(
    faq: Path, index: Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(NotAllowed, match=words):
        approved.write(faq, index, replace(entry(), **change))  # type: ignore[arg-type]
    assert not list(faq.glob("**/*.toml"))


def test_an_answer_can_rest_only_on_a_section_that_its_page_has(faq: Path, index: Path) -> None:
    with pytest.raises(NotAllowed, match="no section 'Costs'"):
        fuse.bind([page()], "synthetic-page", [("Costs",)])
    written(faq, index)
    with_answers, _ = fuse.joined([page()], faq, TODAY)
    with pytest.raises(NotAllowed, match="no section"):
        fuse.bind(with_answers, "synthetic-page", [(HEADING,)])


def test_a_file_that_cannot_be_read_is_an_error_and_is_never_written_over(faq: Path, index: Path) -> None:
    written(faq, index)
    path = faq / "synthetic-page.toml"
    for bad in (
        "not toml",
        "[[answer]]\nquestion = 'Why?'\n",
        path.read_text().replace("[[answer.rests_on]]", "[[answer.other]]"),
    ):
        path.write_text(bad)
        _, problems = approved.read(faq)
        assert [(problem.code, problem.level, problem.file) for problem in problems] == [
            ("answers-unreadable", "error", "faq/synthetic-page.toml")
        ]
        with pytest.raises(NotAllowed, match="cannot be read"):
            approved.write(faq, index, entry())
        assert path.read_text() == bad


def test_a_page_may_not_have_the_answers_heading_of_its_own() -> None:
    own = page(f"Synthetic Page\n\n{HEADING}:\nNone so far.\n")
    assert [problem.code for problem in fuse.reserved([own, page()])] == ["answers-heading"]


def test_only_what_may_go_out_makes_a_publish_wait(faq: Path, index: Path) -> None:
    assert approved.fingerprints(faq, TODAY) == {}
    one = written(faq, index, approver="")
    assert approved.fingerprints(faq, TODAY) == {}
    approved.approve(faq, index, one.place, "bob", one.digest, TODAY)
    ready = approved.fingerprints(faq, TODAY)
    assert list(ready) == ["faq/synthetic-page.toml"]
    assert approved.fingerprints(faq, one.expires) == {}
    written(faq, index, entry("And a fence?"))
    assert approved.fingerprints(faq, TODAY) != ready


def test_who_wrote_approved_and_removed_an_answer_is_on_the_audit(faq: Path, index: Path) -> None:
    one = written(faq, index)
    approved.remove(faq, index, one.place, "cat")
    assert approved.read(faq) == ((), [])
    told = [(row["who"], row["what"], row["details"]["question"]) for row in audit.rows(index)]
    assert told == [
        (who, what, one.question) for who, what in (("ann", "write answer"), ("bob", "approve answer"), ("cat", "remove answer"))
    ]
    assert audit.verify(index).problems == ()
