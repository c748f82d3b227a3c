"""The pointer, the lock and the versions on disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.types import IndexDamaged, IndexMissing, Manifest, ModelId, PublishBusy
from ingest.versions import KEPT, Versions

MODEL = ModelId("m", "0" * 64, 384)


def manifest(version: str) -> Manifest:
    return Manifest(version, None, "2026-01-01T00:00:00+00:00", "abc", {}, {}, 1, 1, "1", MODEL, MODEL)


def add(versions: Versions, version: str) -> str:
    with versions.lock():
        staged = versions.stage()
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


def test_going_back_leads_to_older_versions_newest_first(versions: Versions) -> None:
    known = [add(versions, version) for version in ids(3)]
    assert versions.good_before(known[2]) == [known[1], known[0]]
    assert versions.good_before(None) == list(reversed(known))
