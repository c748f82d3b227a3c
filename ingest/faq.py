"""The command line of those who write and approve answers: `python -m ingest faq list | add | approve | remove`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from ingest import approved, audit, fuse
from ingest.approved import LASTS, Entry, NotAllowed
from ingest.candidate import Places, examine
from ingest.outline import MAX_WORDS
from ingest.types import Outline
from ingest.withdrawn import find


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Adds `faq` to the parser of `python -m ingest`."""
    parser = commands.add_parser("faq", help="answers that staff write and another person approves")
    what = parser.add_subparsers(dest="what", required=True)
    added = {
        name: what.add_parser(name, parents=[common], help=words)
        for name, words in (
            ("list", "every answer, and whether it goes out with the next publish"),
            ("add", "write an answer, or write one again"),
            ("approve", "let an answer of another person go out with the next publish"),
            ("remove", "take an answer away"),
        )
    }
    new = added["add"]
    new.add_argument("document", metavar="SLUG")
    new.add_argument("--question", required=True)
    new.add_argument("--answer", required=True, help=f"at most {MAX_WORDS} words")
    new.add_argument(
        "--rests-on", action="append", default=[], metavar="SECTION", help="may be repeated; default: the whole page"
    )
    new.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help=f"default: in {LASTS.days} days")
    new.add_argument("--replaces", default="", metavar="SLUG#answer", help="whose place it takes")
    for name in ("approve", "remove"):
        added[name].add_argument("place", metavar="SLUG#answer")
    for name in ("add", "approve", "remove"):
        added[name].add_argument(
            "--by", metavar="NAME", default=audit.whoever(), help="who does this; default: the account's name"
        )


def run(args: argparse.Namespace, places: Places) -> int:
    """Carries out one of them. Raises NotAllowed, UnknownPlace."""
    shown = COMMANDS[args.what](args, places)
    print(json.dumps(shown, ensure_ascii=False, default=str) if args.json else _words(shown))
    return 0


def _list(args: argparse.Namespace, places: Places) -> list[dict[str, Any]]:
    entries, problems = approved.read(args.faq)
    if problems:
        raise NotAllowed("\n".join(map(str, problems)))
    found = fuse.standings(entries, _pages(places), _today())
    return [{"place": one.entry.place, "state": one.state, "why": one.why, **asdict(one.entry)} for one in found]


def _add(args: argparse.Namespace, places: Places) -> list[dict[str, Any]]:
    pages = _pages(places)
    sections = [find(pages, f"{args.document}#{one}")[1] or () for one in args.rests_on] or [()]
    bindings = fuse.bind(pages, args.document, sections)
    expires = args.expires or _today() + LASTS
    approved.write(
        args.faq,
        args.index,
        Entry(args.document, args.question, args.answer, args.by, _today(), expires, bindings),
        args.replaces,
    )
    return _list(args, places)


def _approve(args: argparse.Namespace, places: Places) -> list[dict[str, Any]]:
    entry = approved.find(args.faq, args.place)
    fuse.approve(args.faq, args.index, _pages(places), args.place, args.by, entry.digest, _today())
    return _list(args, places)


def _remove(args: argparse.Namespace, places: Places) -> list[dict[str, Any]]:
    approved.remove(args.faq, args.index, args.place, args.by)
    return _list(args, places)


def _words(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        lines.append(f"{row['place']}: {row['state']}. {row['why']}".rstrip())
        lines.append(f"    {row['question']}\n    {row['answer']}")
        by = f", approved by {row['approver']} on {row['approved']}" if row["approver"] else ""
        lines.append(f"    written by {row['author']} on {row['written']}{by}, until {row['expires']}")
    return "\n".join(lines) or "No answers are written yet."


def _pages(places: Places) -> tuple[Outline, ...]:
    return examine(places)[0]


def _today() -> date:
    return datetime.now(UTC).date()


COMMANDS: dict[str, Callable[[argparse.Namespace, Places], list[dict[str, Any]]]] = {
    "list": _list,
    "add": _add,
    "approve": _approve,
    "remove": _remove,
}
