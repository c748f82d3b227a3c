"""The command line: a question or a file of them becomes replies or figures; the chat is closed and opened; what staff ask."""

from __future__ import annotations

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot import commands as staff
from bot import pack, switch
from bot.evaluate import Row, by_page, converse, draw, evaluate, read_rows, risk_coverage
from bot.faq import Faq
from bot.rows import to_row, trace
from bot.settings import Settings, load_settings
from bot.types import Answer, Reply
from ingest import audit
from ingest.types import FaqError

FAILED, USAGE = 1, 2


def main(arguments: list[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        if args.index is not None:
            settings = settings.model_copy(update={"index_dir": args.index})
        return COMMANDS[args.command](args, settings)
    except (FaqError, OSError) as error:
        print(error, file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Ask the clinic's pages.")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="answer one question, or a file of them")
    ask.add_argument("question", nargs="?")
    ask.add_argument("--batch", type=Path, metavar="FILE.jsonl", help="one question a line; one reply a line, in order")
    ask.add_argument("--procedure", metavar="SLUG")
    ask.add_argument("--trace", action="store_true", help="add what was retrieved, with scores")
    ask.add_argument("--journal", action="store_true", help="also write the journal")
    judge = commands.add_parser("evaluate", help="figures against labels")
    judge.add_argument("file", type=Path)
    judge.add_argument("--curve", type=Path, metavar="FILE.png", help="write the risk–coverage curve")
    shut = commands.add_parser("close", help="every patient reads “please call us”; danger cards go on working")
    again = commands.add_parser("open", help="let the chat answer again")
    for command in (shut, again):
        command.add_argument("--by", metavar="NAME", default=audit.whoever(), help="default: the account that runs this")
        command.add_argument("--reason", metavar="TEXT", required=command is shut, default="")
    for command in (ask, judge, shut, again):
        command.add_argument("--index", type=Path, metavar="DIR")
    for command in (ask, judge):
        command.add_argument("--json", action="store_true")
    staff.add(commands)
    pack.add(commands)
    return parser


def _ask(args: argparse.Namespace, settings: Settings) -> int:
    if (args.question is None) == (args.batch is None):
        print("Give one question, or --batch FILE.jsonl.", file=sys.stderr)
        return USAGE
    faq = Faq.open(settings, with_journal=args.journal)
    session = uuid.uuid4().hex
    rows = read_rows(args.batch) if args.batch else [Row("q1", (args.question,), "", procedure=args.procedure)]
    for row in rows:
        started = time.perf_counter()
        reply = converse(faq.ask, row.turns, row.procedure or args.procedure)
        seconds = time.perf_counter() - started
        faq.journal.record(id=uuid.uuid4().hex, session=session, question=row.turns[-1], reply=reply, seconds=seconds)
        if args.json or args.batch is not None:
            more: dict[str, Any] = {"trace": trace(reply)} if args.trace else {}
            print(json.dumps({**to_row(reply, row.id, seconds), **more}, ensure_ascii=False))
        else:
            _show(reply, with_trace=args.trace)
    faq.close()
    return 0


def _show(reply: Reply, *, with_trace: bool) -> None:
    print(reply.text)
    if isinstance(reply, Answer):
        for number, citation in enumerate(reply.citations, start=1):
            print(f"  [{number}] {citation.title} › {' › '.join(citation.section)}  ({citation.version})")
    for notice in reply.notices:
        print(f"  notice: {notice}")
    for choice in reply.choices:
        print(f"  ask: {choice.label}")
    if with_trace:
        print(f"  searched: {reply.searched}   confidence {reply.confidence:.3f}")
        for row in trace(reply):
            print(
                f"  {row['probability']:.3f} {row['similarity']:.3f} {row['lexical']:.3f} {'*' if row['used'] else ' '} {row['passage']}"
            )


def _evaluate(args: argparse.Namespace, settings: Settings) -> int:
    faq = Faq.open(settings)
    started = time.perf_counter()
    report = evaluate(read_rows(args.file), faq.ask)
    seconds = time.perf_counter() - started
    if args.curve:
        draw(risk_coverage(report.judged), args.curve)
    if args.json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        for figure in report.figures:
            print(figure)
        print(f"{len(report.judged)} rows in {seconds:.1f} s; all checks right, worst page first:")
        for figure in by_page(report.judged):
            print(f"  {figure}")
        for one in report.judged:
            if one.failed:
                cited = [" › ".join(c.section) for c in one.reply.citations] if isinstance(one.reply, Answer) else []
                wrong = ", ".join(check for check, right in one.checks.items() if not right)
                print(
                    f"not {wrong}: [{one.row.label}] {' >> '.join(one.row.turns)!r} -> {one.reply.status} {one.reply.confidence:.2f} {cited}"
                )
    faq.close()
    return 0


def _close(args: argparse.Namespace, settings: Settings) -> int:
    switch.close(settings.data_dir, settings.index, args.by, args.reason)
    print("The chat is closed: patients read that they should call. `python -m bot open` opens it.")
    return 0


def _open(args: argparse.Namespace, settings: Settings) -> int:
    switch.reopen(settings.data_dir, settings.index, args.by, args.reason)
    print("The chat is open.")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "ask": _ask,
    "evaluate": _evaluate,
    "close": _close,
    "open": _open,
    "evidence": pack.run,
    **staff.COMMANDS,
}

if __name__ == "__main__":
    sys.exit(main())
