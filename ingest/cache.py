"""Vectors that were made before are found again: only passages whose text changed are encoded.

LangChain is imported when this module is, so `ingest/pipeline.py` imports it only when something is built.
"""

from __future__ import annotations

import hashlib
import io
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from ingest.embed import Encoded, ReaderModel
from ingest.types import ModelId


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

    def get(self, model: ModelId, text: str) -> bytes | None:
        key = self._key(model, text)
        self._used.add(key)
        row = self._database.execute("SELECT value FROM vectors WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, model: ModelId, text: str, value: bytes) -> None:
        self.encoded += 1
        self._database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (self._key(model, text), value))

    def close(self, *, keep_only_used: bool) -> None:
        """Writes what was put; after a publish drops what no passage uses any more, so that disk use stays constant."""
        if keep_only_used:
            keys = [key for (key,) in self._database.execute("SELECT key FROM vectors")]
            self._database.executemany("DELETE FROM vectors WHERE key = ?", [(key,) for key in keys if key not in self._used])
        self._database.commit()
        self._database.close()

    @staticmethod
    def _key(model: ModelId, text: str) -> str:
        return f"{model.sha256[:16]}:{hashlib.sha256(text.encode()).hexdigest()}"


class CachedEmbeddings(Embeddings):
    """LangChain embeddings that ask the cache first and load the model only for what it does not hold."""

    def __init__(self, model: ModelId, cache: Cache, load: Callable[[], Embeddings], progress: Callable[[int], None]) -> None:
        self._model, self._cache, self._load, self._progress = model, cache, load, progress
        self._inner: Embeddings | None = None

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        found = {text: self._cache.get(self._model, text) for text in dict.fromkeys(texts)}
        missing = [text for text, value in found.items() if value is None]
        for start in range(0, len(missing), 64):
            batch = missing[start : start + 64]
            self._inner = self._inner or self._load()
            for text, vector in zip(batch, self._inner.embed_documents(batch), strict=True):
                found[text] = np.asarray(vector, dtype=np.float32).tobytes()
                self._cache.put(self._model, text, found[text] or b"")
            self._progress(len(batch))
        return [np.frombuffer(found[text] or b"", dtype=np.float32).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def encode_passages(
    texts: Sequence[str], model: ModelId, cache: Cache, load: Callable[[], ReaderModel], progress: Callable[[int], None]
) -> list[Encoded]:
    """The reader's passage side for each text, from the cache where it is known."""
    reader: ReaderModel | None = None
    out: list[Encoded] = []
    for text in texts:
        value = cache.get(model, text)
        if value is None:
            reader = reader or load()
            value = _to_bytes(reader.encode(text))
            cache.put(model, text, value)
            progress(1)
        out.append(_from_bytes(value))
    return out


def _to_bytes(encoded: Encoded) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, tokens=encoded.tokens, pooled=encoded.pooled, states=encoded.states)
    return buffer.getvalue()


def _from_bytes(value: bytes) -> Encoded:
    """A passage's side only: what a question's side holds is left empty."""
    none = np.zeros(0, dtype=np.float32)
    with np.load(io.BytesIO(value)) as arrays:
        return Encoded(arrays["tokens"], none, arrays["pooled"], none, arrays["states"], 0.0)
