"""What was encoded once is read back as it was."""

from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from ingest.cache import Cache, _from_bytes, _to_bytes, embed_texts
from ingest.embed import Encoded
from ingest.encoder import BATCH
from ingest.types import ModelId


def test_the_cache_gives_back_what_was_put() -> None:
    none = np.zeros(0, dtype=np.float32)
    one = Encoded(np.ones((3, 4), np.float16), none, np.arange(4, dtype=np.float32), none, np.array([0.1, 0.9], np.float32), 0.0)
    back = _from_bytes(_to_bytes(one))
    for name in ("tokens", "pooled", "states"):
        assert np.array_equal(getattr(back, name), getattr(one, name)) and getattr(back, name).dtype == getattr(one, name).dtype


class Lengths(Embeddings):
    """A model whose vector of a text is its number, and that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        return [[float(text.split()[-1]), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_many_texts_encoded_at_once_keep_their_own_vectors_and_only_new_ones_are_encoded(tmp_path: Path) -> None:
    model, known, progress = Lengths(), ModelId("lengths", "0" * 64, 2), list[int]()
    texts = [f"{'word ' * (number % 7)}{number}" for number in range(5 * BATCH)]
    for count in (3 * BATCH, 5 * BATCH):
        with Cache(tmp_path / "vectors.sqlite") as cache:
            made = embed_texts(texts[:count], known, cache, lambda: model, progress.append)
        assert made.tolist() == [[float(number), 1.0] for number in range(count)]
    assert sorted(model.asked) == sorted(texts) and sum(progress) == len(texts)


def test_what_no_passage_uses_any_more_leaves_the_cache(tmp_path: Path) -> None:
    model, known = Lengths(), ModelId("lengths", "0" * 64, 2)
    for texts, encoded in ((["a 1", "b 2"], 2), (["b 2", "c 3"], 1), (["a 1", "b 2"], 1)):
        with Cache(tmp_path / "vectors.sqlite") as cache:
            embed_texts(texts, known, cache, lambda: model, lambda count: None)
        assert cache.encoded == encoded
