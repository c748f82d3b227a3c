"""Which procedure is meant, by names only."""

from __future__ import annotations

import pytest

from bot.scope import Elsewhere, Names, Scope, Settled, Unsettled
from ingest.types import ConfigurationError, Document
from tests.conftest import ROOT

NAMES = Names.load(ROOT / "data" / "names.toml")
TITLES = [
    "SI Joint Injection",
    "SI Joint Fusion",
    "Lumbar Facet Injection",
    "Cervical Facet Injection",
    "Facet Rhizotomy",
    "Kyphoplasty",
    "Vertebroplasty",
    "Trigger Point Injections",
    "Genicular Nerve Ablation",
]
CLINIC = Scope({title: Document(title, title, "text", title) for title in TITLES}, NAMES)
ALONE = Scope({"si-joint-fusion": Document("si-joint-fusion", "SI Joint Fusion", "after injections failed", "x")}, NAMES)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("does si fusion hurt", "SI Joint Fusion"),
        ("how much is a sacroiliac shot", "SI Joint Injection"),
        ("kyphoplsty recovery", "Kyphoplasty"),
        ("neck facet shot risks", "Cervical Facet Injection"),
        ("are facet rhizotomies safe", "Facet Rhizotomy"),
        ("facet radiofreqency, time off", "Facet Rhizotomy"),
        ("do triger points hurt", "Trigger Point Injections"),
        ("knee rfa wears off when", "Genicular Nerve Ablation"),
    ],
)
def test_patients_words_name_the_procedure(question: str, title: str) -> None:
    settled = CLINIC.settle(question, None, None)
    assert isinstance(settled, Settled) and settled.procedure == title


def test_the_name_is_taken_out_of_the_question() -> None:
    settled = ALONE.settle("How long does a sacroiliac joint fusion take?", None, None)
    assert isinstance(settled, Settled) and settled.question == "How long does the procedure take?"


def test_two_telling_words_are_enough_where_one_page_holds_both() -> None:
    titles = ["Lateral Interbody Ankle Fusion", "Ankle Arthroscopy", "Hip Fusion"]
    clinic = Scope({title: Document(title, title, "text", title) for title in titles}, NAMES)
    settled = clinic.settle("does an ankle fusoin hurt", None, None)
    assert isinstance(settled, Settled) and (settled.procedure, settled.question) == (titles[0], "does the procedure hurt")
    assert isinstance(clinic.settle("does the ankle hurt", None, None), Unsettled)


def test_the_joint_alone_is_not_the_procedure() -> None:
    settled = ALONE.settle("what is the si joint", None, None)
    assert isinstance(settled, Settled) and settled.question == "what is the si joint"


def test_two_procedures_that_fit_are_both_candidates() -> None:
    unsettled = CLINIC.settle("how long does a facet injection take", None, None)
    assert isinstance(unsettled, Unsettled)
    assert set(unsettled.candidates[:2]) == {"Lumbar Facet Injection", "Cervical Facet Injection"}


def test_words_beat_the_page_and_the_page_beats_the_conversation() -> None:
    named = CLINIC.settle("is kyphoplasty safe", "Vertebroplasty", "SI Joint Fusion")
    from_page = CLINIC.settle("is it safe", "Vertebroplasty", "SI Joint Fusion")
    from_talk = CLINIC.settle("is it safe", None, "SI Joint Fusion")
    assert [one.procedure for one in (named, from_page, from_talk) if isinstance(one, Settled)] == [
        "Kyphoplasty",
        "Vertebroplasty",
        "SI Joint Fusion",
    ]


def test_a_procedure_without_a_page_is_said_to_be_elsewhere() -> None:
    assert isinstance(ALONE.settle("how long does a hip replacement take", None, None), Elsewhere)


def test_words_of_a_title_are_not_elsewhere() -> None:
    pages = ("Epidural Steroid Injection", "Hip Joint Injection")
    clinic = Scope({title: Document(title, title, "text", title) for title in pages}, NAMES)
    assert isinstance(clinic.settle("how many steroid shots may I have", None, None), Unsettled)


def test_a_sister_procedure_is_never_answered_from_the_page_in_use() -> None:
    assert ALONE.settle("how long does an SI joint injection take", None, None) == Elsewhere("SI joint injection")
    assert isinstance(CLINIC.settle("si joint replacement risks", None, None), Elsewhere | Unsettled)


def test_other_treatments_may_be_mentioned_in_a_question_about_the_procedure() -> None:
    for question in ("do i need injections before si fusion", "must physical therapy and injections fail first"):
        assert isinstance(ALONE.settle(question, None, None), Settled), question


def test_nothing_named_in_a_clinic_of_many_pages_is_unsettled() -> None:
    assert CLINIC.settle("when can i drive", None, None) == Unsettled(())


def test_a_broken_names_file_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("names") / "names.toml"
    path.write_text("same = 3")
    with pytest.raises(ConfigurationError, match="names.toml"):
        Names.load(path)


def test_treatments_tried_in_vain_do_not_hide_who_this_one_is_for() -> None:
    asked = ALONE.settle("kyphoplasty was tried and it did nothing, would I be a candidate for this", "si-joint-fusion", None)
    assert isinstance(asked, Settled) and asked.procedure == "si-joint-fusion"


@pytest.mark.parametrize(
    "question",
    [
        "I had kyphoplasty last week, how long does it hurt",
        "already got my kyphoplasty done, is this soreness normal",
        "I tried kyphoplasty, when can I shower after this",
    ],
)
def test_a_procedure_that_was_done_is_still_the_one_asked_about(question: str) -> None:
    assert isinstance(ALONE.settle(question, "si-joint-fusion", None), Elsewhere)
