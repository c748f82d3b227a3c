"""Evidence becomes a folder: a page for people, JSON for programs, manifests and the audit as they are, and a seal over all."""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.engine import make_url

from bot import evidence
from bot.evaluate import read_rows
from bot.evidence import Evidence
from bot.faq import Faq
from bot.hazards import read_hazards, read_results
from bot.settings import ROOT, Settings
from bot.tables import open_engine
from ingest.types import FaqError
from ingest.versions import Versions

HOLDS_NOT = 1  # what `evidence` exits with when a proof does not hold


class NotEmpty(FaqError):
    """The folder for the evidence holds something already."""


def add(commands: Any) -> None:
    """Adds the command to the parser of `python -m bot`."""
    pack = commands.add_parser(
        "evidence", help="one folder that shows what is published, how good it is, and that the lists hold"
    )
    pack.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    pack.add_argument(
        "--labelled",
        type=Path,
        action="append",
        metavar="FILE.jsonl",
        help="default: the files of tests/quality that are about what is published",
    )
    pack.add_argument("--tests", type=Path, metavar="JUNIT.xml", help="how a test run ended (`pytest --junit-xml=FILE`)")
    pack.add_argument("--index", type=Path, metavar="DIR")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Writes the folder; exit 1 when a proof does not hold, after everything is written. Raises FaqError."""
    labelled = args.labelled if args.labelled is not None else _fitting(Versions(settings.index))
    results = read_results(args.tests) if args.tests else None
    hazards = read_hazards(ROOT / "docs" / "hazards.md", ROOT, results)
    _fresh(args.out)
    db = open_engine(settings.journal) if _has_journal(settings) else None
    try:
        with closing(Faq.open(settings)) as faq:
            found = evidence.gather(settings, db, faq.ask, labelled, hazards)
    finally:
        if db is not None:
            db.dispose()
    write(found, settings.index, args.out)
    for problem in found.problems:
        print(f"does not hold: {problem}", file=sys.stderr)
    print(
        f"{args.out / 'index.html'}: {len(found.versions)} versions, {len(found.hazards)} hazards, {found.audit.lines} audit lines."
    )
    return HOLDS_NOT if found.problems else 0


def _fitting(versions: Versions) -> list[Path]:
    """Our labelled files whose every page is published; those about synthetic clinics say nothing of this one."""
    current = versions.current()
    published = set(versions.manifest(current).documents) if current else set()
    files = sorted((ROOT / "tests" / "quality").glob("*.jsonl"))
    return [path for path in files if {row.document or row.procedure for row in read_rows(path)} <= published | {None}]


def write(found: Evidence, index: Path, out: Path) -> None:
    """Raises OSError."""
    (out / "manifests").mkdir(parents=True)
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    (out / "index.html").write_text(templates.get_template("evidence.html").render(it=found), encoding="utf-8")
    (out / "evidence.json").write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1), encoding="utf-8")
    for one in found.versions:
        path = out / "manifests" / f"{one.manifest.id}.json"
        path.write_text(json.dumps(one.manifest.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    if (index / "AUDIT.jsonl").exists():
        shutil.copyfile(index / "AUDIT.jsonl", out / "AUDIT.jsonl")
    written = sorted(path for path in out.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out).as_posix()}\n" for path in written]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _fresh(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        raise NotEmpty(f"{out} is not empty. Name a new folder with --out: old evidence is never written over.")


def _has_journal(settings: Settings) -> bool:
    """A journal is only looked at: none is made here."""
    url = make_url(settings.journal)
    return url.get_backend_name() != "sqlite" or (bool(url.database) and Path(str(url.database)).exists())
