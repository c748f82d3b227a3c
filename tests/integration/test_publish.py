"""Publishing, going back and surviving, through the real command line and the real models."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest import index as index_module
from ingest import pipeline
from ingest.index import Index
from ingest.types import IndexDamaged, PublishBusy
from ingest.versions import Versions
from tests.conftest import CLINIC, ROOT, places

PAGE = "si-joint-fusion.txt"


def ingest(*arguments: str, documents: Path, index: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest", *arguments, "--documents", str(documents), "--index", str(index)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CLINIC, tmp_path / "procedures"))


def change(documents: Path, old: str = "45 to 90 minutes", new: str = "50 to 95 minutes") -> None:
    path = documents / PAGE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def current(index: Path) -> Index:
    versions = Versions(index)
    version = versions.current()
    assert version is not None
    return Index(versions.path(version), versions.manifest(version))


def test_an_unchanged_folder_is_nothing_to_publish_and_loads_no_model(own_index: Path, documents: Path) -> None:
    code = (
        "import sys; from ingest.__main__ import main; "
        f"code = main(['publish', '--documents', {str(documents)!r}, '--index', {str(own_index)!r}]); "
        "sys.exit(code or ('torch' in sys.modules or 'onnxruntime' in sys.modules) * 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, "Nothing to publish" in done.stdout) == (0, True), done.stderr


def test_only_changed_passages_are_encoded_again(own_index: Path, documents: Path) -> None:
    change(documents)
    outcome = pipeline.publish(places(documents, own_index))
    assert outcome.version is not None
    assert [(c.document, c.action) for c in outcome.changes] == [("si-joint-fusion", "changed")]
    assert outcome.encoded == 2  # the changed passage, by the embedding model and by the reader


def test_a_removed_document_is_never_cited_again(own_index: Path, documents: Path) -> None:
    other = documents / "other-page.md"
    other.write_text("# Other Page\n\n## Duration\n\nThis synthetic page says that it takes 3 minutes.\n", encoding="utf-8")
    assert pipeline.publish(places(documents, own_index)).version
    assert set(current(own_index).documents) == {"si-joint-fusion", "other-page"}
    other.unlink()
    assert pipeline.publish(places(documents, own_index)).version
    assert {passage.document for passage in current(own_index).passages} == {"si-joint-fusion"}


def test_a_bad_document_refuses_the_publish_and_patients_keep_the_last_version(own_index: Path, documents: Path) -> None:
    before = Versions(own_index).current()
    (documents / "empty.txt").write_bytes(b"")
    (documents / "picture.txt").write_bytes(b"\x00\x01\x02")
    done = ingest("publish", "--json", documents=documents, index=own_index)
    outcome = json.loads(done.stdout)
    assert done.returncode == 1
    assert {problem["file"] for problem in outcome["problems"] if problem["level"] == "error"} == {"empty.txt", "picture.txt"}
    assert Versions(own_index).current() == before


def test_rollback_returns_to_the_version_before(own_index: Path, documents: Path) -> None:
    first = Versions(own_index).current()
    change(documents)
    second = pipeline.publish(places(documents, own_index)).version
    assert Versions(own_index).current() == second
    done = ingest("rollback", documents=documents, index=own_index)
    assert done.returncode == 0, done.stderr
    assert Versions(own_index).current() == first


def test_a_second_publisher_exits_with_75(own_index: Path, documents: Path) -> None:
    with Versions(own_index).lock():
        done = ingest("publish", documents=documents, index=own_index)
    assert (done.returncode, "Another publish is running" in done.stderr) == (75, True)
    with Versions(own_index).lock(), pytest.raises(PublishBusy):
        pipeline.publish(places(documents, own_index))


@pytest.mark.parametrize("name", ["vectors.npy", "outline.json", "chroma/chroma.sqlite3", "reader_tokens.npy"])
@pytest.mark.parametrize("how", ["cut", "gone", "changed"])
def test_damage_is_found_before_any_answer(own_index: Path, name: str, how: str) -> None:
    versions = Versions(own_index)
    version = versions.current()
    assert version is not None
    path = versions.path(version) / name
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if how == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(IndexDamaged, match="rollback"):
        current(own_index)


def test_a_publish_that_does_not_validate_changes_nothing(
    own_index: Path, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Versions(own_index).current()
    change(documents)

    def mix_up_first(folder: Path) -> dict[str, str]:
        vectors = np.load(folder / "vectors.npy")
        np.save(folder / "vectors.npy", vectors[::-1])
        return real(folder)

    real = index_module.file_hashes
    monkeypatch.setattr(index_module, "file_hashes", mix_up_first)
    with pytest.raises(IndexDamaged, match="patients keep the old one"):
        pipeline.publish(places(documents, own_index))
    assert Versions(own_index).current() == before
    assert not list(own_index.glob("staging-*"))


def test_the_published_folder_is_not_written_by_its_readers(own_index: Path) -> None:
    index = current(own_index)
    index.nearest(index.vectors[0], 3)
    index.close()
    current(own_index).close()  # every file still has the hash of its manifest


def test_chroma_and_exact_search_agree(own_index: Path) -> None:
    index = current(own_index)
    for number in range(len(index.passages)):
        exact = (index.vectors @ index.vectors[number]).argsort()[::-1][:3]
        found = [n for n, _ in index.nearest(index.vectors[number], 3)]
        assert set(found) == {int(n) for n in exact}


def test_the_collection_refuses_to_embed_text_by_itself(own_index: Path) -> None:
    with pytest.raises(RuntimeError, match="by itself"):
        current(own_index)._store._collection.query(query_texts=["anything"])
