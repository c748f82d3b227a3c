"""`python -m benchmarks.review`: a journal of 200,000 made-up turns, and how long staff wait for each list, matrix and figure.

The questions are those of tests/quality, everything else is synthetic.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from bot import figures, gaps, review, verdicts
from bot.commands import embedder
from bot.evaluate import read_rows
from bot.journal import RETENTION, iso, open_journal
from bot.kept import Judgement
from bot.review import VIEWS, Filter
from bot.settings import ROOT, load_settings
from bot.tables import EvidenceRow, FeedbackRow, TurnRow, VerdictRow, open_engine
from ingest.kinds import Kind

DAYS = 365
BATCH = 5_000
PROCEDURES = [f"procedure-{n}" for n in range(12)]
VERSIONS = [f"2026{month:02}01T000000Z-abcdef" for month in range(1, 13)]
STATUSES = (
    [("answered", "")] * 60
    + [("not_covered", "topic")] * 12
    + [("not_covered", "detail")] * 12
    + [("off_topic", "off_topic")] * 8
)
STATUSES += [("advice", "")] * 3 + [("advice", "advice")] * 3 + [("urgent", ""), ("clarify", "")]
KINDS = [*(kind.value for kind in Kind), "none"]


def fill(db: Engine, count: int, now: datetime) -> None:
    """`count` turns spread evenly over a year, one in 2,000 an emergency, one in 20 voted on, one in 50 judged."""
    random.seed(7)
    files = ("clinic.jsonl", "synthetic.jsonl")
    questions = [row.turns[-1] for file in files for row in read_rows(ROOT / "tests" / "quality" / file)]
    for first in range(0, count, BATCH):
        numbers = range(first + 1, min(first + BATCH, count) + 1)
        turns = [_turn(number, questions, now - timedelta(days=DAYS) * (1 - number / count)) for number in numbers]
        votes = [(f"reply-{n}", random.random() < 0.7) for n in numbers if n % 20 == 0]
        with db.begin() as connection:
            connection.execute(insert(TurnRow), turns)
            connection.execute(insert(EvidenceRow), [_evidence(number) for number in numbers])
            connection.execute(
                insert(FeedbackRow), [{"reply": r, "at": iso(now), "helpful": h, "why": "" if h else "hard"} for r, h in votes]
            )
            connection.execute(insert(VerdictRow), [_verdict(n, now) for n in numbers if n % 50 == 0])


def _turn(number: int, questions: list[str], at: datetime) -> dict[str, Any]:
    status, reason = ("emergency", "") if number % 2000 == 0 else random.choice(STATUSES)
    old = datetime.now(UTC) - at > RETENTION
    question = "" if old else f"{random.choice(questions)} {random.choice(questions)}"
    return {
        "number": number, "id": f"reply-{number}", "at": iso(at), "session": "" if old else f"session-{number // 3}", "question": question,
        "searched": question, "missing": "[]", "status": status, "reason": reason, "procedure": random.choice(PROCEDURES),
        "version": VERSIONS[at.month - 1], "rule": "", "topic": random.choice(KINDS), "section": "Risks and Side Effects",
        "notices": json.dumps(["symptom"] if number % 300 == 0 else []), "confidence": random.random() ** 0.2, "seconds": random.expovariate(25),
    }  # fmt: skip


def _evidence(number: int) -> dict[str, Any]:
    quote = "A synthetic sentence that stands for what a page says. " * 6
    citation = {
        "document": "page",
        "title": "Page",
        "section": ["Risks", "Serious"],
        "quote": quote,
        "start": 1,
        "end": 9,
        "version": "v",
    }
    passage = {
        "passage": f"page/risks/serious/{number % 9}",
        "similarity": 0.5,
        "lexical": 0.1,
        "probability": 0.5,
        "used": False,
        "why": "x" * 40,
    }
    shown = {"text": quote, "choices": "[]", "sentences": json.dumps([{"text": quote, "citations": [0]}] * 2)}
    return {"number": number, **shown, "citations": json.dumps([citation] * 2), "passages": json.dumps([passage] * 8)}


def _verdict(number: int, now: datetime) -> dict[str, Any]:
    judgement = random.choice([*[Judgement.RIGHT] * 12, *Judgement])
    return {
        "reply": f"reply-{number}",
        "sentence": 0,
        "verdict": judgement,
        "note": "",
        "who": "Ana",
        "at": iso(now),
        "revision": 1,
    }


def timed(name: str, action: Callable[[], object]) -> None:
    """Prints the slower of two runs, as waited for and as computed: on a busy machine only the second is the program's."""
    runs = []
    for _ in range(2):
        started, computed = time.perf_counter(), time.process_time()
        action()
        runs.append((time.perf_counter() - started, time.process_time() - computed))
    waited, computed = max(runs)
    print(f"{name:<46} {waited * 1000:8.1f} ms waited {computed * 1000:8.1f} ms computed")


