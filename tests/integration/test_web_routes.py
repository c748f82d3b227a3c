"""The patients' HTTP interface, on the real engine and the clinic's own page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.settings import Settings
from bot.types import Question
from bot.wording import Contact
from tests.integration.conftest import client_of
from web import desk as desks
from web.labels import ENGLISH, SPANISH
from web.middleware import LARGEST_BODY, policy
from web.pages import shell

BLOCKED = ["/_stcore/upload_file/a/b", "/_stcore/metrics", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json", "/component/x/index.html",
           "/media/x.png", "/oauth2callback", "/nowhere", "/../etc/passwd", "/static/../index.html"]  # fmt: skip


def test_an_answer_carries_the_span_that_it_was_read_from(client: TestClient) -> None:
    row = client.post("/api/ask", json={"question": "How long does it take?", "id": "mine"}).json()
    assert row["id"] == "mine"
    assert row["status"] == "answered"
    cited = row["citations"][0]
    document = desks.desk().faq.document(cited["document"], cited["version"])
    assert document is not None
    assert document.text[cited["start"] : cited["end"]] == cited["quote"]
    assert cited["section"] == ["Procedure Details", "Duration"]


def test_an_earlier_question_helps_to_understand_the_next(client: TestClient) -> None:
    answer = client.post("/api/ask", json={"question": "and what are the risks?", "turns": ["How long does it take?"]})
    assert answer.json()["citations"][0]["section"][0] == "Risks and Side Effects"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"question": 5}',
        '{"question": null}',
        '{"question": "x", "turns": "x"}',
        '{"question": "x", "procedure": "../x"}',
    ],
)
def test_a_body_that_is_not_a_question_is_refused_with_a_reason(client: TestClient, body: str) -> None:
    answer = client.post("/api/ask", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_question_is_not_repeated_in_an_error(client: TestClient) -> None:
    assert "Jane" not in client.post("/api/ask", json={"question": "Jane " * 1000}).text


@pytest.mark.parametrize("sized", [True, False])
def test_a_body_that_is_too_large_is_refused(client: TestClient, sized: bool) -> None:
    body = b'{"question": "' + b"x" * LARGEST_BODY + b'"}'
    assert client.post("/api/ask", content=body if sized else iter([body[:9], body[9:]])).status_code == 413


@pytest.mark.parametrize("path", BLOCKED)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_what_is_not_for_patients_is_not_there(client: TestClient, path: str, method: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 404
    assert "We have no such page" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/plain", "/procedures/si-joint-fusion", "/healthz", "/nowhere", "/widget.js", "/static/css/none.css"]
)
def test_every_response_carries_our_headers_and_no_cookie(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


def test_only_listed_sites_may_frame_the_chat(settings: Settings) -> None:
    listed = settings.model_copy(update={"frame_ancestors": "https://clinic.example"})
    assert client_of(listed).get("/nowhere").headers["content-security-policy"].endswith("frame-ancestors https://clinic.example")


def test_a_host_header_cannot_add_to_the_policy() -> None:
    assert "evil" not in policy("x; script-src evil", "'self'")


def test_the_pointed_at_words_are_marked_on_the_content_page(client: TestClient) -> None:
    cited = client.post("/api/ask", json={"question": "How long does it take?"}).json()["citations"][0]
    query = {"version": cited["version"], "start": cited["start"], "end": cited["end"]}
    page = client.get(f"/procedures/{cited['document']}", params=query).text
    marked = re.findall(r"<mark>(.*?)</mark>", page, flags=re.DOTALL)
    assert "".join(marked) == cited["quote"]
    assert 'id="quote"' in page
    assert 'id="procedure-details.duration"' in page


@pytest.mark.parametrize("query", ["start=5&end=2", "start=0&end=99999999", "start=-1&end=5", "start=a&end=b", "start=9", "version=20200101T000000Z-000000",
                                   "version=../../etc"])  # fmt: skip
def test_a_made_up_place_marks_nothing_and_breaks_nothing(client: TestClient, query: str) -> None:
    page = client.get(f"/procedures/si-joint-fusion?{query}")
    assert page.status_code in {200, 404}
    assert "<mark>" not in page.text


def test_the_simple_page_shows_typed_markup_as_words(client: TestClient) -> None:
    page = client.post("/plain", data={"question": "<script>alert(1)</script>"})
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_the_simple_page_says_when_a_question_is_too_long_and_keeps_it(client: TestClient) -> None:
    page = client.post("/plain", data={"question": "long " * 300})
    assert ENGLISH.too_long.format(limit=desks.LONGEST_QUESTION) in page.text
    assert "long long" in page.text


def test_our_words_are_spanish_for_a_browser_that_asks_for_spanish(client: TestClient) -> None:
    page = client.get("/plain", headers={"accept-language": "es-MX,es;q=0.9,en;q=0.5"})
    assert SPANISH.ask not in page.text
    assert SPANISH.question in page.text
    assert '<html lang="es">' in page.text


def test_the_chats_page_has_no_inline_script_and_points_to_the_simple_page(client: TestClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == []
    assert "<title>Questions about your procedure · Vitruvian Health</title>" in page
    assert 'href="/plain"' in page.partition("<noscript>")[2]


def test_streamlits_page_is_still_the_one_that_is_made_ours() -> None:
    page = shell("Vitruvian Health", Contact("Call the clinic.", "", ""), ENGLISH)
    assert "<title>Streamlit" not in page
    assert "_stcore/agent" not in page
    assert page.count("<noscript>") == 1


def test_too_many_questions_from_one_address_are_told_to_wait(client: TestClient, settings: Settings) -> None:
    few = desks.Desk(desks.desk().faq, settings.model_copy(update={"rate_per_minute": 2}))
    statuses = [few.ask(Question("How long?"), session="s", address="10.0.0.1").reply.status for _ in range(3)]
    assert statuses == ["answered", "answered", "unavailable"]
    assert few.ask(Question("How long?"), session="s", address="10.0.0.2").reply.status == "answered"


def test_a_full_queue_is_told_so_at_once(client: TestClient, settings: Settings) -> None:
    full = desks.Desk(desks.desk().faq, settings.model_copy(update={"max_waiting": 1}))
    places = [full._waiting.acquire(blocking=False) for _ in range(1 + desks.AT_ONCE)]
    assert all(places)
    answered = full.ask(Question("How long does it take?"), session="s", address="a")
    assert answered.reply.status == "unavailable"
    assert "911" in answered.reply.text
    assert answered.seconds < 1


def test_nothing_published_is_a_page_with_the_next_step(tmp_path: Path) -> None:
    empty = Settings(index_dir=tmp_path / "none", data_dir=tmp_path)
    kept, desks._process.desk = desks._process.desk, None
    try:
        client = client_of(empty)
        for path in ("/", "/plain", "/procedures"):
            page = client.get(path)
            assert page.status_code == 503
            assert "python -m ingest publish" in page.text
        assert client.get("/healthz").status_code == 503
        assert client.post("/api/ask", json={"question": "x"}).status_code == 503
    finally:
        desks._process.desk = kept
