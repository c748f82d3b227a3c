"""Staff can close the chat in a moment; danger still gets its card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from bot import switch
from bot.__main__ import main
from bot.settings import Settings
from ingest import audit
from tests.conftest import ROOT
from web.labels import ENGLISH

CLOSED = "This chat is closed for now. Call the clinic with your question. In an emergency, call 911."


@pytest.fixture
def closed(settings: Settings) -> Iterator[Path]:
    file = settings.data_dir / switch.FILE
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def test_a_closed_chat_gives_the_fixed_words_everywhere(client: TestClient, closed: Path) -> None:
    answer = client.post("/api/ask", json={"question": "How long does it take?"})
    assert (answer.status_code, answer.json()["status"], answer.json()["text"]) == (503, "unavailable", CLOSED)
    page = client.post("/plain", data={"question": "How long does it take?"}).text
    assert CLOSED in page
    assert "45 to 90" not in page
    empty = client.get("/plain").text
    assert CLOSED in empty
    assert ENGLISH.suggestions not in empty
    chat = AppTest.from_file(str(ROOT / "web" / "chat.py"), default_timeout=30).run()
    assert len(chat.button) == 0
    chat.chat_input[0].set_value("How long does it take?").run()
    shown = " ".join(str(element.proto.body) for element in chat.get("html"))
    assert CLOSED in shown
    assert "45 to 90" not in shown


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("I have crushing chest pain", "emergency"),
        ("I want to kill myself", "crisis"),
        ("I see no reason to go on living", "crisis"),
    ],
)
def test_danger_gets_its_card_from_a_closed_chat(client: TestClient, closed: Path, question: str, status: str) -> None:
    assert client.post("/api/ask", json={"question": question}).json()["status"] == status


def test_it_answers_again_as_soon_as_it_is_opened(client: TestClient, closed: Path) -> None:
    closed.unlink()
    assert client.post("/api/ask", json={"question": "How long does it take?"}).json()["status"] == "answered"


def test_closing_and_opening_by_the_command_line_is_on_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAQ_DATA_DIR", str(tmp_path))
    assert main(["open", "--by", "Ana"]) == 1
    assert "not closed" in capsys.readouterr().err
    assert main(["close", "--by", "Ana", "--reason", "wrong dose"]) == 0
    assert "Ana: wrong dose" in (tmp_path / switch.FILE).read_text(encoding="utf-8")
    assert main(["open", "--by", "Bo"]) == 0
    assert not switch.is_closed(tmp_path)
    told = [(row["who"], row["what"], row["why"]) for row in audit.rows(tmp_path / "index")]
    assert told == [("Ana", "close", "wrong dose"), ("Bo", "open", "")]


def test_it_closes_even_when_that_cannot_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder", encoding="utf-8")
    with pytest.raises(OSError, match="exists"):
        switch.close(tmp_path, tmp_path / "index", "Ana", "now")
    assert switch.is_closed(tmp_path)
