"""Vectors that were made before are found again: only passages whose text changed are encoded."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from ingest.embed import Encoded, ReaderModel, Vectors
from ingest.encoder import BATCH
from ingest.types import ModelId

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

FORMAT = 2  # of the values; another one makes every text be encoded again
STREAMS = os.cpu_count() or 1  # calls at once, each on one thread
_SHAPE = struct.Struct("<III")  # tokens, dimensions, intents


class Cache:
    """(model, text) -> bytes on disk, so that only passages whose text changed are encoded again. One writer: the publisher."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = self._open(path)
        except sqlite3.DatabaseError:  # a damaged cache costs time, never an answer
            path.unlink()
            self._database = self._open(path)
        self.encoded = 0  # texts that had to be encoded
        self._used: set[str] = set()

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, timeout=5)
        database.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        database.execute("SELECT count(*) FROM vectors").fetchone()
        return database

    def known(self, model: ModelId, texts: Iterable[str]) -> dict[str, bytes]:
        """What is kept of these texts."""
        keys = {self._key(model, text): text for text in texts}
        self._used |= keys.keys()
        rows = self._database.execute(
            "SELECT key, value FROM vectors WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
        )
        return {keys[key]: bytes(value) for key, value in rows}

    def put(self, model: ModelId, text: str, value: bytes) -> None:
        self.encoded += 1
        self._database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (self._key(model, text), value))

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """After a publish drops what no passage uses any more, so that disk use stays constant; after a failed one keeps all."""
        try:
            if kind is None:
                self._drop_unused()
            self._database.commit()
        except sqlite3.Error:
            if kind is None:
                raise  # else the first error is the one to tell
        finally:
            self._database.close()  # a connection left open in the middle of a change would lock out the next publish

    def _drop_unused(self) -> None:
        keys = [key for (key,) in self._database.execute("SELECT key FROM vectors")]
        self._database.executemany("DELETE FROM vectors WHERE key = ?", [(key,) for key in keys if key not in self._used])

    @staticmethod
    def _key(model: ModelId, text: str) -> str:
        return f"{FORMAT}:{model.sha256[:16]}:{hashlib.sha256(text.encode()).hexdigest()}"


def embed_texts(
    texts: Sequence[str], model: ModelId, cache: Cache, load: Callable[[], Embeddings], progress: Callable[[int], None]
) -> Vectors:
    """(texts, dimensions) the embedding model's vectors; the model is loaded only for what the cache does not hold."""

    def make(missing: list[str], pool: Executor) -> Iterator[tuple[str, bytes]]:
        missing.sort(key=len)  # like lengths are quick together
        batches = [missing[start : start + BATCH] for start in range(0, len(missing), BATCH)]
        for batch, vectors in zip(batches, pool.map(load().embed_documents, batches), strict=True):
            yield from zip(batch, (np.asarray(vector, dtype="<f4").tobytes() for vector in vectors), strict=True)

    values = _kept_or_made(texts, model, cache, make, progress)
    return np.frombuffer(b"".join(values), dtype="<f4").reshape(len(texts), -1)


def encode_texts(
    texts: Sequence[str], model: ModelId, cache: Cache, load: Callable[[], ReaderModel], progress: Callable[[int], None]
) -> list[Encoded]:
    """The reader's side of each text; the reader is loaded only for what the cache does not hold."""

    def make(missing: list[str], pool: Executor) -> Iterator[tuple[str, bytes]]:
        return zip(missing, map(_to_bytes, pool.map(load().encode, missing)), strict=True)

    return [_from_bytes(value) for value in _kept_or_made(texts, model, cache, make, progress)]


def _kept_or_made(
    texts: Sequence[str],
    model: ModelId,
    cache: Cache,
    make: Callable[[list[str], Executor], Iterator[tuple[str, bytes]]],
    progress: Callable[[int], None],
) -> list[bytes]:
    found = cache.known(model, texts)
    if missing := [text for text in dict.fromkeys(texts) if text not in found]:
        with ThreadPoolExecutor(STREAMS) as pool:
            for text, value in make(missing, pool):
                found[text] = value
                cache.put(model, text, value)
                progress(1)
    return [found[text] for text in texts]


def _to_bytes(encoded: Encoded) -> bytes:
    """A passage's side only: three shapes, then three arrays one after another."""
    arrays = encoded.tokens.astype("<f2"), encoded.pooled.astype("<f4"), encoded.states.astype("<f4")
    return _SHAPE.pack(*encoded.tokens.shape, len(encoded.states)) + b"".join(array.tobytes() for array in arrays)


def _from_bytes(value: bytes) -> Encoded:
    """What a question's side holds is left empty."""
    count, width, intents = _SHAPE.unpack_from(value)
    tokens = np.frombuffer(value, "<f2", count * width, _SHAPE.size).reshape(count, width)
    pooled = np.frombuffer(value, "<f4", width, _SHAPE.size + tokens.nbytes)
    states = np.frombuffer(value, "<f4", intents, _SHAPE.size + tokens.nbytes + pooled.nbytes)
    none = np.zeros(0, dtype=np.float32)
    return Encoded(tokens, none, pooled, none, states, 0.0)
