"""The embedding model is the same model whether PyTorch or ONNX Runtime runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ingest.cache import _from_bytes, _to_bytes
from ingest.embed import Encoded, find_model, load_embeddings, load_sentence_transformers
from ingest.encoder import OnnxEmbeddings, readable

TEXTS = [
    "How long does it take?",
    "",
    "Ünïcode “quotes”, 日本語,\n\n and\ttabs",
    *(f"{'rest and walk ' * words}{words}." for words in (1, 5, 30, 60, 120, 400)),
]


def test_both_ways_give_the_same_vectors_in_the_same_order() -> None:
    ours, theirs = load_embeddings(find_model()), load_sentence_transformers(find_model())
    assert isinstance(ours, OnnxEmbeddings) and not isinstance(theirs, OnnxEmbeddings)
    found, wanted = np.array(ours.embed_documents(TEXTS)), np.array(theirs.embed_documents(TEXTS))
    assert np.abs(found - wanted).max() < 1e-5
    assert np.abs(np.array([ours.embed_query(text) for text in TEXTS]) - wanted).max() < 1e-5
    assert ours.embed_documents([]) == []


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("config.json", "hidden_act", "relu"),
        ("config.json", "model_type", "mpnet"),
        ("1_Pooling/config.json", "pooling_mode_cls_token", True),
    ],
)
def test_another_architecture_is_left_to_sentence_transformers(name: str, key: str, value: object, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(find_model().path, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors")))
    assert readable(folder)
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    assert not readable(folder)


def test_the_cache_gives_back_what_was_put() -> None:
    none = np.zeros(0, dtype=np.float32)
    one = Encoded(np.ones((3, 4), np.float16), none, np.arange(4, dtype=np.float32), none, np.array([0.1, 0.9], np.float32), 0.0)
    back = _from_bytes(_to_bytes(one))
    for name in ("tokens", "pooled", "states"):
        assert np.array_equal(getattr(back, name), getattr(one, name)) and getattr(back, name).dtype == getattr(one, name).dtype
