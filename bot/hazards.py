"""docs/hazards.md and the results of a test run become hazards with the tests of their controls, and how each ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from ingest.types import ConfigurationError

_ROW = re.compile(r"^\| (H\d+) \|(.*)\|$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
_COLUMNS = 6  # hazard, cause, harm, controls, tests, remains


class Ended(StrEnum):
    """How a test ended; the worst of its cases."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_RUN = "not run"
    MISSING = "there is no such test"


@dataclass(frozen=True, slots=True)
class ControlTest:
    """A test that shows a control; an empty name stands for all tests of the file."""

    file: str
    name: str
    ended: Ended


@dataclass(frozen=True, slots=True)
class Hazard:
    """One line of the hazard log."""

    number: str
    name: str
    cause: str
    harm: str
    controls: str
    remains: str
    tests: tuple[ControlTest, ...]


Results = Mapping[tuple[str, str], Sequence[Ended]]  # (file, name) -> how its cases ended


def read_hazards(log: Path, root: Path, results: Results | None = None) -> tuple[Hazard, ...]:
    """The hazards of the log with their tests, which are looked for below `root`. Raises ConfigurationError."""
    found = []
    for row in _ROW.finditer(log.read_text(encoding="utf-8")):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row[2])]
        if len(cells) != _COLUMNS:
            raise ConfigurationError(f"{log}: {row[1]} has {len(cells) + 1} cells and not {_COLUMNS + 1}. Mend its line.")
        name, cause, harm, controls, tests, remains = cells
        shown = tuple(ControlTest(file, test, _ended(root, file, test, results)) for file, test in named(tests))
        found.append(Hazard(row[1], name.strip("*"), cause, harm, controls, remains, shown))
    if not found:
        raise ConfigurationError(f"{log} names no hazard.")
    return tuple(found)


def named(cell: str) -> tuple[tuple[str, str], ...]:
    """ "`tests/a.py`: `test_b`, `test_c`; `tests/d.py`" -> (tests/a.py, test_b), (tests/a.py, test_c), (tests/d.py, "")."""
    found: list[tuple[str, str]] = []
    for word in _CODE.findall(cell):
        if word.endswith(".py"):
            found.append((word, ""))
        elif word.startswith("test_") and found:
            file = found[-1][0]
            found = [one for one in found if one != (file, "")] + [(file, word)]
    return tuple(found)


def read_results(junit: Path) -> dict[tuple[str, str], list[Ended]]:
    """How every test of a run ended, from what `pytest --junit-xml` wrote. Raises ConfigurationError."""
    results: dict[tuple[str, str], list[Ended]] = {}
    try:
        cases = ElementTree.parse(junit).iter("testcase")  # noqa: S314 - our own test run wrote it
        for case in cases:
            file = case.get("classname", "").replace(".", "/") + ".py"
            results.setdefault((file, case.get("name", "").partition("[")[0]), []).append(_of(case))
    except (OSError, ElementTree.ParseError) as error:
        raise ConfigurationError(f"{junit} cannot be read ({error}). Write it with `pytest --junit-xml={junit}`.") from error
    return results


def _of(case: ElementTree.Element) -> Ended:
    tags = {child.tag for child in case}
    return Ended.FAILED if tags & {"failure", "error"} else Ended.SKIPPED if "skipped" in tags else Ended.PASSED


def _ended(root: Path, file: str, name: str, results: Results | None) -> Ended:
    source = root / file
    if not source.is_file() or (name and f"def {name}(" not in source.read_text(encoding="utf-8")):
        return Ended.MISSING
    cases = [one for (where, test), ends in (results or {}).items() if where == file and name in {"", test} for one in ends]
    return next((one for one in (Ended.FAILED, Ended.PASSED, Ended.SKIPPED) if one in cases), Ended.NOT_RUN)