def lists(db: Engine, now: datetime) -> None:
    day = now.date()
    month = Filter(since=day - timedelta(days=30), until=day)
    views = {
        "everything": Filter(),
        **VIEWS,
        "procedure": Filter(procedure=PROCEDURES[3]),
        "reason detail": Filter(reason="detail"),
        "notice symptom": Filter(notice="symptom"),
        "a notice that never was": Filter(notice="part_missing"),
        "version of a year ago": Filter(version=VERSIONS[now.month - 1], until=day - timedelta(days=340)),
        "no feedback": Filter(feedback="none"),
        "verdict harmful": Filter(verdict=Judgement.HARMFUL),
        "not reviewed": Filter(verdict="none"),
        "one month": month,
        "words": Filter(words="blood thinner"),
        "words that nobody wrote": Filter(words="elephants"),
        "procedure, not covered, disliked, one month": replace(
            month, procedure=PROCEDURES[1], status=("not_covered",), feedback="not_helpful"
        ),
        "nothing fits": Filter(procedure=PROCEDURES[1], status=("emergency",), words="elephants", feedback="helpful"),
    }
    for name, wanted in views.items():
        timed(f"list: {name}", lambda wanted=wanted: review.replies(db, wanted))
    for name in ("everything", *VIEWS):
        timed(f"how many: {name}", lambda name=name: review.counted(db, views[name]))
    timed("list: everything, last page", lambda: review.replies(db, older=BATCH))
    timed("one reply in full", lambda: review.reply(db, "reply-77777"))


def sums(db: Engine, now: datetime) -> None:
    month = Filter(since=now.date() - timedelta(days=29))
    embed = embedder(load_settings())
    embed(["warm"])
    timed("matrix, 30 days", lambda: figures.matrix(db, month))
    timed("matrix, a year", lambda: figures.matrix(db))
    timed("figures by day and procedure, 30 days", lambda: figures.days(db, month))
    timed("figures by day and procedure, a year", lambda: figures.days(db))
    timed("reviewed: confusion", lambda: verdicts.confusion(db))
    timed("asked most", lambda: figures.most_asked(db, 100))
    timed("refused and disliked questions, read", lambda: gaps.troubled(db))
    timed(f"clusters of {gaps.MOST_QUESTIONS} of them", lambda: gaps.clusters(gaps.troubled(db), embed))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument(
        "--prune", action="store_true", help="also blank and delete what a day makes old, and say how long that takes"
    )
    args = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'journal.sqlite'}"
        db = open_engine(url)
        started = time.perf_counter()
        fill(db, args.rows, now)
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        print(f"{args.rows} rows, {size:.0f} MB, written in {time.perf_counter() - started:.0f} s")
        lists(db, now)
        sums(db, now)
        if args.prune:
            journal = open_journal(url)
            for name, later in (("day", timedelta(days=1)), ("hour after", timedelta(days=1, hours=1))):
                started = time.perf_counter()
                changed = journal.prune(now + later)
                print(f"retention of a {name}, {changed} turns: {time.perf_counter() - started:.1f} s")
            journal.close()
        db.dispose()


if __name__ == "__main__":
    main()
