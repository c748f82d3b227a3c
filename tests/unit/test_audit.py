"""The audit list tells what was done, and tells when it was tampered with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest import audit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        audit.record(tmp_path, "Ana", "publish", f"reason {number}", version=f"v{number}")
    return tmp_path


def lines(folder: Path) -> list[str]:
    return (folder / "AUDIT.jsonl").read_text().splitlines()


def write(folder: Path, rows: list[str]) -> None:
    (folder / "AUDIT.jsonl").write_text("".join(f"{row}\n" for row in rows))


def test_every_line_says_who_when_what_and_why(folder: Path) -> None:
    row = audit.rows(folder)[2]
    assert (row["number"], row["who"], row["what"], row["why"], row["details"]) == (
        3,
        "Ana",
        "publish",
        "reason 2",
        {"version": "v2"},
    )
    assert row["when"].endswith("+00:00")
    assert audit.verify(folder) == audit.Verdict(4, ())


def test_before_anything_was_done_the_list_is_empty_and_whole(tmp_path: Path) -> None:
    assert (audit.verify(tmp_path), audit.rows(tmp_path)) == (audit.Verdict(0, ()), [])


def test_an_altered_line_is_told(folder: Path) -> None:
    write(folder, [line.replace("reason 1", "reason X") for line in lines(folder)])
    assert audit.verify(folder).problems == ("Line 2 was altered.",)


def test_a_line_taken_out_is_told(folder: Path) -> None:
    write(folder, [line for number, line in enumerate(lines(folder)) if number != 1])
    assert audit.verify(folder).problems == ("Before line 2 a line was altered, added or taken out.",)


def test_a_line_altered_and_sealed_again_breaks_the_chain(folder: Path) -> None:
    row = json.loads(lines(folder)[1])
    row["why"] = "another"
    row["hash"] = audit._seal(row)
    write(folder, [lines(folder)[0], json.dumps(row), *lines(folder)[2:]])
    assert audit.verify(folder).problems


def test_a_line_that_a_crash_tore_does_not_stop_the_next(folder: Path) -> None:
    with (folder / "AUDIT.jsonl").open("a") as handle:
        handle.write('{"number": 5, "wh')
    audit.record(folder, "Ana", "rollback")
    assert audit.verify(folder) == audit.Verdict(6, ())
    assert [row["number"] for row in audit.rows(folder)] == [1, 2, 3, 4, 5]


def test_rubbish_that_no_crash_explains_is_told(folder: Path) -> None:
    write(folder, [*lines(folder)[:2], "rubbish", *lines(folder)[2:]])
    assert audit.verify(folder).problems == ("Line 3 cannot be read.",)
    write(folder, [*lines(folder)[:2], "rubbish"])
    assert "Line 3 cannot be read." in audit.verify(folder).problems
