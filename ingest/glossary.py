"""data/glossary.toml becomes the words of a text that the clinic explains, each at its first place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ingest.types import ConfigurationError

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=80)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    term: _Words
    also: tuple[_Words, ...] = ()
    definition: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=600)]
    document: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    term: tuple[_Row, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class Term:
    """What the clinic says some words mean; `document` is a slug, empty for every document."""

    words: tuple[str, ...]  # the term and its other forms
    definition: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """A place in a text where words stand that a term explains."""

    start: int
    end: int
    term: Term


@dataclass(frozen=True, slots=True)
class Glossary:
    """The clinic's own explanations. Nothing is ever explained that is not in it."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Glossary:
        """No file is an empty glossary. Raises ConfigurationError that names the entry."""
        try:
            file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls()
        except ValidationError as error:
            place = ".".join(str(part + 1 if isinstance(part, int) else part) for part in error.errors()[0]["loc"])
            raise ConfigurationError(f"{path}: {place}: {error.errors()[0]['msg']}.") from error
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path} cannot be used: {error}.") from error
        return cls(tuple(Term((row.term, *row.also), row.definition, row.document) for row in file.term))

    def explained(self, document: str, text: str, start: int, end: int, known: Iterable[Term] = ()) -> tuple[Explained, ...]:
        """Where words of `text[start:end]` are explained, in order, none overlapping, each term once and none of `known`."""
        seen, found = set(known), list[Explained]()
        for place in self._places(document, text, start, end):
            if place.term not in seen and (not found or place.start >= found[-1].end):
                seen.add(place.term)
                found.append(place)
        return tuple(found)

    def _places(self, document: str, text: str, start: int, end: int) -> list[Explained]:
        """Every place, from left to right, of two at the same place the longer one first."""
        return sorted(self._matches(document, text, start, end), key=lambda place: (place.start, -place.end))

    def _matches(self, document: str, text: str, start: int, end: int) -> Iterator[Explained]:
        for term in self.terms:
            if term.document in {"", document}:
                for words in term.words:
                    pattern = r"\s+".join(map(re.escape, words.split()))
                    for match in re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE).finditer(text, start, end):
                        yield Explained(match.start(), match.end(), term)
