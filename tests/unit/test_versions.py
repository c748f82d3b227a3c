"""The pointer, the lock and the versions on disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.stored import read_text
from ingest.types import IndexDamaged, IndexMissing, Manifest, ModelId, PublishBusy, sha256_of
from ingest.versions import KEPT, Versions

MODEL = ModelId("m", "0" * 64, 384)


TEXT = "Page\nAftercare:\nRest for one day.\n"
FILES = {
    "documents/page.txt": TEXT,
    "outline.json": json.dumps(
        {"documents": [{"slug": "page", "title": "Page", "source": "page.txt"}], "sections": [], "passages": []}
    ),
}


def manifest(version: str) -> Manifest:
    files = {path: sha256_of(text) for path, text in FILES.items()}
    return Manifest(version, None, "2026-01-01T00:00:00+00:00", "abc", {}, {}, 1, 1, "1", MODEL, MODEL, files)


def add(versions: Versions, version: str) -> str:
    with versions.lock():
        staged = versions.stage()
        (staged / "documents").mkdir()
        for path, text in {**FILES, "vectors.npy": "vectors"}.items():
            (staged / path).write_text(text, encoding="utf-8")
        (staged / "manifest.json").write_text(json.dumps(manifest(version).to_json()))
        versions.complete(staged, version)
    return version


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path / "index")


def ids(count: int) -> list[str]:
    return [f"2026010{n}T000000Z-abcdef" for n in range(1, count + 1)]


def test_before_the_first_publish_there_is_no_current_version(versions: Versions) -> None:
    assert (versions.current(), versions.ids()) == (None, [])


def test_a_switch_is_seen_at_once(versions: Versions) -> None:
    first = add(versions, ids(1)[0])
    versions.switch(first)
    assert versions.current() == first
    assert versions.manifest(first) == manifest(first)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"20260101T000000Z-aaaaaa", b"\xff\xfe\x00"])
def test_a_damaged_pointer_is_said_not_followed(versions: Versions, content: bytes) -> None:
    add(versions, ids(1)[0])
    (versions.folder / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match="rollback"):
        versions.current()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"id": 1}'])
def test_a_damaged_manifest_is_said(versions: Versions, content: bytes) -> None:
    version = add(versions, ids(1)[0])
    (versions.path(version) / "manifest.json").write_bytes(content)
    with pytest.raises(IndexDamaged):
        versions.manifest(version)


@pytest.mark.parametrize("version", ["../..", "20260101T000000Z-ffffff"])
def test_only_a_known_version_can_be_switched_to(versions: Versions, version: str) -> None:
    with pytest.raises(IndexMissing):
        versions.switch(version)


def test_a_second_publisher_is_told_that_one_is_running(versions: Versions) -> None:
    with versions.lock(), pytest.raises(PublishBusy), Versions(versions.folder).lock():
        pytest.fail("two publishers at once")


def test_the_next_holder_of_the_lock_sweeps_what_a_dead_one_left(versions: Versions) -> None:
    with versions.lock():
        left = versions.stage()
    with versions.lock():
        assert not left.exists()


def test_ids_rise_even_when_the_clock_was_set_back(versions: Versions) -> None:
    newest = add(versions, "20270101T000000Z-abcdef")
    assert versions.new_id("123456", datetime(2020, 1, 1, tzinfo=UTC)) > newest
    assert Versions(versions.folder / "other").new_id("123456", datetime(2020, 1, 1, tzinfo=UTC)) == "20200101T000000Z-123456"


def test_pruning_keeps_five_and_the_one_in_use(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 2)]
    versions.switch(known[0])
    assert versions.prune() == [known[1]]
    assert versions.ids() == [known[0], *known[2:]]


def test_pruning_keeps_the_words_of_a_version_and_nothing_to_search_it_with(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    before = (versions.path(known[0]) / "documents" / "page.txt").read_bytes()
    versions.switch(known[-1])
    assert versions.prune() == [known[0]]
    kept = versions.text_path(known[0])
    assert sorted(path.name for path in kept.iterdir()) == ["ARCHIVED", "documents", "manifest.json", "outline.json"]
    assert (kept / "documents" / "page.txt").read_bytes() == before
    assert read_text(kept).documents["page"].text == TEXT


def test_the_words_of_an_old_version_go_when_no_answer_rests_on_them_any_more(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    versions.switch(known[-1])
    archived = datetime(2026, 1, 10, tzinfo=UTC)
    versions.prune(timedelta(days=365), archived)
    versions.prune(timedelta(days=365), archived + timedelta(days=365))
    assert versions.text_path(known[0])
    versions.prune(timedelta(days=365), archived + timedelta(days=366))
    with pytest.raises(IndexMissing, match="no longer kept"):
        versions.text_path(known[0])
    assert versions.ids() == known[1:]


def test_a_machine_that_stopped_while_archiving_loses_no_words(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    versions.switch(known[-1])
    half = versions.folder / f"staging-archive-{known[0]}"
    half.mkdir()
    with versions.lock():
        assert versions.prune() == [known[0]]
    assert read_text(versions.text_path(known[0])).documents["page"].text == TEXT


def test_altered_words_of_an_old_version_are_never_shown(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    versions.switch(known[-1])
    versions.prune()
    (versions.text_path(known[0]) / "documents" / "page.txt").write_text(TEXT.replace("one", "two"))
    with pytest.raises(IndexDamaged, match="altered"):
        read_text(versions.text_path(known[0]))


@pytest.mark.parametrize("version", ["../..", "..", "20260101T000000Z-ffffff", ""])
def test_only_a_known_versions_words_are_looked_for(versions: Versions, version: str) -> None:
    with pytest.raises(IndexMissing):
        versions.text_path(version)


def test_going_back_leads_to_older_versions_newest_first(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(3)]
    assert versions.good_before(known[2]) == [known[1], known[0]]
    assert versions.good_before(None) == list(reversed(known))


def test_a_version_whose_words_cannot_be_archived_stays_whole(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    versions.switch(known[-1])
    (versions.folder / "archive").write_text("in the way")
    with pytest.raises(OSError, match="archive"):
        versions.prune()
    assert known[0] in versions.ids()


def test_words_that_are_archived_already_are_left_as_they_are(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    versions.switch(known[-1])
    there = versions.folder / "archive" / known[0]
    there.mkdir(parents=True)
    assert versions.prune() == [known[0]]
    assert list(there.iterdir()) == []


def test_an_archive_that_does_not_say_since_when_is_kept(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(KEPT + 1)]
    (versions.path(known[0]) / "outline.json").unlink()
    versions.switch(known[-1])
    versions.prune()
    there = versions.folder / "archive" / known[0]
    (there / "ARCHIVED").unlink()
    versions.prune(timedelta(days=1))
    assert there.is_dir()
