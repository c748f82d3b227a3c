"""The content team's screens, run by Streamlit without a browser, and a draft's way to the patients with the real models."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bot.settings import Settings
from ingest import withdrawn
from ingest.adopt import Draft
from ingest.candidate import Outcome
from ingest.read import source_hashes
from ingest.types import Level
from ingest.versions import Versions
from tests.conftest import CLINIC, ROOT
from web import desk as desks
from web import drafts, jobs, overview, trial
from web.jobs import Failed, Job
from web.office import Office, open_office
from web.roles import Forbidden, Role, User

ANN, VERA, ROB, ADAM = (User(name, role) for name, role in zip(("ann", "vera", "rob", "adam"), (Role.EDITOR, Role.VIEWER, Role.REVIEWER, Role.ADMIN), strict=True))  # fmt: skip
PAGE = "si-joint-fusion.txt"
OLD, NEW = b"about 45 to 90 minutes", b"about 50 to 95 minutes"


@pytest.fixture
def at(own_index: Path, tmp_path: Path) -> Office:
    documents = Path(shutil.copytree(CLINIC, tmp_path / "documents"))
    return Office.of(Settings(data_dir=tmp_path / "data", documents_dir=documents, index_dir=own_index))


def screen(at: Office, user: User, name: str) -> AppTest:
    def script(at: object, user: object, name: str) -> None:  # runs on its own, without this module's names
        from web import content, drafting

        {"documents": content.documents, "draft": drafting.draft, "history": content.history}[name](at, user)  # type: ignore[arg-type]

    shown = AppTest.from_function(script, default_timeout=60, kwargs={"at": at, "user": user, "name": name}).run()
    assert not shown.exception
    return shown


def words(shown: AppTest) -> str:
    return " ".join([*(str(element.proto.body) for element in shown.get("html")), *(one.value for one in shown.markdown)])


def labels(shown: AppTest) -> set[str]:
    return {button.label.replace("\\", "") for button in shown.button}


def press(shown: AppTest, label: str) -> AppTest:
    next(button for button in shown.button if button.label.replace("\\", "") == label).click().run()
    assert not shown.exception
    return shown


def changed_draft(at: Office) -> Draft:
    draft = drafts.start(at, ANN, "longer")
    drafts.save(at, ANN, draft, PAGE, (CLINIC / PAGE).read_bytes().replace(OLD, NEW))
    return draft


def over(job: Job) -> Outcome:
    end = time.monotonic() + 240
    while jobs.is_running(job):
        assert time.monotonic() < end, "the job did not end"
        time.sleep(0.1)
    found = jobs.outcome(job)
    assert not isinstance(found, Failed), found
    return found


def test_nobody_sees_a_screen_without_a_session(at: Office) -> None:
    open_office(Settings(data_dir=at.drafts.parent))
    shown = AppTest.from_file(str(ROOT / "web" / "staff.py"), default_timeout=60).run()
    assert "Your login has ended" in words(shown)
    assert "Documents" not in words(shown)


def test_the_documents_are_shown_with_their_state(at: Office) -> None:
    shown = screen(at, VERA, "documents")
    assert "SI Joint Fusion" in words(shown)
    assert '<span class="staff-state published">published</span>' in words(shown)
    (at.places.documents / PAGE).write_bytes((CLINIC / PAGE).read_bytes().replace(OLD, NEW))
    (at.places.documents / "new.txt").write_text("New Page\n\nRisks:\nThis synthetic page says nothing.\n")
    (at.places.documents / "bad.pdf").write_bytes(b"not a pdf")
    again = words(screen(at, VERA, "documents"))
    assert all(f">{state}</span>" in again for state in ("changed", "new", "cannot be read"))


def test_a_page_that_was_taken_away_is_still_shown_until_it_is_published(at: Office) -> None:
    (at.places.documents / PAGE).unlink()
    assert [row.state for row in overview.rows(at) if row.slug == "si-joint-fusion"] == ["removed"]


def test_an_overdue_review_stands_out(at: Office) -> None:
    page = (
        "---\nreviewed_on: 2020-01-01\nnext_review: 2021-01-01\nreviewed_by: A. Test\n---\n# Old Page\n\n## Risks\n\nSynthetic.\n"
    )
    (at.places.documents / "old.md").write_text(page)
    assert "2021-01-01, overdue" in words(screen(at, VERA, "documents"))


def test_a_reviewer_withdraws_and_an_editor_restores_on_the_screen(at: Office) -> None:
    shown = screen(at, ROB, "documents")
    shown.text_input(key="withdraw-why").set_value("Wrong number")
    press(shown, "Withdraw")
    assert [(one.document, one.section, one.who, one.why) for one in withdrawn.read(at.places.index)] == [
        ("si-joint-fusion", None, "rob", "Wrong number")
    ]
    assert "withdrawn</span>" in words(shown)
    assert "Restore" not in labels(screen(at, ROB, "documents"))
    press(screen(at, ANN, "documents"), "Restore")
    assert withdrawn.read(at.places.index) == ()


def test_words_are_not_withdrawn_without_a_reason(at: Office) -> None:
    assert "Say why" in words(press(screen(at, ROB, "documents"), "Withdraw"))
    assert withdrawn.read(at.places.index) == ()


def test_every_section_of_a_page_can_be_withdrawn_by_its_name(at: Office) -> None:
    outline = overview.live(at).outlines[0]
    for name, fragment in overview.sections(outline).items():
        overview.withdraw(at, ROB, outline.document.slug, fragment, name)
    found = withdrawn.read(at.places.index)
    assert {" › ".join(one.section or ()) for one in found} == {" › ".join(section.path) for section in outline.sections}
    for one in found:
        overview.restore(at, ANN, one, "Test")
    assert withdrawn.read(at.places.index) == ()


@pytest.mark.parametrize(("user", "name", "hidden"), [
    (VERA, "documents", "Withdraw"), (VERA, "draft", "Start"), (ROB, "draft", "Publish…"), (ROB, "history", "Go back")])  # fmt: skip
def test_a_role_is_not_offered_what_it_may_not_do(at: Office, user: User, name: str, hidden: str) -> None:
    changed_draft(at)
    assert hidden not in labels(screen(at, user, name))


def test_what_a_button_would_do_is_refused_without_the_button(at: Office) -> None:
    one = withdrawn.Withdrawal("si-joint-fusion", None, "x", "2026-01-01T00:00:00+00:00", "x")
    version = Versions(at.places.index).current() or ""
    attempts: tuple[Callable[[], None], ...] = (
        lambda: overview.withdraw(at, VERA, "si-joint-fusion", "", "x"),
        lambda: overview.restore(at, ROB, one, "x"),
        lambda: overview.roll_back(at, ROB, version, "x"),
    )
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()


def test_an_editor_walks_through_a_draft(at: Office) -> None:
    shown = screen(at, ANN, "draft")
    shown.text_input(key="draft-wish").set_value("Longer")
    press(shown, "Start")
    assert drafts.names(at) == ["longer"]
    drafts.save(at, ANN, drafts.find(at, "longer"), PAGE, (CLINIC / PAGE).read_bytes().replace(OLD, NEW))
    shown.run()
    assert "changed</span>" in words(shown)
    for step, seen in (("Check", "warnings"), ("Outline", "staff-passage"), ("What changes", "<del>45</del>")):
        shown.segmented_control[0].set_value(step).run()
        assert not shown.exception
        assert seen in words(shown), step
    press(shown, "Publish…")
    assert "Publish now" in labels(shown)
    assert "<ins>50</ins>" in words(shown)


@pytest.mark.timeout(600)
def test_a_draft_can_be_asked_beside_what_patients_read(at: Office) -> None:
    draft = changed_draft(at)
    first = Versions(at.places.index).current()
    job = drafts.look_at_changes(at, ANN, draft)
    found = over(job)
    assert any(NEW.decode() in one.after.text and OLD.decode() in one.before.text for one in found.answers)
    assert Versions(at.places.index).current() == first
    desks.open_desk(Settings(data_dir=at.drafts.parent, index_dir=at.places.index))
    try:
        tried = trial.ask(job.index, "How long does it take?", "si-joint-fusion")
    finally:
        trial.close()
        desks.close_desk()
    assert not tried.same
    assert NEW.decode() in " ".join(block.text for block in tried.draft.words)
    assert OLD.decode() in " ".join(block.text for block in tried.live.words)


@pytest.mark.timeout(600)
def test_a_published_draft_becomes_the_documents_and_can_be_taken_back(at: Office) -> None:
    draft = changed_draft(at)
    first = Versions(at.places.index).current()
    done = over(drafts.publish(at, ANN, draft, drafts.digest(draft)))
    assert done.version == Versions(at.places.index).current() != first
    assert (at.places.documents / PAGE).read_bytes() == (CLINIC / PAGE).read_bytes().replace(OLD, NEW)
    assert "Published by ann" in words(screen(at, VERA, "draft"))
    assert drafts.names(at) == []
    assert next(row["who"] for row in overview.history(at)[0] if row["what"] == "publish") == "ann"

    back = screen(at, ANN, "history")
    back.text_input(key="back-why").set_value("Not agreed")
    press(back, "Go back")
    assert Versions(at.places.index).current() == first


def test_a_refused_publish_leaves_documents_and_patients_as_they_were(at: Office) -> None:
    draft = drafts.start(at, ANN, "broken")
    drafts.save(at, ANN, draft, "scan.pdf", b"%PDF-1.4 cut off")
    before, version = source_hashes(at.places.documents), Versions(at.places.index).current()
    found = over(drafts.publish(at, ANN, draft, drafts.digest(draft)))
    assert any(problem.level is Level.ERROR and problem.file == "scan.pdf" for problem in found.problems)
    assert source_hashes(at.places.documents) == before
    assert Versions(at.places.index).current() == version
    assert "Nothing was published" in words(screen(at, ANN, "draft"))
    assert drafts.names(at) == ["broken"]


def test_a_draft_that_is_outdated_publishes_nothing(at: Office) -> None:
    draft = changed_draft(at)
    (at.places.documents / PAGE).write_bytes((CLINIC / PAGE).read_bytes() + b"\nTheir synthetic words.\n")
    before, version = source_hashes(at.places.documents), Versions(at.places.index).current()
    job = drafts.publish(at, ADAM, draft, drafts.digest(draft))
    while jobs.is_running(job):
        time.sleep(0.1)
    found = jobs.outcome(job)
    assert isinstance(found, Failed)
    assert "changed in the documents folder since this draft was made" in found.message
    assert source_hashes(at.places.documents) == before
    assert Versions(at.places.index).current() == version
