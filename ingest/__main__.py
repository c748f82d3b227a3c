"""The command line of the content team becomes one call into the pipeline, and its outcome becomes words or JSON.

exit 0 done, or nothing to publish · 1 refused, problems listed · 2 wrong usage · 75 another publish is running
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dotenv import load_dotenv

from ingest import adopt, audit, faq, pipeline, screen, withdrawn
from ingest.asking import ask, most_asked
from ingest.embed import DEFAULT_MODEL, stay_offline
from ingest.storage import words
from ingest.stored import read_outlines
from ingest.types import ConfigurationError, FaqError, IndexMissing, Manifest, Outline, PublishBusy, StorageFailed
from ingest.versions import EVIDENCE, Versions

ROOT = Path(__file__).parents[1]
REFUSED, USAGE, BUSY = 1, 2, 75


def main(arguments: list[str] | None = None) -> int:
    stay_offline(os.environ)
    args = _parser().parse_args(arguments)
    try:
        return int(COMMANDS[args.command](args))
    except PublishBusy as error:
        return _fail(args, error, BUSY)
    except FaqError as error:
        return _fail(args, error, REFUSED)
    except OSError as error:
        return _fail(args, StorageFailed(words(error)), REFUSED)


def _parser() -> argparse.ArgumentParser:
    load_dotenv(ROOT / ".env")
    data = Path(os.environ.get("FAQ_DATA_DIR", ROOT / "data"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--documents", type=Path, default=Path(os.environ.get("FAQ_DOCUMENTS_DIR", ROOT / "data" / "procedures")))
    common.add_argument("--index", type=Path, default=Path(os.environ.get("FAQ_INDEX_DIR", data / "index")))
    common.add_argument("--faq", type=Path, default=Path(os.environ.get("FAQ_ANSWERS_DIR", ROOT / "data" / "faq")))
    common.add_argument("--json", action="store_true", help="print one JSON object")
    parser = argparse.ArgumentParser(prog="python -m ingest", description="Publish the clinic's documents to the chat.")
    commands = parser.add_subparsers(dest="command", required=True)
    added = {
        name: commands.add_parser(name, parents=[common], help=words)
        for name, words in (
            ("plan", "show what a publish would change, answers included"),
            ("publish", "make the documents what patients read"),
            ("check", "list what is wrong or missing in the documents"),
            ("versions", "list published versions"),
            ("status", "say what patients read now"),
            ("rollback", "go back to an earlier version"),
            ("withdraw", "take a document or section out of every answer at once"),
            ("restore", "let a withdrawn document or section be quoted again"),
            ("audit", "list what was done, and verify that nothing of the list was altered"),
        )
    }
    _options(added)
    faq.add(commands, common)
    return parser


def _options(added: dict[str, argparse.ArgumentParser]) -> None:
    added["plan"].add_argument("--quick", action="store_true", help="do not ask which answers change")
    added["plan"].add_argument("--keep", type=Path, metavar="FOLDER", help="keep what was built, as an index to ask")
    for name in ("plan", "publish"):
        added[name].add_argument("--progress", type=Path, metavar="FILE", help="write how far it is to this file")
    added["publish"].add_argument(
        "--draft", type=Path, metavar="FOLDER", help="publish this draft, and make the documents folder what it is"
    )
    added["publish"].add_argument(
        "--keep-going", action="store_true", help="publish unreadable documents with their last good text"
    )
    added["publish"].add_argument("--override", metavar="NAME", help="publish in spite of errors, in this name")
    added["publish"].add_argument("--reason", metavar="TEXT", default="", help="why; recorded")
    added["publish"].add_argument("--watch", action="store_true", help="go on publishing whenever edits have settled")
    added["check"].add_argument("--report", type=Path, metavar="FILE.html", help="write a page to print")
    added["rollback"].add_argument("version", nargs="?", metavar="ID")
    for name in ("withdraw", "restore"):
        added[name].add_argument("place", metavar="SLUG[#section]")
    for name in ("rollback", "withdraw", "restore"):
        added[name].add_argument("--reason", metavar="TEXT", default="", help="why; recorded")
    for name in ("plan", "publish", "rollback", "withdraw", "restore"):
        added[name].add_argument(
            "--by", metavar="NAME", default=audit.whoever(), help="who does this; default: the account's name"
        )


def _places(args: argparse.Namespace) -> pipeline.Places:
    model = os.environ.get("FAQ_EMBEDDING_MODEL", DEFAULT_MODEL)
    data = ROOT / "data"
    return pipeline.Places(
        args.documents,
        args.index,
        ROOT / "bot" / "model",
        model,
        _models(),
        data / "clinic.toml",
        data / "golden.jsonl",
        data / "questions.toml",
        _evidence(),
        most_asked,
        args.faq,
    )


def _models() -> Path:
    return Path(os.environ.get("FAQ_MODELS_DIR", Path(os.environ.get("FAQ_DATA_DIR", ROOT / "data")) / "models"))


def _evidence() -> timedelta:
    """How long the words of old versions stay: as long as the journal keeps what rests on them."""
    days = os.environ.get("FAQ_EVIDENCE_DAYS", str(EVIDENCE.days))
    if not days.isdecimal() or int(days) < 1:
        raise ConfigurationError(f"FAQ_EVIDENCE_DAYS: {days!r} is not a number of days. The README's table says what it takes.")
    return timedelta(days=int(days))


def _plan(args: argparse.Namespace) -> int:
    outcome = pipeline.plan(_places(args), None if args.quick else ask, _progress(args), args.by, args.keep)
    return screen.tell(outcome, as_json=args.json, with_sections=True)


def _publish(args: argparse.Namespace) -> int:
    if bool(args.override) != bool(args.reason):
        print("--override NAME and --reason TEXT belong together: both are recorded.", file=sys.stderr)
        return USAGE
    if args.watch and args.override:
        print("--watch publishes many times and --override one text: give only one of them.", file=sys.stderr)
        return USAGE
    return _watch(args) if args.watch else _publish_once(args)


def _publish_once(args: argparse.Namespace) -> int:
    started = time.monotonic()
    override = pipeline.Override(args.override, args.reason) if args.override else None
    places, take_over = _places(args), None
    if args.draft:
        draft = adopt.read_draft(args.draft)
        adopt.fresh(draft, args.documents)  # before the long part; looked at again when it is over
        places, take_over = replace(places, documents=draft.documents), partial(adopt.take_over, draft, args.documents)
    wishes = pipeline.Wishes(args.by, args.keep_going, override, ask, take_over)
    outcome = pipeline.publish(places, _progress(args), wishes)
    return screen.tell(outcome, as_json=args.json, done=f"Published {outcome.version} in {time.monotonic() - started:.1f} s.")


def _watch(args: argparse.Namespace) -> int:
    from ingest.watch import watch

    def say(words: str) -> None:
        print(f"{datetime.now().astimezone():%H:%M:%S} {words}", file=sys.stderr, flush=True)

    def publish() -> None:
        _publish_once(args)
        sys.stdout.flush()

    try:
        watch(args.documents, publish, say, answers=_places(args).faq)
    except KeyboardInterrupt:
        say("Stopped. Patients go on reading the last version.")
    return 0


def _check(args: argparse.Namespace) -> int:
    from ingest.report import overview, page

    outlines, problems = pipeline.examine(_places(args))
    found = overview(outlines, problems)
    if args.report:
        args.report.write_text(page(found), encoding="utf-8")
    if args.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        screen.show_check(found)
    return REFUSED if found.errors else 0


def _versions(args: argparse.Namespace) -> int:
    versions = Versions(args.index)
    current = versions.current()
    rows = [_row(versions.manifest(known), known == current) for known in reversed(versions.ids())]
    if args.json:
        print(json.dumps({"current": current, "versions": rows}, ensure_ascii=False))
    elif not rows:
        print("Nothing is published yet. Run `python -m ingest publish`.")
    for row in [] if args.json else rows:
        print(f"{'*' if row['current'] else ' '} {row['id']}  {row['documents']} documents, {row['passages']} passages")
    return 0


def _status(args: argparse.Namespace) -> int:
    versions = Versions(args.index)
    current = versions.current()
    waiting = pipeline.plan(_places(args)).waiting
    row = _row(versions.manifest(current), True) if current else None
    gone = withdrawn.read(args.index)
    if args.json:
        print(json.dumps({"current": row, "waiting": waiting, "withdrawn": [asdict(one) for one in gone]}, ensure_ascii=False))
        return 0
    print(f"Patients read {current}." if current else "Nothing is published yet.")
    for one in gone:
        print(
            f"Withdrawn: {one.document}{' › '.join(('', *one.section)) if one.section else ''} (by {one.who}, {one.when}: {one.why})"
        )
    print("Changes wait: run `python -m ingest plan`." if waiting else "The documents are as published.")
    return 0


def _rollback(args: argparse.Namespace) -> int:
    version = pipeline.rollback(_places(args), args.version, args.by, args.reason)
    print(json.dumps({"version": version}) if args.json else f"Patients now read {version}.")
    return 0


def _withdraw(args: argparse.Namespace) -> int:
    one = withdrawn.withdraw(args.index, _live(args), args.place, args.by, args.reason)
    print(json.dumps(asdict(one), ensure_ascii=False) if args.json else f"Withdrawn: {args.place}. Patients read it no more.")
    return 0


def _restore(args: argparse.Namespace) -> int:
    count = withdrawn.restore(args.index, _live(args), args.place, args.by, args.reason)
    print(json.dumps({"restored": count}) if args.json else f"Restored: {args.place}.")
    return 0


def _audit(args: argparse.Namespace) -> int:
    verdict, rows = audit.verify(args.index), audit.rows(args.index)
    if args.json:
        print(json.dumps({"lines": verdict.lines, "problems": verdict.problems, "rows": rows}, ensure_ascii=False))
        return REFUSED if verdict.problems else 0
    for row in rows:
        print(f"{row['number']:>4}  {row['when']}  {row['who']}  {row['what']}  {row['why']}".rstrip())
    for problem in verdict.problems:
        print(f"error: AUDIT.jsonl: {problem}")
    print("The list was altered." if verdict.problems else f"{verdict.lines} lines, all as they were written.")
    return REFUSED if verdict.problems else 0


def _live(args: argparse.Namespace) -> tuple[Outline, ...]:
    versions = Versions(args.index)
    current = versions.current()
    if current is None:
        raise IndexMissing("Nothing is published yet. Run `python -m ingest publish`.")
    return read_outlines(versions.path(current))


def _row(manifest: Manifest, current: bool) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "current": current,
        "created": manifest.created,
        "documents": len(manifest.documents),
        "passages": manifest.passages,
        "embedding": manifest.embedding.name,
        "reader": manifest.reader.name,
    }


def _progress(args: argparse.Namespace) -> pipeline.Progress:
    if getattr(args, "progress", None):
        return partial(screen.to_file, args.progress)
    return screen.bar if sys.stderr.isatty() and not args.json else screen.no_bar


def _fail(args: argparse.Namespace, error: Exception, code: int) -> int:
    if args.json:
        print(json.dumps({"error": str(error), "kind": type(error).__name__}))
    else:
        print(error, file=sys.stderr)
    return code


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "plan": _plan,
    "publish": _publish,
    "check": _check,
    "versions": _versions,
    "status": _status,
    "rollback": _rollback,
    "withdraw": _withdraw,
    "restore": _restore,
    "audit": _audit,
    "faq": lambda args: faq.run(args, _places(args)),
}

if __name__ == "__main__":
    sys.exit(main())
