"""Outlines become an index version on disk, and a version on disk becomes an index that can be searched.

The only module that knows Chroma. A published folder is never opened: Chroma writes to whatever it opens, so each
process works on a private copy, and the published files keep the hashes that the manifest records.
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.embed import Encoded, Vectors
from ingest.sentences import sentence_spans
from ingest.stored import read_outlines
from ingest.types import Document, IndexDamaged, Manifest, Outline, Passage, Section

if TYPE_CHECKING:
    from langchain_chroma import Chroma

COLLECTION = "passages"
BATCH = 4096  # rows; Chroma's own limit is 5,461 and langchain-chroma does not split
READER = "reader_"  # begins the names of the reader's files
WRITTEN = "chroma/WRITTEN"  # how many rows were written to the folder since it was made, those taken out again included


def embedded_texts(outline: Outline) -> list[str]:
    """What the embedding model sees of each passage: its place helps as much as its words (right section first +.09)."""
    title = outline.document.title
    return [f"{title} › {' › '.join(one.path)}: {one.question} {one.text}" for one in outline.passages]


def reader_texts(passage: Passage) -> list[str]:
    """What the reader sees: each sentence by itself under its headings (decisions/0013). No title, because the procedure is
    settled before it reads."""
    before = f"{' › '.join(passage.path)}: {passage.question}".rstrip()
    return [f"{before} {passage.text[start:end]}" for start, end in sentence_spans(passage.text)]


def write_words(folder: Path, outlines: Sequence[Outline]) -> None:
    """What is said and where it stands."""
    (folder / "documents").mkdir()
    for outline in outlines:
        (folder / "documents" / f"{outline.document.slug}.txt").write_bytes(outline.document.text.encode())
    stored = {
        "documents": [_fields(outline.document) for outline in outlines],
        "sections": [_fields(section) for outline in outlines for section in outline.sections],
        "passages": [_fields(passage) for outline in outlines for passage in outline.passages],
    }
    (folder / "outline.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")


def write_vectors(folder: Path, vectors: Vectors) -> None:
    """(passages, dimensions) unit vectors, in order."""
    np.save(folder / "vectors.npy", vectors)


def write_reader(folder: Path, outlines: Sequence[Outline], encoded: Sequence[Encoded]) -> None:
    """`encoded` is the reader's side of all sentences of all passages, in order."""
    counts = [len(sentence_spans(passage.text)) for outline in outlines for passage in outline.passages]
    np.save(folder / "reader_sentences.npy", np.cumsum([0, *counts], dtype=np.int64))
    np.save(folder / "reader_offsets.npy", np.cumsum([0, *(len(one.tokens) for one in encoded)], dtype=np.int64))
    np.save(folder / "reader_tokens.npy", np.concatenate([one.tokens for one in encoded]))
    np.save(folder / "reader_pooled.npy", np.stack([one.pooled for one in encoded]).astype(np.float32))
    np.save(folder / "reader_states.npy", np.stack([one.states for one in encoded]).astype(np.float16))


def file_hashes(folder: Path, *, reader: bool = True) -> dict[str, str]:
    """Path below the folder -> sha256, for every file but the manifest; `reader` says whether for the reader's too."""
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "manifest.json" and (reader or not path.name.startswith(READER)):
            with path.open("rb") as handle:
                hashes[path.relative_to(folder).as_posix()] = hashlib.file_digest(handle, "sha256").hexdigest()
    return hashes


