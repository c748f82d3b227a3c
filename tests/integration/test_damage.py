"""Damaged files of the newest version are found before patients see it, the last good one goes on, and disk use stays level."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library import Library
from bot.scope import Names
from ingest import pipeline
from ingest.embed import find_model, read_reader_id
from ingest.types import FaqError
from ingest.versions import KEPT, Versions
from tests.conftest import CLINIC, ROOT, places

PAGE = "si-joint-fusion.txt"


def write(documents: Path, number: int) -> None:
    text = (CLINIC / PAGE).read_text(encoding="utf-8")
    (documents / PAGE).write_text(text.replace("45 to 90 minutes", f"{number} to 90 minutes"), encoding="utf-8")


@pytest.fixture(scope="module")
def two_versions(clinic_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    index = Path(shutil.copytree(clinic_index, folder / "index"))
    documents = Path(shutil.copytree(CLINIC, folder / "documents"))
    write(documents, 12)
    assert pipeline.publish(places(documents, index)).version
    return index


def open_library(index: Path) -> Library:
    _, reader = read_reader_id(ROOT / "bot" / "model")
    return Library(Versions(index), Names.load(ROOT / "data" / "names.toml"), find_model().id, reader)


FILES = (
    "chroma/chroma.sqlite3",
    "chroma/*/data_level0.bin",
    "chroma/*/header.bin",
    "vectors.npy",
    "reader_tokens.npy",
    "documents/*.txt",
    "manifest.json",
)
WAYS: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "gone": lambda path: path.unlink(),
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_version_is_never_shown_and_the_message_says_what_to_run(
    pattern: str, how: str, two_versions: Path, tmp_path: Path
) -> None:
    index = Path(shutil.copytree(two_versions, tmp_path / "index"))
    first, newest = Versions(index).ids()
    found = sorted(Versions(index).path(newest).glob(pattern))
    assert found, f"no file like {pattern}: the test would damage nothing"
    WAYS[how](found[0])
    library = open_library(index)
    assert library.shelf().index.manifest.id == first
    assert isinstance(library.problem, FaqError) and "python -m ingest" in str(library.problem)
    library.close()


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"20990101T000000Z-aaaaaa\n"])
def test_a_damaged_pointer_leaves_the_newest_good_version_and_says_what_to_run(
    content: bytes, two_versions: Path, tmp_path: Path
) -> None:
    index = Path(shutil.copytree(two_versions, tmp_path / "index"))
    (index / "CURRENT").write_bytes(content)
    library = open_library(index)
    assert library.shelf().index.manifest.id == Versions(index).ids()[-1]
    assert "python -m ingest rollback" in str(library.problem)
    library.close()


def test_a_pointer_damaged_while_patients_read_changes_nothing_for_them(two_versions: Path, tmp_path: Path) -> None:
    index = Path(shutil.copytree(two_versions, tmp_path / "index"))
    library = open_library(index)
    before = library.shelf().index.manifest.id
    (index / "CURRENT").write_bytes(b"\x00")
    library.look()
    assert (library.shelf().index.manifest.id, "rollback" in str(library.problem)) == (before, True)
    library.close()


def test_going_back_leads_to_what_patients_read_before_not_to_what_was_gone_back_from(own_index: Path, tmp_path: Path) -> None:
    where = places(Path(shutil.copytree(CLINIC, tmp_path / "documents")), own_index)
    first = Versions(own_index).current()
    write(where.documents, 12)
    wrong = pipeline.publish(where).version
    assert pipeline.rollback(where) == first
    write(where.documents, 13)
    assert pipeline.publish(where).version not in (None, wrong)
    assert pipeline.rollback(where) == first


def test_disk_use_stays_level_once_old_versions_are_removed(own_index: Path, tmp_path: Path) -> None:
    where = places(Path(shutil.copytree(CLINIC, tmp_path / "documents")), own_index)
    used = []
    for number in range(10, 10 + KEPT + 3):
        write(where.documents, number)
        assert pipeline.publish(where).version
        used.append(sum(path.stat().st_size for path in own_index.rglob("*") if path.is_file() and path.name != "AUDIT.jsonl"))
    assert len(Versions(own_index).ids()) == KEPT
    assert abs(used[-1] - used[-3]) < 0.02 * used[-3], used
