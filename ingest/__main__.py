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
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dotenv import load_dotenv

from ingest import pipeline
from ingest.embed import DEFAULT_MODEL, stay_offline
from ingest.index import Index, validate
from ingest.types import FaqError, Manifest, PublishBusy
from ingest.versions import Versions

ROOT = Path(__file__).parents[1]
REFUSED, BUSY = 1, 75


def main(arguments: list[str] | None = None) -> int:
    stay_offline(os.environ)
    args = _parser().parse_args(arguments)
    try:
        return int(COMMANDS[args.command](args))
    except PublishBusy as error:
        return _fail(args, error, BUSY)
    except FaqError as error:
        return _fail(args, error, REFUSED)


def _parser() -> argparse.ArgumentParser:
    load_dotenv(ROOT / ".env")
    data = Path(os.environ.get("FAQ_DATA_DIR", ROOT / "data"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--documents", type=Path, default=Path(os.environ.get("FAQ_DOCUMENTS_DIR", ROOT / "data" / "procedures")))
    common.add_argument("--index", type=Path, default=Path(os.environ.get("FAQ_INDEX_DIR", data / "index")))
    common.add_argument("--json", action="store_true", help="print one JSON object")
    parser = argparse.ArgumentParser(prog="python -m ingest", description="Publish the clinic's documents to the chat.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("plan", "show what a publish would change"),
        ("publish", "make the documents what patients read"),
        ("check", "list what is wrong or missing in the documents"),
        ("versions", "list published versions"),
        ("status", "say what patients read now"),
    ):
        commands.add_parser(name, parents=[common], help=words)
    back = commands.add_parser("rollback", parents=[common], help="go back to an earlier version")
    back.add_argument("version", nargs="?", metavar="ID")
    internal = commands.add_parser("validate", help=argparse.SUPPRESS)
    internal.add_argument("folder", type=Path)
    internal.set_defaults(json=False)
    return parser


def _places(args: argparse.Namespace) -> pipeline.Places:
    model = os.environ.get("FAQ_EMBEDDING_MODEL", DEFAULT_MODEL)
    return pipeline.Places(args.documents, args.index, ROOT / "bot" / "model", model, ROOT / "data" / "clinic.toml")


def _plan(args: argparse.Namespace) -> int:
    return _tell(args, pipeline.plan(_places(args)), done="")


def _publish(args: argparse.Namespace) -> int:
    started = time.monotonic()
    outcome = pipeline.publish(_places(args), _bar if sys.stderr.isatty() and not args.json else lambda done, total: None)
    return _tell(args, outcome, done=f"Published {outcome.version} in {time.monotonic() - started:.1f} s.")


def _check(args: argparse.Namespace) -> int:
    outlines, problems = pipeline.examine(_places(args))
    if args.json:
        print(json.dumps({"documents": len(outlines), "problems": [asdict(problem) for problem in problems]}, ensure_ascii=False))
    else:
        _list(problems)
        print(
            f"{len(outlines)} documents, {sum(p.level == 'error' for p in problems)} errors, {sum(p.level == 'warning' for p in problems)} warnings."
        )
    return REFUSED if any(problem.level == "error" for problem in problems) else 0


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
    outcome = pipeline.plan(_places(args))
    waiting = bool(outcome.changes or outcome.reasons)
    row = _row(versions.manifest(current), True) if current else None
    if args.json:
        print(json.dumps({"current": row, "waiting": waiting}, ensure_ascii=False))
    else:
        print(f"Patients read {current}." if current else "Nothing is published yet.")
        print("Changes wait: run `python -m ingest plan`." if waiting else "The documents are as published.")
    return 0


def _rollback(args: argparse.Namespace) -> int:
    version = pipeline.rollback(_places(args), args.version)
    print(json.dumps({"version": version}) if args.json else f"Patients now read {version}.")
    return 0


def _validate(args: argparse.Namespace) -> int:
    manifest = Manifest.from_json(json.loads((args.folder / "manifest.json").read_bytes()))
    index = Index(args.folder, manifest)
    validate(index)
    index.close()
    return 0


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


def _tell(args: argparse.Namespace, outcome: pipeline.Outcome, done: str) -> int:
    if args.json:
        print(json.dumps({**asdict(outcome), "refused": outcome.refused}, ensure_ascii=False))
        return REFUSED if outcome.refused else 0
    _list(outcome.problems)
    for change in outcome.changes:
        print(f"{change.action}: {change.document}")
    for reason in outcome.reasons:
        print(reason)
    if outcome.refused:
        print("Nothing was published: mend the errors above first. Patients go on reading the last version.")
    elif not outcome.changes and not outcome.reasons:
        print("Nothing to publish: the documents are as patients read them.")
    elif outcome.version:
        print(f"{outcome.passages} passages, {outcome.encoded} texts encoded anew.")
        print(done)
    else:
        print("Run `python -m ingest publish` to make this what patients read.")
    return REFUSED if outcome.refused else 0


def _list(problems: Any) -> None:
    for problem in problems:
        print(problem)


def _bar(done: int, total: int) -> None:
    width = 30
    filled = width * done // max(1, total)
    end = "\n" if done >= total else ""
    print(f"\rencoding [{'#' * filled}{'.' * (width - filled)}] {done}/{total}", end=end, file=sys.stderr, flush=True)


def _fail(args: argparse.Namespace, error: FaqError, code: int) -> int:
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
    "validate": _validate,
}

if __name__ == "__main__":
    sys.exit(main())
