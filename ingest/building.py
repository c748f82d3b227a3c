"""A candidate becomes a version in a staging folder, written aside and opened for the first time in a process of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import index
from ingest.aside import Helper
from ingest.candidate import Candidate, Places
from ingest.embed import ReaderModel, find_model, load_embeddings
from ingest.outline import RULES
from ingest.storage import sync_all
from ingest.types import IndexDamaged, Manifest
from ingest.versions import Versions

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

Progress = Callable[[int, int], None]  # (done, total) texts encoded


def build(places: Places, versions: Versions, found: Candidate, staged: Path, progress: Progress) -> tuple[Manifest, int]:
    """Writes and validates a version in `staged`; its helper warms up while the model loads."""
    helper = Helper()
    try:
        manifest, encoded = _write(places, versions, found, staged, progress, helper)
        with helper.validating(staged):
            sync_all(staged)  # meanwhile: `complete` then has little to wait for
    finally:
        helper.stop()
    return manifest, encoded


def _write(
    places: Places, versions: Versions, found: Candidate, staged: Path, progress: Progress, helper: Helper
) -> tuple[Manifest, int]:
    from ingest.cache import Cache, embed_texts, encode_texts

    if found.embedding is None or found.reader is None:
        raise ValueError("an unchanged folder is not built")
    outlines = found.outlines
    passages = [passage for one in outlines for passage in one.passages]
    searched = [text for one in outlines for text in index.embedded_texts(one)]
    read = [text for passage in passages for text in index.reader_texts(passage)]
    done, total = 0, len(searched) + len(read)

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    def embedding() -> Embeddings:
        return load_embeddings(find_model(places.embedding_model), places.models)

    with Cache(places.index / "cache" / "vectors.sqlite") as cache:
        index.write_words(staged, outlines)
        index.write_vectors(staged, embed_texts(searched, found.embedding, cache, embedding, advance))
        with helper.writing(staged, _to_copy(versions, found)):  # Chroma's folder, from these, meanwhile
            encoded = encode_texts(read, found.reader, cache, lambda: ReaderModel(places.reader), advance)
            index.write_reader(staged, outlines, encoded)
    progress(total, total)
    hashes = {one.document.slug: one.document.sha256 for one in outlines}
    corpus = hashlib.sha256(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
    try:
        parent = versions.current()
    except IndexDamaged:
        parent = None
    manifest = Manifest(
        id=versions.new_id(corpus),
        parent=parent,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus=corpus,
        documents=hashes,
        sources=found.sources,
        sections=sum(len(one.sections) for one in outlines),
        passages=len(passages),
        rules=RULES,
        embedding=found.embedding,
        reader=found.reader,
        files=index.file_hashes(staged),
    )
    (staged / "manifest.json").write_text(json.dumps(manifest.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest, cache.encoded


def _to_copy(versions: Versions, found: Candidate) -> Path | None:
    """The version that patients read now, if it was made with the same embedding model."""
    return versions.path(found.live.id) if found.live and found.live.embedding == found.embedding else None
