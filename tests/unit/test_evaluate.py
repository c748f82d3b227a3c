"""Figures say what happened, with their intervals."""

from __future__ import annotations

from bot.evaluate import Figure, Row, by_page, evaluate, judge, risk_coverage
from bot.types import Answer, Citation, NoAnswer, Question, Reason, Reply, Sentence
from ingest.types import Document

DOCUMENT = Document("page", "Page", "It takes an hour.", "page.txt")
CITATION = Citation(DOCUMENT, ("Duration",), 0, 17, "v")
ANSWER = Answer(
    text=CITATION.quote, sentences=(Sentence(CITATION.quote, 0),), citations=(CITATION,), procedure="page", confidence=0.9
)
REFUSAL = NoAnswer(text="no", reason=Reason.TOPIC, procedure="other", confidence=0.1)
ANSWERABLE = Row("1", ("how long",), "answerable", ("Duration",), ("It takes an hour.",))
NEAR_MISS = Row("2", ("when can i drive",), "not_covered")


def test_an_answer_from_the_right_section_is_right_and_from_another_is_not() -> None:
    assert not judge(ANSWERABLE, ANSWER).failed
    assert judge(Row("1", ("x",), "answerable", ("Risks",), ("Other.",)), ANSWER).failed
    assert judge(ANSWERABLE, REFUSAL).failed


def test_a_near_miss_must_be_refused() -> None:
    assert judge(NEAR_MISS, ANSWER).failed and not judge(NEAR_MISS, REFUSAL).failed


def test_a_label_that_is_equally_fine_excuses() -> None:
    assert not judge(Row("3", ("x",), "not_covered", ("Duration",), ("It takes an hour.",), ("answerable",)), ANSWER).failed


def test_the_worst_page_comes_first() -> None:
    judged = [judge(ANSWERABLE, ANSWER), judge(ANSWERABLE, REFUSAL)]
    assert [(figure.name, figure.rate) for figure in by_page(judged)] == [("other", 0.0), ("page", 1.0)]


def test_intervals_hold_the_rate_and_narrow_with_more_rows() -> None:
    few, many = Figure("x", 9, 10).interval, Figure("x", 900, 1000).interval
    assert few[0] < 0.9 < few[1] and many[1] - many[0] < few[1] - few[0]


def test_a_whole_file_is_evaluated_in_order() -> None:
    def ask(question: Question) -> Reply:
        return ANSWER if question.text == "how long" else REFUSAL

    report = evaluate([ANSWERABLE, NEAR_MISS], ask)
    assert [one.row.id for one in report.judged] == ["1", "2"]
    assert {figure.name: figure.rate for figure in report.figures}["not_covered: refused"] == 1.0
    assert report.to_json()["rows"] == 2
    assert len(risk_coverage(report.judged)) == 2
