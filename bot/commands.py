"""The commands of staff: a kept reply asked again, exports, gaps, the digest, the questions asked most."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from bot import digest, export, figures, gaps, review
from bot.faq import Faq
from bot.gaps import Cluster
from bot.kept import Judgement, Kept
from bot.replay import Replayed, replay
from bot.review import Filter, UnknownReply
from bot.settings import Settings
from bot.tables import open_engine
from ingest.embed import Vectors, find_model, load_embeddings
from ingest.stored import read_text
from ingest.types import IndexMissing
from ingest.versions import Versions

DIFFERENT, UNKNOWN = 1, 2  # what `replay` exits with


def add(commands: Any) -> None:
    """Adds the commands to the parser of `python -m bot`."""
    again = commands.add_parser("replay", help="ask a kept question again of its version: exit 0 same, 1 different, 2 unknown id")
    again.add_argument("id", metavar="ID")
    out = commands.add_parser("export", help="the journal as CSV or JSON")
    out.add_argument("--format", choices=("csv", "json"), default="csv")
    out.add_argument("--what", choices=export.WHAT, default="replies")
    out.add_argument("--out", type=Path, metavar="FILE")
    for name in ("procedure", "reason", "topic", "notice", "version", "words"):
        out.add_argument(f"--{name}")
    out.add_argument("--status", action="append", default=[])
    out.add_argument("--feedback", choices=("helpful", "not_helpful", "none"))
    out.add_argument("--verdict", choices=(*(judgement.value for judgement in Judgement), "none"))
    for name in ("since", "until"):
        out.add_argument(f"--{name}", type=date.fromisoformat, metavar="YYYY-MM-DD")
    out.add_argument("--below", type=float, metavar="CONFIDENCE")
    silent = commands.add_parser("gaps", help="refused and disliked questions, by meaning")
    week = commands.add_parser("digest", help="some days of the journal as a page")
    week.add_argument("--days", type=int, default=7)
    week.add_argument("--out", type=Path, metavar="FILE.md")
    most = commands.add_parser("asked", help="the questions asked most")
    most.add_argument("--limit", type=int, default=100)
    for command in (again, out, silent, week, most):
        command.add_argument("--index", type=Path, metavar="DIR")
    for command in (again, silent, most):
        command.add_argument("--json", action="store_true")


def _replay(args: argparse.Namespace, settings: Settings) -> int:
    try:
        with _journal(settings) as db:
            kept = review.reply(db, args.id)
    except UnknownReply as error:
        print(json.dumps({"id": args.id, "result": "unknown", "error": str(error)}) if args.json else error)
        return UNKNOWN
    done = replayed(kept, settings)
    if args.json:
        print(json.dumps(done.to_json(), ensure_ascii=False))
    else:
        print(f"{'same' if done.same else 'different'} ({done.how}, version {done.version or 'none'})")
        for problem in done.problems:
            print(f"  not proven: {problem}")
        for one in done.differences:
            print(f"  {one.what}\n    kept: {one.kept}\n    now:  {one.now}")
    return 0 if done.same else DIFFERENT


def replayed(kept: Kept, settings: Settings) -> Replayed:
    """Asks again of the reply's version when it is still whole, of the live one when it named none. Raises FaqError."""
    versions, version = Versions(settings.index), kept.listed.version
    try:
        text = read_text(versions.text_path(version)) if version else None
    except IndexMissing:
        text = None
    if not kept.listed.question or (version and version not in versions.ids()):
        return replay(kept, text, None)
    with closing(Faq.open(settings, version=version or None)) as faq:
        return replay(kept, text, faq.ask)


def _export(args: argparse.Namespace, settings: Settings) -> int:
    same = ("procedure", "reason", "topic", "notice", "version", "feedback", "since", "until", "below")
    verdict = Judgement(args.verdict) if args.verdict not in (None, "none") else args.verdict
    given = {name: getattr(args, name) for name in same}
    wanted = Filter(**given, status=tuple(args.status), words=args.words or "", verdict=verdict)
    write = export.write_csv if args.format == "csv" else export.write_json
    with _journal(settings) as db, _output(args.out) as out:
        count = write(export.rows(db, args.what, wanted), out)
    print(f"{count} rows", file=sys.stderr)
    return 0


def _gaps(args: argparse.Namespace, settings: Settings) -> int:
    with _journal(settings) as db:
        found = _clusters(db, settings, Filter())
    if found is None:
        raise IndexMissing("Nothing is published yet. Run `python -m ingest publish`.")
    if args.json:
        print(
            json.dumps(
                [{**asdict(one), "questions": [asked.question for asked in one.questions]} for one in found], ensure_ascii=False
            )
        )
        return 0
    for one in found:
        print(f"{one.patients:>5} patients  {one.name}  [{one.procedure}: {one.section or 'no section'}, {one.state}]")
        for asked in one.questions[1:]:
            print(f"                  {asked.question}")
    return 0


def _digest(args: argparse.Namespace, settings: Settings) -> int:
    today = datetime.now(UTC).date()
    wanted = Filter(since=today - timedelta(days=args.days - 1), until=today)
    with _journal(settings) as db, _output(args.out) as out:
        out.write(digest.digest(db, _clusters(db, settings, wanted), today, args.days))
    return 0


def _asked(args: argparse.Namespace, settings: Settings) -> int:
    with _journal(settings) as db:
        found = figures.most_asked(db, args.limit)
    if args.json:
        print(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return 0
    for one in found:
        print(f"{one.patients:>5} patients  {one.asked:>5} times  {one.question}  [{one.procedure}]")
    return 0


def _clusters(db: Engine, settings: Settings, wanted: Filter) -> tuple[Cluster, ...] | None:
    """The gaps that are open in the live version; None when nothing is published."""
    questions = gaps.troubled(db, wanted)
    if Versions(settings.index).current() is None:
        return None
    if not questions:
        return ()
    with closing(Faq.open(settings)) as faq:
        still = gaps.still_open(questions, faq.ask, faq.version or "")
    return gaps.clusters(still, embedder(settings))


def embedder(settings: Settings) -> gaps.Embed:
    """Many texts at once."""
    model = load_embeddings(find_model(settings.embedding_model), settings.models)

    def embed(texts: Sequence[str]) -> Vectors:
        return np.asarray(model.embed_documents(list(texts)), dtype=np.float32)

    return embed


@contextmanager
def _journal(settings: Settings) -> Iterator[Engine]:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = open_engine(settings.journal)
    try:
        yield db
    finally:
        db.dispose()


def _output(path: Path | None) -> Any:
    return path.open("w", encoding="utf-8", newline="") if path else nullcontext(sys.stdout)


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "replay": _replay,
    "export": _export,
    "gaps": _gaps,
    "digest": _digest,
    "asked": _asked,
}
