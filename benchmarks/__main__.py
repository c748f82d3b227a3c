"""`make bench`: speed, memory and answer quality, beside the plain pipeline a developer would write first."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import ingest, plain
from bot.evaluate import Row, read_rows
from bot.faq import Faq
from bot.search import search
from bot.settings import ROOT, Settings, load_settings
from bot.types import Answer, Question
from ingest import pipeline
from ingest.embed import stay_offline

CLINIC = ROOT / "tests" / "quality" / "clinic.jsonl"


def published(settings: Settings, documents: Path, folder: Path) -> Settings:
    """Settings whose index holds `documents`."""
    places = pipeline.Places(
        documents, folder / "index", settings.reader, settings.embedding_model, settings.models, ROOT / "data" / "clinic.toml"
    )
    pipeline.publish(places)
    return settings.model_copy(update={"index_dir": folder / "index", "data_dir": folder, "models_dir": settings.models})


def timed(name: str, ask: Callable[[str], object], questions: Sequence[str]) -> None:
    seconds = []
    for question in questions:
        started = time.perf_counter()
        ask(question)
        seconds.append(time.perf_counter() - started)
    seconds.sort()
    p95 = seconds[int(0.95 * len(seconds))]
    print(
        f"{name:<28} p50 {statistics.median(seconds) * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms   {len(seconds) / sum(seconds):6.1f} a second"
    )


def judged(name: str, show: Callable[[str], list[str]], rows: Sequence[Row]) -> None:
    """`show` gives the passages shown for a question, none for a refusal."""
    counts = {"sentence shown": [0, 0], "refused though answerable": [0, 0], "refused when not covered": [0, 0]}
    for row in rows:
        shown = show(row.turns[-1])
        if row.label == "answerable":
            counts["sentence shown"][0] += any(e in text for e in row.evidence for text in shown)
            counts["refused though answerable"][0] += not shown
            counts["sentence shown"][1] += 1
            counts["refused though answerable"][1] += 1
        elif row.label == "not_covered":
            counts["refused when not covered"][0] += not shown
            counts["refused when not covered"][1] += 1
    print(f"{name:<28} " + "   ".join(f"{what} {a / b:.0%} of {b}" for what, (a, b) in counts.items()))


def many(settings: Settings, count: int, folder: Path) -> None:
    """A clinic of about `count` passages: the synthetic pages again and again under other names."""
    documents = folder / "documents"
    documents.mkdir()
    pages = sorted((ROOT / "tests" / "corpus").iterdir())
    for number in range(max(1, count // 170)):
        for page in pages:
            text = page.read_text(encoding="utf-8")
            title = text.lstrip("# ").split("\n", 1)[0]
            (documents / f"{page.stem}-{number}{page.suffix}").write_text(
                text.replace(title, f"{title} {number}"), encoding="utf-8"
            )
    faq = Faq.open(published(settings, documents, folder))
    shelf = faq._library.shelf()
    print(f"{len(shelf.index.passages)} passages in {len(shelf.titles)} documents")
    questions = [row.turns[-1] for row in read_rows(CLINIC)]
    slug = next(iter(shelf.titles))
    timed("  answer, page known", lambda q: faq.ask(Question(q, slug)), questions)
    timed("  search over all pages", lambda q: search(shelf.index, shelf.lexicon, q, faq._embed(q), None), questions)
    faq.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--many", type=int, default=10_000, help="passages of the large clinic; 0 leaves it out")
    parser.add_argument(
        "--documents", type=int, nargs="*", default=[10, 100], help="sizes of first ingestions; none leaves them out"
    )
    args = parser.parse_args()
    stay_offline(os.environ)
    for size in args.documents:
        print(f"ingestion: {json.dumps(ingest.measure(size))}", flush=True)
    settings = load_settings()
    rows = read_rows(CLINIC)
    questions = [row.turns[-1] for row in rows]
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        here = published(settings, settings.documents_dir, Path(name))
        print(f"publish of the clinic's page, cold: {time.perf_counter() - started:.1f} s")
        started = time.perf_counter()
        faq = Faq.open(here)
        print(f"engine open and warm: {time.perf_counter() - started:.1f} s")
        timed("this program", lambda q: faq.ask(Question(q)), questions)
        pipe = plain.Pipeline(settings.documents_dir, Path(name) / "plain")
        half = rows[::2]
        pipe.tune([(row.turns[-1], row.label == "answerable") for row in half if row.label in ("answerable", "not_covered")])
        timed("plain LangChain pipeline", pipe.show, questions)

        def show(question: str) -> list[str]:
            reply = faq.ask(Question(question))
            return [c.quote for c in reply.citations] if isinstance(reply, Answer) else []

        print(f"quality on the {len(rows[1::2])} questions that the plain pipeline's threshold was not tuned on:")
        judged("this program", show, rows[1::2])
        judged("plain LangChain pipeline", pipe.show, rows[1::2])
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        faq.close()
    if args.many:
        with tempfile.TemporaryDirectory() as name:
            many(settings, args.many, Path(name))


if __name__ == "__main__":
    main()
