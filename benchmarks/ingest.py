"""Publishing 10, 100, 1,000 synthetic documents against the bare embedding model on the same texts, in the same run.

    python benchmarks/ingest.py 10 100

Prints one JSON line a size: seconds of a first publish, of one with 1 % of the documents changed and of one with none,
passages a second, and that as a share of what the bare model does on the same texts (both models: the embedding model and
the reader).
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ingest import index as index_  # noqa: E402
from ingest import pipeline  # noqa: E402
from ingest.embed import ReaderModel, find_model, load_embeddings, stay_offline  # noqa: E402
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


def timed(places: pipeline.Places) -> tuple[float, pipeline.Outcome]:
    started = time.perf_counter()
    outcome = pipeline.publish(places)
    return time.perf_counter() - started, outcome


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
        bare = bare_seconds(outlines)
    return {
        "documents": count, "passages": outcome.passages, "first, seconds": round(first, 1), "bare models, seconds": round(bare, 1),
        "share of the bare models' throughput": round(bare / first, 2), "changed documents": changed, "changed, seconds": round(again, 1),
        "changed, share of first": round(again / first, 3), "texts encoded again": second.encoded, "unchanged, seconds": round(none, 2),
    }  # fmt: skip


def bare_seconds(outlines: tuple[index_.Outline, ...]) -> float:
    """Both models on the same texts, loading not counted."""
    embeddings, reader = load_embeddings(find_model()), ReaderModel(ROOT / "bot" / "model")
    passages = [(one.document.title, passage) for one in outlines for passage in one.passages]
    embeddings.embed_documents(["warm up"])
    started = time.perf_counter()
    embeddings.embed_documents([index_.embedded_text(title, passage) for title, passage in passages])
    for _, passage in passages:
        reader.encode(index_.reader_text(passage))
    return time.perf_counter() - started


def main() -> int:
    stay_offline(os.environ)
    for size in [int(size) for size in sys.argv[1:]] or [10, 100]:
        print(json.dumps(measure(size)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
