"""The hazard log and a test run become hazards with the tests of their controls."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.hazards import Ended, named, read_hazards, read_results
from ingest.types import ConfigurationError
from tests.conftest import ROOT

LOG = ROOT / "docs" / "hazards.md"
JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_one[x]"/>
<testcase classname="tests.unit.test_a" name="test_one[y]"><failure message="no"/></testcase>
<testcase classname="tests.unit.test_a" name="test_two"/>
<testcase classname="tests.unit.test_a" name="test_three"><skipped/></testcase>
<testcase classname="tests.unit.test_b" name="test_one"/>
</testsuite></testsuites>"""
HEAD = "| # | hazard | cause | harm | controls | tests | remains |\n| --- | --- | --- | --- | --- | --- | --- |\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    for name in "ab":
        source = "".join(f"def test_{one}() -> None: ...\n" for one in ("one", "two", "three", "four"))
        (tmp_path / "tests" / "unit" / f"test_{name}.py").write_text(source)
    (tmp_path / "junit.xml").write_text(JUNIT)
    return tmp_path


def ended(root: Path, tests: str) -> list[str]:
    log = root / "hazards.md"
    log.write_text(f"{HEAD}| H1 | **Harm** | a cause | harm | a \\| b | {tests} | rest |\n")
    (hazard,) = read_hazards(log, root, read_results(root / "junit.xml"))
    assert (hazard.number, hazard.name, hazard.controls, hazard.remains) == ("H1", "Harm", "a \\| b", "rest")
    return [test.ended for test in hazard.tests]


def test_every_hazard_of_the_log_names_only_tests_that_exist() -> None:
    hazards = read_hazards(LOG, ROOT)
    assert [one.number for one in hazards] == [f"H{number}" for number in range(1, len(hazards) + 1)]
    missing = [(one.number, test.file, test.name) for one in hazards for test in one.tests if test.ended is Ended.MISSING]
    assert missing == []
    assert [one.number for one in hazards if not one.tests] == []


def test_a_test_ended_as_the_worst_of_its_cases(root: Path) -> None:
    tests = "`tests/unit/test_a.py`: `test_one`, `test_two`, `test_three`, `test_four`, `test_nine`; `tests/unit/test_b.py`: `test_one`"
    assert ended(root, tests) == ["failed", "passed", "skipped", "not run", "there is no such test", "passed"]


def test_a_file_without_names_stands_for_all_its_tests(root: Path) -> None:
    assert named("`tests/unit/test_b.py`") == (("tests/unit/test_b.py", ""),)
    assert ended(root, "`tests/unit/test_b.py`, `tests/unit/test_a.py`, `tests/unit/test_c.py`") == [
        "passed",
        "failed",
        "there is no such test",
    ]


def test_without_a_test_run_nothing_is_said_to_have_passed() -> None:
    assert {test.ended for one in read_hazards(LOG, ROOT) for test in one.tests} == {Ended.NOT_RUN}


def test_a_line_with_a_missing_cell_is_refused_by_its_number(root: Path) -> None:
    (root / "hazards.md").write_text(f"{HEAD}| H7 | **Harm** | a cause | `tests/unit/test_a.py` |\n")
    with pytest.raises(ConfigurationError, match="H7 has 4 cells"):
        read_hazards(root / "hazards.md", root)


def test_a_result_file_that_is_none_is_refused(root: Path) -> None:
    (root / "junit.xml").write_text("not xml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_results(root / "junit.xml")


def test_a_name_belongs_to_the_file_before_it() -> None:
    assert named("`a.py`: `test_b`; `c.py`: `test_d`") == (("a.py", "test_b"), ("c.py", "test_d"))
