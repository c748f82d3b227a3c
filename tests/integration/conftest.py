"""The patients' app over the clinic's index, once a module, asked through HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.settings import Settings
from web import desk as desks
from web.middleware import middleware
from web.routes import routes


def client_of(settings: Settings) -> TestClient:
    return TestClient(Starlette(routes=routes(), middleware=middleware(settings)), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def settings(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(index_dir=clinic_index, data_dir=tmp_path_factory.mktemp("data"), rate_per_minute=100_000)


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    desks.open_desk(settings)
    yield client_of(settings)
    desks.close_desk()
