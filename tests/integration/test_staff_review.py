"""Review, gaps and figures, run by Streamlit without a browser over a journal that the engine itself has written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bot import review as replies
from bot.journal import SqlJournal
from bot.kept import Judgement, Listed
from bot.record import Recorder
from bot.review import EVERYTHING, VIEWS, Filter
from bot.settings import Settings
from bot.types import Question
from ingest import audit, withdrawn
from tests.conftest import ROOT
from web import desk as desks
from web import reviewing
from web.office import Office, open_office
from web.roles import Forbidden, Role, User
from web.staff import SCREENS
from web.staff_routes import SCREENS as ADDRESSES

VERA, ROB = User("vera", Role.VIEWER), User("rob", Role.REVIEWER)
ANSWERED, REFUSED = "how long does the procedure take", "will the metal set off airport scanners"


@pytest.fixture
def at(own_index: Path, tmp_path: Path) -> Iterator[Office]:
    """An office whose journal holds an answer and a refusal."""
    settings = Settings(data_dir=tmp_path / "data", index_dir=own_index)
    desks.open_desk(settings)
    for question in (ANSWERED, REFUSED):
        desks.desk().ask(Question(question, "si-joint-fusion"), session=question, address="test")
    flush(desks.desk().faq.journal)
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"question": "an old one", "document": "si-joint-fusion", "section": null}')  # no newline at its end
    office = Office.of(settings)
    yield replace(office, places=replace(office.places, golden=golden))
    reviewing.journal(office.journal).dispose()
    reviewing.journal.cache_clear()
    desks.close_desk()


def flush(recorder: Recorder) -> None:
    journal = recorder._journal
    assert isinstance(journal, SqlJournal)
    journal.flush()


def line(at: Office, question: str) -> Listed:
    return next(one for one in replies.replies(reviewing.journal(at.journal)).lines if one.question == question)


def screen(at: Office, user: User, name: str, reply: str = "") -> AppTest:
    def script(at: object, user: object, name: str) -> None:  # runs on its own, without this module's names
        from web import dashboard, gaps, review

        {"review": review.review, "gaps": gaps.gaps, "figures": dashboard.dashboard}[name](at, user)  # type: ignore[arg-type]

    shown = AppTest.from_function(script, default_timeout=60, kwargs={"at": at, "user": user, "name": name})
    if reply:
        shown.query_params["reply"] = reply
    shown.run()
    assert not shown.exception
    return shown


def words(shown: AppTest) -> str:
    return " ".join([*(str(element.proto.body) for element in shown.get("html")), *(one.value for one in shown.markdown)])


def labels(shown: AppTest) -> list[str]:
    return [button.label.replace("\\", "") for button in shown.button]


def press(shown: AppTest, label: str) -> AppTest:
    next(button for button in shown.button if button.label.replace("\\", "") == label).click().run()
    assert not shown.exception
    return shown


def test_the_list_is_newest_first_and_a_saved_view_and_a_filter_narrow_it(at: Office) -> None:
    shown = screen(at, VERA, "review")
    assert [one for one in labels(shown) if one in (ANSWERED, REFUSED)] == [REFUSED, ANSWERED]
    shown.text_input(key="review-words").set_value("metal").run()
    assert ANSWERED not in labels(shown) and REFUSED in labels(shown)
    shown.text_input(key="review-words").set_value("elephants").run()
    assert "Nothing fits" in words(shown)


def test_a_line_opens_the_reply_with_its_exact_words_and_asking_again_says_the_same(at: Office) -> None:
    shown = press(screen(at, VERA, "review"), ANSWERED)
    kept = reviewing.opened(at, VERA, line(at, ANSWERED).id)
    assert all(one.version in words(shown) and f"{one.start} to {one.end}" in words(shown) for one in kept.citations)
    assert "byte for byte" in words(shown) and "another passage answers better" in words(shown)
    assert "The same" in words(press(shown, "Ask again on that version"))


def test_a_card_for_danger_is_shown_in_the_words_that_the_patient_read(at: Office) -> None:
    desks.desk().ask(Question("I have chest pain"), session="s", address="test")
    flush(desks.desk().faq.journal)
    [danger] = replies.replies(reviewing.journal(at.journal), VIEWS["emergencies and crises"]).lines
    card = desks.desk().faq.wording.card("emergency")
    shown = words(screen(at, VERA, "review", danger.id))
    assert 'class="faq-card danger"' in shown and all(shown.count(line) == 1 for line in card.lines)


def test_a_reviewer_goes_from_a_refusal_to_writing_its_answer_and_a_viewer_does_not(at: Office) -> None:
    reply = line(at, REFUSED).id
    link = "/answers?procedure=si-joint-fusion&amp;question=will+the+metal+set+off+airport+scanners"
    assert link in words(screen(at, ROB, "review", reply))
    assert "/answers?" not in words(screen(at, VERA, "review", reply))


def test_a_reviewer_judges_on_the_screen_and_a_second_overwrites_nothing(at: Office) -> None:
    reply = line(at, ANSWERED).id
    first, second = screen(at, ROB, "review", reply), screen(at, User("bo", Role.REVIEWER), "review", reply)
    press(first, "Right")
    assert "rob said “right”" in words(press(second, "Wrong"))
    assert [(one.who, one.judgement) for one in line(at, ANSWERED).verdicts] == [("rob", Judgement.RIGHT)]


def test_harmful_needs_a_note_and_then_withdraws_the_words_at_once(at: Office) -> None:
    shown = press(screen(at, ROB, "review", line(at, ANSWERED).id), "Harmful")
    assert "Say in the note" in words(shown) and withdrawn.read(at.places.index) == ()
    shown.text_area[0].set_value("wrong number")
    press(shown, "Harmful")
    reply = reviewing.opened(at, ROB, line(at, ANSWERED).id)
    cited = reply.citations[0]
    assert any(one.covers(cited.document, cited.section) for one in withdrawn.read(at.places.index))
    [row] = [row for row in audit.rows(at.places.index) if row["what"] == "withdraw"]
    assert row["who"] == "rob" and reply.listed.id in row["why"] and "wrong number" in row["why"]
    assert row["details"] == {"document": cited.document, "section": list(cited.section)}
    assert not audit.verify(at.places.index).problems


def test_a_golden_question_is_appended_once_with_its_section(at: Office) -> None:
    shown = screen(at, ROB, "review", line(at, ANSWERED).id)
    press(shown, "Make this a golden question")
    assert "Kept. From now on" in words(shown)
    press(shown, "Make this a golden question")
    assert "already" in words(shown)
    assert at.places.golden is not None
    rows = [json.loads(row) for row in at.places.golden.read_text().splitlines()]
    assert [row["question"] for row in rows] == ["an old one", ANSWERED]
    assert tuple(rows[1]["section"]) == reviewing.opened(at, ROB, line(at, ANSWERED).id).citations[0].section
    assert [row["who"] for row in audit.rows(at.places.index) if row["what"] == "golden question"] == ["rob"]


def test_the_section_of_a_refused_question_is_chosen_by_a_person_before_it_is_golden(at: Office) -> None:
    shown = press(screen(at, ROB, "review", line(at, REFUSED).id), "Make this a golden question")
    assert "Choose the section that must answer it." in words(shown)
    assert at.places.golden is not None and REFUSED not in at.places.golden.read_text()


def test_a_viewer_is_offered_nothing_to_change_and_is_refused_without_the_button(at: Office) -> None:
    reply = line(at, ANSWERED).id
    assert not {"Right", "Harmful", "Make this a golden question"} & set(labels(screen(at, VERA, "review", reply)))
    attempts: tuple[Callable[[], object], ...] = (
        lambda: reviewing.judge(at, VERA, reply, 0, Judgement.RIGHT, "", 0),
        lambda: reviewing.judge(at, VERA, reply, 0, Judgement.HARMFUL, "x", 0),
        lambda: reviewing.make_golden(at, VERA, "x", "si-joint-fusion", None),
    )
    for attempt in attempts:
        with pytest.raises(Forbidden, match="reviewer"):
            attempt()
    assert line(at, ANSWERED).verdicts == () and withdrawn.read(at.places.index) == ()
    assert at.places.golden is not None and len(at.places.golden.read_text().splitlines()) == 1
    assert not {"withdraw", "golden question"} & {row["what"] for row in audit.rows(at.places.index)}


def test_gaps_show_the_matrix_and_group_refused_questions(at: Office) -> None:
    shown = screen(at, VERA, "gaps")
    assert "si-joint-fusion" in words(shown)
    assert REFUSED not in words(shown)
    grouped = words(press(shown, "Group the questions"))
    assert REFUSED in grouped and ANSWERED not in grouped


def test_figures_stand_in_a_table_beside_the_plots(at: Office) -> None:
    shown = screen(at, VERA, "figures")
    assert len(shown.get("vega_lite_chart") or shown.get("arrow_vega_lite_chart")) == 5
    assert "<caption" in words(shown) and ">2</td>" in words(shown)


def test_downloads_hold_what_the_filter_names(at: Office) -> None:
    rows = json.loads(reviewing.table(at, VERA, "replies", Filter(words="metal"), "json"))
    assert [row["question"] for row in rows] == [REFUSED]
    assert reviewing.table(at, VERA, "replies", EVERYTHING, "csv").count(ANSWERED.encode()) >= 1


def test_every_screen_has_an_address_and_none_is_drawn_without_a_session(at: Office) -> None:
    assert {f"/{one.path}" for one in SCREENS} <= set(ADDRESSES)
    open_office(Settings(data_dir=at.drafts.parent))
    shown = AppTest.from_file(str(ROOT / "web" / "staff.py"), default_timeout=60).run()
    assert "Your login has ended" in words(shown) and ANSWERED not in words(shown)
