"""What all tests share: the clinic's page, and an index published once from it and from the synthetic clinic."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.embed import stay_offline
from web.login import Login
from web.users import Users

ROOT = Path(__file__).parents[1]
CLINIC = ROOT / "data" / "procedures"
CORPUS = ROOT / "tests" / "corpus"
CORPUS_2 = ROOT / "tests" / "corpus_2"  # by another writer
CORPUS_3 = ROOT / "tests" / "corpus_3"  # by a fourth
stay_offline(os.environ)
os.environ["FAQ_MODELS_DIR"] = str(ROOT / "data" / "models")  # made once, not once for every data folder


def places(documents: Path, index: Path) -> pipeline.Places:
    return pipeline.Places(documents, index, ROOT / "bot" / "model", clinic=ROOT / "data" / "clinic.toml")


@pytest.fixture(scope="session")
def clinic_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clinic's page, published with the real models."""
    index = tmp_path_factory.mktemp("clinic") / "index"
    assert pipeline.publish(places(CLINIC, index)).version
    return index


@pytest.fixture(scope="session")
def synthetic_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic clinic of look-alike pages, published with the real models."""
    index = tmp_path_factory.mktemp("synthetic") / "index"
    assert pipeline.publish(places(CORPUS, index)).version
    return index


@pytest.fixture(scope="session")
def second_synthetic_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("second") / "index"
    assert pipeline.publish(places(CORPUS_2, index)).version
    return index


@pytest.fixture(scope="session")
def third_synthetic_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("third") / "index"
    assert pipeline.publish(places(CORPUS_3, index)).version
    return index


@pytest.fixture
def own_index(clinic_index: Path, tmp_path: Path) -> Path:
    """A copy of the clinic's index that a test may change."""
    return Path(shutil.copytree(clinic_index, tmp_path / "index"))


@dataclass
class Clock:
    """A clock that a test moves. Seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def login(users: Users, clock: Clock) -> Login:
    """Sign-in of the module's own `users`."""
    return Login(users, clock)
