"""A clinician's YAML file becomes checked rows with line numbers; every mistake becomes one readable error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.types import FaqError


class SafetyDataError(FaqError):
    """A file of data/safety is missing, malformed or fails its own examples; the message names file and line."""


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class RuleRow(Row):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    band: str = "advice"
    unless: tuple[str, ...] | None = None
    patterns: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    within: int | str = 8  # words, or "message"
    must_match: tuple[str, ...] = Field(min_length=1)
    must_not_match: tuple[str, ...] = Field(min_length=1)


class RulesFile(Row):
    reviewed: str
    lists: dict[str, tuple[str, ...]] = {}
    rules: tuple[RuleRow, ...]


class ContextRow(Row):
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()
    carry: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    reach: int = 6  # words
    after_reach: int = 3  # words


class ContextFile(Row):
    reviewed: str
    lists: dict[str, tuple[str, ...]] = {}
    negated: ContextRow
    past: ContextRow
    hypothetical: ContextRow
    question: ContextRow
    present: tuple[str, ...]
    idioms: tuple[str, ...]
    typos: dict[str, str]
    spanish: tuple[str, ...]


def read_yaml(path: Path) -> tuple[Any, dict[str, int]]:
    """The content, and for every dotted path ("rules.3.patterns.1") its line. Raises SafetyDataError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SafetyDataError(f"{path} cannot be read ({error.strerror}). Restore it from version control.") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise SafetyDataError(f"{where}: not valid YAML: {getattr(error, 'problem', error)}.") from error
    lines: dict[str, int] = {}
    _collect(node, "", lines)
    return content, lines


def _collect(node: Any, place: str, lines: dict[str, int]) -> None:
    if node is None:
        return
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _collect(value, f"{place}.{key.value}".lstrip("."), lines)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            _collect(value, f"{place}.{at}".lstrip("."), lines)


def line_of(lines: dict[str, int], place: str) -> int:
    """The line of `place`, or of the nearest thing around it."""
    while place and place not in lines:
        place = place.rpartition(".")[0]
    return lines.get(place, 1)


T = TypeVar("T", bound=BaseModel)


def checked(path: Path, model: type[T]) -> tuple[T, dict[str, int]]:
    """The file as `model`, with its lines. Raises SafetyDataError that names the line of the first mistake."""
    content, lines = read_yaml(path)
    try:
        return model.model_validate(content), lines
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"{path}:{line_of(lines, place)}: “{place}”: {first['msg']}."
        raise SafetyDataError(message) from error
