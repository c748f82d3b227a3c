"""The environment becomes typed settings. The only module of the running program that reads it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.embed import DEFAULT_MODEL, stay_offline
from ingest.types import ConfigurationError

ROOT = Path(__file__).parents[1]


class Settings(BaseSettings):
    """`FAQ_*` variables or lines of `.env`; the README's table names every one."""

    model_config = SettingsConfigDict(env_prefix="FAQ_", env_file=ROOT / ".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default=ROOT / "data", description="where everything written at run time goes")
    index_dir: Path | None = Field(default=None, description="published versions; default: `index` in the data folder")
    models_dir: Path | None = Field(default=None, description="what is made once of the embedding model; default: `models` there")
    documents_dir: Path = Field(default=ROOT / "data" / "procedures", description="the clinic's documents")
    answers_dir: Path = Field(default=ROOT / "data" / "faq", description="answers that staff wrote and approved")
    embedding_model: str = Field(default=DEFAULT_MODEL, description="another sentence-transformers folder")
    journal_url: str | None = Field(default=None, description="SQLAlchemy URL of the journal; default: SQLite in the data folder")
    host: str = Field(default="127.0.0.1", description="address the apps listen on")
    port: int = Field(default=8501, description="port of the patient app")
    metrics_port: int = Field(default=0, ge=0, le=65535, description="port of metrics and health; 0: none")
    staff_port: int = Field(default=8502, description="port of the staff app")
    frame_ancestors: str = Field(default="'self'", description="sites that may embed the chat (a CSP source list)")
    rate_per_minute: int = Field(default=60, ge=1, description="questions one address may ask in a minute")
    max_waiting: int = Field(default=32, ge=1, description="questions that may wait for the engine before “busy”")
    retention_days: int = Field(default=30, ge=1, description="days the journal keeps redacted questions and sessions")
    evidence_days: int = Field(default=365, ge=1, description="days the journal keeps replies and what they rest on")

    canary_minutes: int = Field(default=15, ge=0, description="minutes between two checks by canary questions; 0: none")
    canary_share: float = Field(default=0.5, gt=0, le=1, description="the chat closes when fewer of them find their section")

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.retention_days)

    @property
    def evidence(self) -> timedelta:
        return timedelta(days=self.evidence_days)

    @property
    def index(self) -> Path:
        return self.index_dir or self.data_dir / "index"

    @property
    def models(self) -> Path:
        return self.models_dir or self.data_dir / "models"

    @property
    def journal(self) -> str:
        return self.journal_url or f"sqlite:///{self.data_dir / 'journal.sqlite'}"

    @property
    def safety(self) -> Path:
        return ROOT / "data" / "safety"

    @property
    def reader(self) -> Path:
        return ROOT / "bot" / "model"


def load_settings() -> Settings:
    """The settings in force, with every library's telemetry and downloads turned off. Raises ConfigurationError."""
    stay_offline(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "FAQ_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}. The README's table says what it takes.") from error
