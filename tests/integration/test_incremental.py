"""A publish writes to a copy of the last version's Chroma folder only what differs, and the result is what a whole one is."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.index import WRITTEN, Index
from ingest.versions import Versions
from tests.conftest import CORPUS, places

PAGES = 3


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "procedures"
    folder.mkdir()
    for path in sorted(CORPUS.iterdir())[:PAGES]:
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def index(documents: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    assert pipeline.publish(places(documents, folder)).version
    return folder


def change(documents: Path, words: str, number: int = 0) -> None:
    path = sorted(documents.iterdir())[number]
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\n## Written later\n\n{words}\n", encoding="utf-8")


def live(index: Path) -> Path:
    versions = Versions(index)
    return versions.path(versions.current() or "")


def publish(documents: Path, index: Path) -> tuple[Index, int]:
    """The new version, and how many rows were written to its Chroma folder so far."""
    assert pipeline.publish(places(documents, index)).version
    versions = Versions(index)
    version = versions.current() or ""
    return Index(versions.path(version), versions.manifest(version)), int((live(index) / WRITTEN).read_text())


def check_all_found(opened: Index) -> None:
    """Every passage is found by its own vector and nothing else is there."""
    assert sorted(opened.stored_ids()) == sorted(opened.numbers)
    found = {number: opened.nearest(opened.vectors[number], 1)[0] for number in range(len(opened.passages))}
    assert all(best == number and similarity > 0.999 for number, (best, similarity) in found.items())


def test_only_rows_that_differ_are_written(documents: Path, index: Path) -> None:
    whole = int((live(index) / WRITTEN).read_text())
    change(documents, "This synthetic sentence says that the blue card is shown at the desk.")
    opened, written = publish(documents, index)
    assert whole == len(opened.passages) - 1 and written == whole + 1
    check_all_found(opened)


def test_rows_of_a_page_that_is_gone_are_gone(documents: Path, index: Path) -> None:
    whole = int((live(index) / WRITTEN).read_text())
    min(documents.iterdir()).unlink()
    outcome = pipeline.publish(
        places(documents, index), wishes=pipeline.Wishes(override=pipeline.Override("test", "fewer pages"))
    )
    assert outcome.version and int((live(index) / WRITTEN).read_text()) == whole
    check_all_found(Index(live(index), Versions(index).manifest(outcome.version)))


def test_a_title_that_changes_rewrites_every_row_of_its_page(documents: Path, index: Path) -> None:
    path = min(documents.iterdir())
    text = path.read_text(encoding="utf-8")
    title = text.splitlines()[0]
    whole = int((live(index) / WRITTEN).read_text())
    path.write_text(text.replace(title, f"{title} Anew", 1), encoding="utf-8")
    opened, written = publish(documents, index)
    (renamed,) = (one.slug for one in opened.documents.values() if one.title.endswith("Anew"))
    assert written - whole == len(opened.of_document[renamed])
    check_all_found(opened)


def test_a_folder_written_to_twice_over_is_made_anew(documents: Path, index: Path) -> None:
    written = [int((live(index) / WRITTEN).read_text())]
    for time in range(4):
        for number in range(PAGES):
            path = sorted(documents.iterdir())[number]
            words = path.read_text(encoding="utf-8").replace(f" {time}", "").replace(".", f" {time + 1}.")
            path.write_text(words, encoding="utf-8")
        opened, rows = publish(documents, index)
        assert rows <= 2 * len(opened.passages)
        written.append(rows)
    check_all_found(opened)
    assert any(after < before for before, after in pairwise(written)), written


@pytest.mark.parametrize("name", ["chroma.sqlite3", "WRITTEN", "more"])
def test_nothing_is_taken_over_from_a_folder_that_was_altered(documents: Path, index: Path, name: str) -> None:
    with (live(index) / "chroma" / name).open("ab") as handle:
        handle.write(b"1")
    change(documents, "This synthetic sentence says that the blue card is shown at the desk.")
    opened, written = publish(documents, index)
    assert written == len(opened.passages) and not (live(index) / "chroma" / "more").exists()
    check_all_found(opened)
