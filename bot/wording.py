"""data/safety/messages.yaml and data/clinic.toml become every fixed word a patient reads, typed and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.language import Language
from bot.safety_data import SafetyDataError, checked

NEEDED_CARDS = ("crisis", "emergency", "urgent", "symptom", "symptom_again", "advice", "handover")
NEEDED_SPANISH = ("crisis", "emergency", "urgent", "handover")
NEEDED_TEXTS = (
    "clarify",
    "unavailable",
    "closed",
    "no.withdrawn",
    "page_withdrawn",
    "privacy_notice",
    "call.en",
    "call.en_unknown",
    "call.es",
    "call.es_unknown",
)
_HREF = re.compile(r"(tel|sms):[+0-9]+|https://\S+|\{phone_href\}")
_PHONE = re.compile(r"[+()0-9 .-]{7,20}")


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionRow(_Row):
    label: str = Field(min_length=1)
    href: str = Field(pattern=_HREF.pattern)


class CardRow(_Row):
    reviewed: str = "UNREVIEWED"
    title: str = Field(min_length=1)
    lines: tuple[str, ...] = Field(min_length=1)
    actions: tuple[ActionRow, ...] = ()


class CardLanguages(_Row):
    reviewed: str
    en: CardRow
    es: CardRow | None = None


class MessagesFile(_Row):
    reviewed: str
    cards: dict[str, CardLanguages]
    texts: dict[str, Annotated[str, Field(min_length=1)]]


class Clinic(_Row):
    """Facts about the clinic; an empty one is unknown and is never made up."""

    name: str = Field(min_length=1)
    phone: str = ""
    hours: str = ""
    site: str = ""
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class Action:
    """A button: tap to call."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    lines: tuple[str, ...]
    actions: tuple[Action, ...]
    language: str = "en"
    reviewed: str = "UNREVIEWED"

    @property
    def text(self) -> str:
        """Its words as plain text; what the journal keeps of a reply that was this card."""
        return "\n".join((self.title, *self.lines))


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the clinic: the words say to call, `href` and `hours` are empty until the clinic has set them."""

    call: str
    href: str
    hours: str


@dataclass(frozen=True, slots=True)
class Wording:
    clinic: Clinic
    cards: Mapping[str, CardLanguages]
    texts: Mapping[str, str]

    @classmethod
    def load(cls, messages: Path, clinic: Path) -> Wording:
        """Raises SafetyDataError that names file and line (or key)."""
        file, _ = checked(messages, MessagesFile)
        missing = [f"cards.{key}" for key in NEEDED_CARDS if key not in file.cards]
        missing += [f"cards.{key}.es" for key in NEEDED_SPANISH if key in file.cards and file.cards[key].es is None]
        missing += [f"texts.{key}" for key in NEEDED_TEXTS if key not in file.texts]
        if missing:
            raise SafetyDataError(f"{messages}: missing {', '.join(missing)}. Restore them from version control.")
        return cls(_clinic(clinic), MappingProxyType(file.cards), MappingProxyType(file.texts))

    def card(self, name: str, language: Language = "en") -> Card:
        """The card in that language, or in English when it has none. Raises KeyError for a name that does not exist."""
        languages = self.cards[name]
        row, used = (languages.es, "es") if language == "es" and languages.es else (languages.en, "en")
        actions = [Action(self._fill(a.label, used), self._fill(a.href, used)) for a in row.actions]
        return Card(
            title=self._fill(row.title, used),
            lines=tuple(self._fill(line, used) for line in row.lines),
            actions=tuple(action for action in actions if action.href),
            language=used,
            reviewed=row.reviewed,
        )

    def text(self, key: str, language: Language = "en", **values: object) -> str:
        """The text with its {places} filled. Raises KeyError for a key or a place that is not given."""
        own = f"{key}_{language}"
        return self._fill(self.texts[own if own in self.texts else key], "es" if language == "es" else "en", values)

    def contact(self, language: Language = "en") -> Contact:
        return Contact(self._fill("{call}.", language), self._fill("{phone_href}", language), self.clinic.hours)

    def _fill(self, text: str, language: str, values: Mapping[str, object] | None = None) -> str:
        known: dict[str, object] = {
            "clinic": self.clinic.name,
            "phone": self.clinic.phone,
            "hours": self.clinic.hours,
            "phone_href": "tel:" + re.sub(r"[^+0-9]", "", self.clinic.phone) if self.clinic.phone else "",
        }
        called = self.texts[f"call.{language}" if self.clinic.phone else f"call.{language}_unknown"]
        known["call"] = called.format_map(known)
        return text.format_map({**known, **(values or {})})

    def places(self, key: str) -> set[str]:
        """The {places} of a text."""
        return {name for _, name, _, _ in Formatter().parse(self.texts[key]) if name}


def _clinic(path: Path) -> Clinic:
    try:
        clinic = Clinic.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SafetyDataError(f"{path} cannot be read ({error.strerror}). Restore it from version control.") from error
    except tomllib.TOMLDecodeError as error:
        raise SafetyDataError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SafetyDataError(f"{path}: “{'.'.join(map(str, first['loc']))}”: {first['msg']}.") from error
    if clinic.phone and not _PHONE.fullmatch(clinic.phone):
        raise SafetyDataError(f"{path}: phone “{clinic.phone}” is not a phone number such as 555-555-0100.")
    return clinic
