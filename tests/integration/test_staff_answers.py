"""The screens of approved answers and of the kill switch, run by Streamlit without a browser. Every answer here is synthetic."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bot import switch
from bot.settings import Settings
from ingest import approved, audit, pipeline
from ingest.approved import NotAllowed
from ingest.fuse import State
from tests.conftest import CLINIC
from web import answering, closing
from web.answering import Wish
from web.office import Office
from web.overview import NoReason
from web.roles import Forbidden, Role, User

VERA, ROB, ROSE, ANN, ADAM = (
    User(name, role)
    for name, role in (
        ("vera", Role.VIEWER), ("rob", Role.REVIEWER), ("rose", Role.REVIEWER), ("ann", Role.EDITOR), ("adam", Role.ADMIN),
    )
)  # fmt: skip
SLUG, ASKED, WORDS = "si-joint-fusion", "May my <b>parrot</b> come along?", "Parrots wait at home. This is a synthetic answer."
DURATION = ("Procedure Details", "Duration")


@pytest.fixture
def at(own_index: Path, tmp_path: Path) -> Office:
    documents = Path(shutil.copytree(CLINIC, tmp_path / "documents"))
    return Office.of(
        Settings(data_dir=tmp_path / "data", documents_dir=documents, index_dir=own_index, answers_dir=tmp_path / "faq")
    )


def screen(at: Office, user: User, name: str = "answers", **asked: str) -> AppTest:
    def script(at: object, user: object, name: str) -> None:  # runs on its own, without this module's names
        from web import approved, closing

        {"answers": approved.answers, "closing": closing.closing}[name](at, user)  # type: ignore[arg-type]

    shown = AppTest.from_function(script, default_timeout=60, kwargs={"at": at, "user": user, "name": name})
    for key, value in asked.items():
        shown.query_params[key] = value
    shown.run()
    assert not shown.exception
    return shown


def words(shown: AppTest) -> str:
    return " ".join(
        [*(str(element.proto.body) for element in shown.get("html")), *(one.value for one in (*shown.markdown, *shown.text))]
    )


def labels(shown: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in shown.button]


def press(shown: AppTest, start: str) -> AppTest:
    next(button for button in shown.button if button.label.startswith(start)).click().run()
    assert not shown.exception
    return shown


def written(at: Office, user: User = ROB) -> None:
    wish = Wish(SLUG, ASKED, WORDS, (DURATION,), answering.today() + timedelta(days=30))
    answering.write(at, user, wish)


def states(at: Office) -> list[State]:
    return [one.state for one in answering.listed(at)[0]]


def test_a_reviewer_writes_an_editor_approves_and_the_next_publish_takes_it_along(at: Office) -> None:
    shown = screen(at, ROB, question=ASKED, procedure=SLUG)
    assert shown.text_input[0].value == ASKED
    shown.text_area[0].set_value(WORDS)
    shown.multiselect[0].set_value([" › ".join(DURATION)])
    press(shown, "Keep it")
    assert "Another person must approve it" in words(shown)
    assert "waiting for approval" in words(shown)
    assert not any(label.startswith("Approve") for label in labels(shown))
    press(screen(at, ANN), "Approve")
    assert states(at) == [State.IN_FORCE]
    (entry,) = approved.read(at.places.faq or Path())[0]
    assert (entry.author, entry.approver, [one.section for one in entry.rests_on]) == ("rob", "ann", [DURATION])
    assert pipeline.plan(at.places).waiting


def test_an_editor_is_not_offered_to_approve_what_he_wrote_and_cannot_by_a_direct_call(at: Office) -> None:
    written(at, ANN)
    assert [label for label in labels(screen(at, ANN)) if label.startswith("Approve")] == []
    with pytest.raises(NotAllowed, match="Another person"):
        answering.approve(at, ANN, answering.listed(at)[0][0].entry)
    assert states(at) == [State.WAITING]


def test_no_role_does_more_than_it_may_by_a_direct_call(at: Office) -> None:
    written(at)
    entry = answering.listed(at)[0][0].entry
    for user in (VERA, ROSE):
        with pytest.raises(Forbidden):
            answering.approve(at, user, entry)
        with pytest.raises(Forbidden):
            answering.remove(at, user, entry)
    with pytest.raises(Forbidden):
        written(at, VERA)
    for user in (VERA, ROSE, ANN):
        for action in (closing.close, closing.open_again):
            with pytest.raises(Forbidden):
                action(at, user, "because")
        with pytest.raises(Forbidden):
            closing.closing(at, user)
    assert (states(at), switch.is_closed(at.data)) == ([State.WAITING], False)


def test_a_suspended_answer_stands_first_says_why_and_is_written_again(at: Office) -> None:
    written(at)
    answering.approve(at, ANN, answering.listed(at)[0][0].entry)
    page = at.places.documents / "si-joint-fusion.txt"
    page.write_bytes(page.read_bytes().replace(b"about 45 to 90 minutes", b"about 50 to 95 minutes"))
    assert states(at) == [State.SUSPENDED]
    shown = screen(at, ROB)
    assert "What to do" not in words(shown)
    assert "The words it rests on have changed: Procedure Details › Duration." in words(shown)
    shown.selectbox(key="answer-again").set_value(answering.listed(at)[0][0].entry.place).run()
    assert shown.text_area[0].value == WORDS
    press(shown, "Keep it")
    assert states(at) == [State.WAITING]


def test_what_is_refused_is_said_and_a_patients_markup_is_only_words(at: Office) -> None:
    shown = screen(at, ROB)
    shown.text_input[0].set_value(ASKED)
    shown.text_area[0].set_value("word " * 81)
    press(shown, "Keep it")
    assert "The answer has 81 words" in words(shown)
    assert states(at) == []
    written(at)
    assert "<b>parrot" not in words(screen(at, VERA))
    assert "&lt;b&gt;parrot" in words(screen(at, VERA))


def test_an_editor_removes_an_answer(at: Office) -> None:
    written(at)
    press(screen(at, ANN), "Remove")
    assert states(at) == []


def test_an_admin_closes_the_chat_and_opens_it_with_a_reason(at: Office) -> None:
    shown = screen(at, ADAM, "closing")
    press(shown, "Close the chat now")
    assert switch.is_closed(at.data)
    assert "No reason was given." in words(shown)
    assert words(shown).count("The chat is closed") == 1
    with pytest.raises(NoReason):
        closing.open_again(at, ADAM, " ")
    press(shown, "Open the chat again")
    assert switch.is_closed(at.data)
    shown.text_input[0].set_value("All mended")
    press(shown, "Open the chat again")
    assert not switch.is_closed(at.data)
    told = [(row["who"], row["what"], row["why"]) for row in audit.rows(at.places.index)][-2:]
    assert told == [("adam", "close", "No reason was given."), ("adam", "open", "All mended")]


def test_the_chat_is_closed_even_when_that_cannot_be_recorded_and_the_screen_says_so(at: Office) -> None:
    (at.places.index / "AUDIT.jsonl").unlink(missing_ok=True)
    (at.places.index / "AUDIT.jsonl").mkdir()
    shown = press(screen(at, ADAM, "closing"), "Close the chat now")
    assert switch.is_closed(at.data)
    assert "The chat is closed. That could not be written to the audit" in words(shown)
