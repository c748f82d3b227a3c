"""Counts, health and readiness on a port of their own, and nothing about a person."""

from __future__ import annotations

from pathlib import Path

import httpx
from prometheus_client import REGISTRY

from bot.faq import Faq
from bot.settings import Settings
from bot.types import Question
from tests.browser.conftest import free_port
from web.desk import Desk
from web.metrics import State, served

COUNTED: tuple[tuple[str, dict[str, str]], ...] = (
    ("faq_questions_total", {"status": "answered"}),
    ("faq_questions_total", {"status": "emergency"}),
    ("faq_seconds_count", {}),
)


def counted(name: str, **labels: str) -> float:
    """What the process has counted so far."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_questions_are_counted_by_status_without_their_words(clinic_index: Path, tmp_path: Path) -> None:
    settings = Settings(index_dir=clinic_index, data_dir=tmp_path)
    faq = Faq.open(settings)
    desk = Desk(faq, settings)
    before = [counted(name, **labels) for name, labels in COUNTED]
    for question in ("How long does it take?", "Do you take Aetna?", "I have chest pain"):
        desk.ask(Question(question), session="s", address="10.1.2.3")
    with served(lambda: State(faq.version, False), "127.0.0.1", free_port()) as port:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        health = httpx.get(f"http://127.0.0.1:{port}/readyz")
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
    assert [counted(name, **labels) - was for (name, labels), was in zip(COUNTED, before, strict=True)] == [1, 1, 3]
    assert all(name in text for name, _ in COUNTED)
    assert "faq_waiting 0.0" in text
    assert f'faq_published_info{{version="{faq.version}"}} 1.0' in text
    assert not any(word in text for word in ("Aetna", "10.1.2.3", "session", "chest"))
    assert health.status_code == 200
    faq.close()


def test_alive_but_not_ready_while_nothing_is_published() -> None:
    with served(lambda: State(None, False), "127.0.0.1", free_port()) as port:
        at = f"http://127.0.0.1:{port}"
        assert [httpx.get(f"{at}/{path}").status_code for path in ("healthz", "readyz")] == [200, 503]
        assert "faq_ready 0.0" in httpx.get(f"{at}/metrics").text


def test_it_is_off_by_default_and_a_taken_port_stops_nobody() -> None:
    assert Settings.model_fields["metrics_port"].default == 0
    with served(lambda: State(None, False), "127.0.0.1", 0) as port:
        assert port == 0
    with (
        served(lambda: State(None, False), "127.0.0.1", free_port()) as taken,
        served(lambda: State(None, False), "127.0.0.1", taken) as port,
    ):
        assert port == 0
