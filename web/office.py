"""What the staff app's screens share: the settings, who is signed in, and the places of documents, drafts and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.settings import ROOT, Settings
from ingest.candidate import Places
from ingest.types import FaqError
from web.login import Login
from web.users import FILE, Users


class NotOpened(FaqError):
    """The staff app was not started by staff_app.py."""


@dataclass(frozen=True, slots=True)
class Office:
    """One a process."""

    login: Login
    places: Places
    drafts: Path
    jobs: Path
    journal: str = ""  # SQLAlchemy URL

    @property
    def data(self) -> Path:
        """Where the apps write, and where the file lies that closes the chat."""
        return self.drafts.parent

    @classmethod
    def of(cls, settings: Settings) -> Office:
        data = ROOT / "data"
        written = settings.data_dir.resolve()
        places = Places(
            settings.documents_dir.resolve(), settings.index.resolve(), settings.reader, settings.embedding_model, settings.models,
            data / "clinic.toml", data / "golden.jsonl", data / "questions.toml", faq=settings.answers_dir.resolve(),
        )  # fmt: skip
        return cls(Login(Users(written / FILE)), places, written / "drafts", written / "run", settings.journal)


@dataclass(slots=True)
class _Process:
    office: Office | None = None


_process = _Process()


def open_office(settings: Settings) -> Office:
    _process.office = Office.of(settings)
    return _process.office


def office() -> Office:
    """The open office. Raises NotOpened."""
    if _process.office is None:
        raise NotOpened("Start the staff app with `make staff`.")
    return _process.office
