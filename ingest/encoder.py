"""A sentence-transformers model becomes an ONNX graph, once on a machine, and texts become vectors by that graph.

It gives the model's own vectors in a third of the time, and the program starts in two seconds instead of ten: torch and
sentence-transformers are only loaded here, where the graph is made and compared with the model it was made from.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from ingest.embed import Vectors, session, tokenizer_of
from ingest.types import ModelId, ModelMismatch, StorageFailed

_FORMAT = 1  # of the graph; another one makes it be made again
_TOLERANCE = 1e-3  # how far a cosine may be from 1
BATCH = 32  # texts of one pass
_SAMPLES = ("How long does it take?", "Do not eat or drink for 6 hours before.", "Risks: infection, bleeding, pain. " * 40)


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX file with inputs `ids` and `mask` (texts, tokens) and output `vector` (texts, dimensions), unit length."""

    path: Path
    sha256: str
    max_tokens: int


class OnnxEmbeddings(Embeddings):
    """The embedding model behind LangChain's interface; unit vectors, so that a dot product is the cosine.

    Safe to call from several threads; one call uses one core.
    """

    def __init__(self, folder: Path, graph: Graph) -> None:
        self._session = session(graph.path)
        self._tokenizer = tokenizer_of(folder / "tokenizer.json", graph.max_tokens)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))  # like lengths are quick together
        vectors: list[list[float]] = [[] for _ in texts]
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for i, vector in zip(batch, self._run([tokens[i] for i in batch]), strict=True):
                vectors[i] = vector.tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """About 7 ms on one core."""
        return self.embed_documents([text])[0]

    def _run(self, tokens: list[list[int]]) -> Vectors:
        """(texts, dimensions)"""
        lengths = np.array([[len(one)] for one in tokens])
        ids = np.array([one + [0] * (int(lengths.max()) - len(one)) for one in tokens], dtype=np.int64)
        mask = (np.arange(ids.shape[1]) < lengths).astype(np.int64)
        return np.asarray(self._session.run(["vector"], {"ids": ids, "mask": mask})[0], dtype=np.float32)


def graph_of(model: Path, identity: ModelId, kept: Path) -> Graph:
    """The graph kept for these weights, made now (some 10 seconds) when there is none or its file is damaged.

    Raises ModelMismatch when the graph does not give the model's own vectors, StorageFailed when it cannot be kept.
    """
    folder = kept / f"{identity.sha256[:16]}-{_FORMAT}"
    if (found := _read(folder)) is not None:
        return found
    try:
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="making-", dir=kept) as made:
            _make(model, Path(made))
            shutil.rmtree(folder, ignore_errors=True)
            Path(made).chmod(0o755)  # other accounts of this machine read it too
            Path(made).rename(folder)
            Path(made).mkdir()  # for the context manager to take away
    except OSError as error:
        if (found := _read(folder)) is not None:  # another process was quicker
            return found
        raise StorageFailed(f"The embedding model's graph cannot be kept in {kept} ({error.strerror or error}).") from error
    if (found := _read(folder)) is None:
        raise StorageFailed(f"The embedding model's graph in {folder} was written and cannot be read.")
    return found


def _read(folder: Path) -> Graph | None:
    """None when it is not there or not as it was written."""
    try:
        card = json.loads((folder / "graph.json").read_bytes())
        with (folder / "model.onnx").open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return Graph(folder / "model.onnx", digest, int(card["max_tokens"])) if card["sha256"] == digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _make(model: Path, folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    class Vector(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, inner: SentenceTransformer) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            out = self.inner({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
            return torch.nn.functional.normalize(out, dim=-1)

    inner = SentenceTransformer(str(model), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": "eager"})
    inner.eval()
    ids = torch.tensor([[101, 2129, 2146, 102]])
    texts = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what tracing may get wrong is checked below, against the model itself
        torch.onnx.export(
            Vector(inner), (ids, torch.ones_like(ids)), str(folder / "model.onnx"), dynamo=False, opset_version=17,
            input_names=["ids", "mask"], output_names=["vector"],
            dynamic_axes={"ids": texts, "mask": texts, "vector": {0: "texts"}},
        )  # fmt: skip
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    graph = Graph(folder / "model.onnx", digest, int(inner.max_seq_length or 512))
    ours = np.asarray(OnnxEmbeddings(model, graph).embed_documents(list(_SAMPLES)), dtype=np.float32)
    theirs = np.asarray(inner.encode(list(_SAMPLES), normalize_embeddings=True), dtype=np.float32)
    if not np.allclose((ours * theirs).sum(axis=1), 1.0, atol=_TOLERANCE):
        raise ModelMismatch(f"The graph of {model} does not give the vectors of the model itself.")
    (folder / "graph.json").write_text(json.dumps({"sha256": digest, "max_tokens": graph.max_tokens}), encoding="utf-8")
