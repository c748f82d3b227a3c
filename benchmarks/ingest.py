"""Publishing 10, 100, 1,000 synthetic documents against the bare embedding model on the same texts, in the same run.

    python benchmarks/ingest.py 10 100

Prints one JSON line a size: seconds and CPU-seconds (helpers included) of a first publish, of one with 1 % of the documents
changed and of one with none; and the throughput of the first as a share of the bare embedding model's
(sentence-transformers, loaded and warm, the same texts in one call). A publish also runs the reader, reads and checks the
documents, and writes and validates the version.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ingest import index as index_  # noqa: E402
from ingest import pipeline  # noqa: E402
from ingest.embed import find_model, load_embeddings, stay_offline  # noqa: E402
from ingest.stored import read_outlines  # noqa: E402
from ingest.versions import Versions  # noqa: E402

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
        folder = Path(name) / "documents"
        folder.mkdir()
        for number in range(count):
            (folder / f"procedure-{number:05}.txt").write_text(page(number))
        places = pipeline.Places(folder, Path(name) / "index", ROOT / "bot" / "model", clinic=ROOT / "data" / "clinic.toml")
        first, outcome = timed(places)
        changed = max(1, count // 100)
        for number in range(changed):
            (folder / f"procedure-{number:05}.txt").write_text(page(number, seed=1))
        again, second = timed(places)
        none, _ = timed(places)
        version = Versions(places.index).current()
        assert version is not None
        outlines = read_outlines(Versions(places.index).path(version))
        bare = bare_embedding(outlines)
    return {
        "documents": count, "passages": outcome.passages, "first, seconds": first.wall, "first, CPU": first.cpu,
        "bare embedding model, seconds": bare.wall, "bare, CPU": bare.cpu,
        "share of the bare model's throughput": round(bare.wall / first.wall, 2), "the same by CPU": round(bare.cpu / first.cpu, 2),
        "changed documents": changed, "changed, share of first": round(again.wall / first.wall, 3),
        "the same by CPU ": round(again.cpu / first.cpu, 3), "texts encoded again": second.encoded, "unchanged, seconds": none.wall,
    }  # fmt: skip


def bare_embedding(outlines: tuple[index_.Outline, ...]) -> Took:
    """The embedding model alone on the same texts, loading not counted."""
    model = load_embeddings(find_model())
    texts = [index_.embedded_text(one.document.title, passage) for one in outlines for passage in one.passages]
    model.embed_documents(["warm up"])
    started = Took.now()
    model.embed_documents(texts)
    return Took.now().since(started)


def main() -> int:
    stay_offline(os.environ)
    for size in [int(size) for size in sys.argv[1:]] or [10, 100]:
        print(json.dumps(measure(size)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
