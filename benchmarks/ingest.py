"""Publishing synthetic documents: against the bare embedding model on the same texts in the same run, and over and over.

    python -m benchmarks.ingest 10 100            one JSON line a size
    python -m benchmarks.ingest --publishes 100   disk use while one document of three changes a hundred times

A size's line tells seconds and CPU-seconds (helpers included) of a first publish, of one with 1 % of the documents changed
and of one with none; and the throughput of the first as a share of the bare embedding model's (sentence-transformers
on both cores, loaded and warm, the same texts in one call). What a publish does beyond that is told apart: the reader, which encodes
every passage as well; loading both models and their libraries; and the rest, which reads and checks the documents and writes and
validates the version.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ingest import index as index_
from ingest import pipeline
from ingest.embed import ReaderModel, find_model, load_embeddings, stay_offline
from ingest.stored import read_outlines
from ingest.types import Outline
from ingest.versions import Versions

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "data" / "models"
SHOWN_EVERY = 10  # publishes
WORDS = "care pain joint nerve small heal clinic visit rest walk weeks day risk rare time help need plan team step".split()
SECTIONS = (
    "Preparation",
    "Procedure Description",
    "Duration",
    "Frequency",
    "Expected Results",
    "Risks",
    "Aftercare",
    "Eligibility",
)


def page(number: int, seed: int = 0) -> str:
    """A page of eight sections with two sentences each, unlike every other page."""
    random_ = random.Random(f"{number} {seed}")
    lines = [f"Procedure Number {number}"]
    for section in SECTIONS:
        sentences = (" ".join(random_.choices(WORDS, k=14)).capitalize() + f" {number}." for _ in range(2))
        lines += [f"{section}:", *sentences, ""]
    return "\n".join(lines)


@dataclass(frozen=True)
class Took:
    """Wall clock, and CPU of this process and of those it started. Seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> Took:
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return cls(time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used))

    def since(self, start: Took) -> Took:
        return Took(round(self.wall - start.wall, 2), round(self.cpu - start.cpu, 2))


def timed(places: pipeline.Places) -> tuple[Took, pipeline.Outcome]:
    started = Took.now()
    outcome = pipeline.publish(places)
    return Took.now().since(started), outcome


def measure(count: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="faq-bench-") as name:
        places = clinic(Path(name), count)
        loading = loaded()
        first, outcome = timed(places)
        changed = max(1, count // 100)
        for number in range(changed):
            rewrite(places, number, seed=1)
        again, second = timed(places)
        none, _ = timed(places)
        version = Versions(places.index).current()
        assert version is not None
        outlines = read_outlines(Versions(places.index).path(version))
        bare, reader = bare_embedding(outlines), bare_reader(outlines)
    whole = bare.cpu + reader.cpu
    return {
        "documents": count, "passages": outcome.passages, "first, seconds": first.wall, "first, CPU": first.cpu,
        "bare embedding model, seconds": bare.wall, "bare, CPU": bare.cpu, "reader, CPU": reader.cpu,
        "loading libraries and models, CPU (not in first)": loading.cpu, "the rest, CPU": round(first.cpu - whole, 2),
        "share of the bare model's throughput": round(bare.wall / first.wall, 2), "the same by CPU": round(bare.cpu / first.cpu, 2),
        "by CPU, of embedding model and reader": round(whole / first.cpu, 2),
        "changed documents": changed, "changed, CPU": again.cpu, "changed, share of first": round(again.wall / first.wall, 3),
        "the same by CPU ": round(again.cpu / first.cpu, 3), "texts encoded again": second.encoded, "unchanged, seconds": none.wall,
    }  # fmt: skip


def clinic(folder: Path, count: int) -> pipeline.Places:
    """A folder of `count` documents that is to be published beside itself."""
    places = pipeline.Places(folder / "documents", folder / "index", ROOT / "bot" / "model", clinic=ROOT / "data" / "clinic.toml")
    places.documents.mkdir()
    for number in range(count):
        rewrite(places, number)
    return places


def rewrite(places: pipeline.Places, number: int, seed: int = 0) -> None:
    (places.documents / f"procedure-{number:05}.txt").write_text(page(number, seed))


def loaded() -> Took:
    """Both models with their libraries, loaded once: libraries stay, so that what follows is told without them."""
    started = Took.now()
    load_embeddings(find_model(), MODELS).embed_documents(["warm up"])
    ReaderModel(ROOT / "bot" / "model").encode("warm up")
    return Took.now().since(started)


def bare_embedding(outlines: tuple[Outline, ...]) -> Took:
    """The embedding model alone on the same texts, as sentence-transformers runs it, loading not counted."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_model().path), device="cpu", local_files_only=True)
    texts = [text for one in outlines for text in index_.embedded_texts(one)]
    model.encode(["warm up"])
    started = Took.now()
    model.encode(texts, batch_size=32, normalize_embeddings=True)
    return Took.now().since(started)


def bare_reader(outlines: tuple[Outline, ...]) -> Took:
    """The reader alone on the same passages, loading not counted."""
    model = ReaderModel(ROOT / "bot" / "model")
    model.encode("warm up")
    started = Took.now()
    for one in outlines:
        for passage in one.passages:
            for text in index_.reader_texts(passage):
                model.encode(text)
    return Took.now().since(started)


def disk(folder: Path) -> tuple[int, int]:
    """(KiB, files) on disk."""
    files = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(one.st_blocks for one in files) // 2, len(files)


def over_and_over(publishes: int) -> None:
    """Prints what an index takes on disk while one document of three changes again and again."""
    with tempfile.TemporaryDirectory(prefix="faq-bench-") as name:
        places = clinic(Path(name), 3)
        started = Took.now()
        for number in range(1, publishes + 1):
            rewrite(places, 0, seed=number)
            assert pipeline.publish(places).version is not None
            if number % SHOWN_EVERY == 0 or number == publishes:
                parts = {part.name: disk(part)[0] for part in sorted(places.index.iterdir()) if part.is_dir()}
                kib, files = disk(places.index)
                kept, archived = (len(list((places.index / part).glob("*"))) for part in ("versions", "archive"))
                took = Took.now().since(started)
                print(json.dumps({
                    "publishes": number, "KiB": kib, "files": files, "versions": kept, "archived": archived,
                    "KiB of": parts, "seconds": took.wall, "CPU": took.cpu,
                }), flush=True)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", help="documents; default 10 and 100")
    parser.add_argument("--publishes", type=int, default=0, help="publish this often instead, and print what the disk holds")
    args = parser.parse_args()
    stay_offline(os.environ)
    if args.publishes:
        over_and_over(args.publishes)
        return 0
    for size in args.sizes or [10, 100]:
        print(json.dumps(measure(size)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