class Index:
    """One version, open for reading. Everything in it is read-only; `close` removes the private copy."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Raises IndexDamaged when any file is missing or not the one that was published."""
        if (found := file_hashes(folder)) != manifest.files:
            wrong = sorted({*found.items()} ^ {*manifest.files.items()})
            raise IndexDamaged(
                f"Version {manifest.id} was altered after it was published ({wrong[0][0]}). Run `python -m ingest rollback`."
            )
        self.manifest = manifest
        raw = json.loads((folder / "outline.json").read_bytes())
        self.documents = {
            one["slug"]: Document(text=(folder / "documents" / f"{one['slug']}.txt").read_bytes().decode(), **one)
            for one in raw["documents"]
        }
        self.sections = tuple(Section(**{**one, "path": tuple(one["path"])}) for one in raw["sections"])
        self.passages = tuple(self._passage(one) for one in raw["passages"])
        self.numbers = {passage.id: number for number, passage in enumerate(self.passages)}
        self.of_document = {
            slug: np.array([n for n, p in enumerate(self.passages) if p.document == slug], dtype=np.int64)
            for slug in self.documents
        }
        self.vectors: Vectors = np.load(folder / "vectors.npy")
        self.sentences: NDArray[np.int64] = np.load(folder / "reader_sentences.npy")  # (passages + 1,) where a passage's begin
        self.pooled: Vectors = np.load(folder / "reader_pooled.npy")
        self.states: NDArray[np.float16] = np.load(folder / "reader_states.npy")
        self._tokens: NDArray[np.float16] = np.load(folder / "reader_tokens.npy", mmap_mode="r")
        self._offsets: NDArray[np.int64] = np.load(folder / "reader_offsets.npy")
        private = Path(tempfile.mkdtemp(prefix="faq-index-"))
        shutil.copytree(folder / "chroma", private / "chroma")
        client = _client(private / "chroma")
        self._store = _store(client, None)
        self._release = weakref.finalize(self, _release, client, private)  # a version that no question uses goes by itself

    def tokens(self, number: int) -> NDArray[np.float16]:
        """(t, w) the reader's token vectors of a sentence, read from disk when asked for."""
        return self._tokens[self._offsets[number] : self._offsets[number + 1]]

    def nearest(self, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """Passage numbers with their cosine similarity to a unit vector (higher is closer), best first, from Chroma."""
        found = self._store.similarity_search_by_vector_with_relevance_scores(vector.tolist(), k=min(count, len(self.passages)))
        return [(self.numbers[document.metadata["id"]], 1.0 - distance) for document, distance in found]

    def stored_ids(self) -> list[str]:
        """Ids of everything in the Chroma collection."""
        ids: list[str] = []
        for offset in range(0, len(self.passages) + 1, BATCH):
            ids += self._store.get(limit=BATCH, offset=offset, include=[])["ids"]
        return ids

    def close(self) -> None:
        self._release()

    def _passage(self, raw: dict[str, Any]) -> Passage:
        text = self.documents[raw["document"]].text[raw["start"] : raw["end"]]
        return Passage(**{**raw, "path": tuple(raw["path"]), "text": text})


def validate(index: Index, canaries: int = 64) -> None:
    """Asks each of up to `canaries` passages for itself. Raises IndexDamaged. Run it in a process of its own first:
    damaged HNSW files end the process that opens them."""
    if sorted(index.stored_ids()) != sorted(index.numbers):
        raise IndexDamaged(f"Version {index.manifest.id}: Chroma does not hold exactly the passages that were built.")
    if not np.allclose(np.linalg.norm(index.vectors, axis=1), 1.0, atol=1e-3):
        raise IndexDamaged(f"Version {index.manifest.id}: vectors.npy holds a vector that is not of length 1.")
    step = max(1, len(index.passages) // canaries)
    for number in range(0, len(index.passages), step):
        best, similarity = index.nearest(index.vectors[number], 1)[0]
        exact = float(index.vectors[best] @ index.vectors[number])
        if similarity < 0.999 or abs(exact - similarity) > 1e-3:
            raise IndexDamaged(f"Version {index.manifest.id}: {index.passages[number].id} is not found by its own vector.")


class _Known:
    """Vectors that are already made, behind the part of LangChain's embeddings interface that langchain-chroma calls."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._vectors = {row.text: row.vector for row in rows}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [np.frombuffer(self._vectors[text], dtype=np.float32).tolist() for text in texts]


@dataclass(frozen=True, slots=True)
class _Row:
    """What Chroma holds of a passage."""

    text: str
    document: str
    start: int
    end: int
    vector: bytes  # float32

    def metadata(self, name: str) -> dict[str, str | int]:
        return {"id": name, "document": self.document, "start": self.start, "end": self.end}


def _rows(folder: Path) -> dict[str, _Row]:
    """Passage id -> what Chroma should hold of it, from the other files of a version."""
    outlines = read_outlines(folder)
    passages = [passage for outline in outlines for passage in outline.passages]
    texts = [text for outline in outlines for text in embedded_texts(outline)]
    return {
        one.id: _Row(text, one.document, one.start, one.end, vector.tobytes())
        for one, text, vector in zip(passages, texts, np.load(folder / "vectors.npy"), strict=True)
    }


def write_chroma(folder: Path, last: Path | None = None) -> None:
    """The Chroma folder of a version whose other files stand in `folder`: a copy of that of the version `last` in which only
    rows that differ are written, or a whole new one.

    Whole when `last` was altered, and when `WRITTEN` says that more than twice as many rows as there are would have been
    written since it last was: Chroma takes no vector out of its graph, it only marks it.
    """
    last = last if last and _intact(last) else None
    rows, before = _rows(folder), _rows(last) if last else {}
    comes = [name for name, row in rows.items() if before.get(name) != row]
    goes = [name for name, row in before.items() if rows.get(name) != row]
    written = len(comes) + (int((last / WRITTEN).read_text()) if last else 0)
    if last and written <= 2 * len(rows):
        shutil.copytree(last / "chroma", folder / "chroma")
        client = _client(folder / "chroma")
    else:
        comes, goes, written = list(rows), [], len(rows)
        client = _client(folder / "chroma")
        client.create_collection(COLLECTION, embedding_function=_refusal(), configuration={"hnsw": {"space": "cosine"}})
    store = _store(client, _Known([rows[name] for name in comes]))
    for start in range(0, len(goes), BATCH):
        store.delete(goes[start : start + BATCH])
    for start in range(0, len(comes), BATCH):
        batch = comes[start : start + BATCH]
        store.add_texts([rows[name].text for name in batch], [rows[name].metadata(name) for name in batch], ids=batch)
    client.close()
    del store
    gc.collect()  # Chroma's writer finishes when its last reference goes
    (folder / WRITTEN).write_text(str(written))


def _intact(folder: Path) -> bool:
    """Whether what Chroma's folder is made of is as it was published."""
    try:
        files = Manifest.from_json(json.loads((folder / "manifest.json").read_bytes())).files
        same = {path: sha256 for path, sha256 in files.items() if not path.startswith(READER)}
        return WRITTEN in same and same == file_hashes(folder, reader=False)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def warm() -> None:
    """Imports Chroma, which takes seconds, before it is needed."""
    import langchain_chroma  # noqa: F401


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def _store(client: Any, embeddings: Any) -> Chroma:
    from langchain_chroma import Chroma

    _refusal()
    return Chroma(client=client, collection_name=COLLECTION, embedding_function=embeddings, create_collection_if_not_exists=False)


def _refusal() -> Any:
    """An embedding function, stored in the collection, that refuses: Chroma's own default would download a model."""
    from ingest.refusal import Refusal

    return Refusal()


def _release(client: Any, private: Path) -> None:
    client.close()
    shutil.rmtree(private, ignore_errors=True)


def _fields(one: Document | Section | Passage) -> dict[str, Any]:
    """Everything but a text, which stands in `documents/`."""
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name != "text"}
