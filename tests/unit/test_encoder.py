"""The embedding model as a graph: the model's own vectors, made once, made again when damaged."""

from pathlib import Path

import numpy as np
import pytest

from ingest.embed import find_model, load_embeddings
from ingest.encoder import BATCH, graph_of
from ingest.types import StorageFailed
from tests.conftest import ROOT

TEXTS = ["how long does it take", "can my son drive me home after, he is only 17", "x", "", "the needle " * 400]


def test_it_gives_the_vectors_of_sentence_transformers_itself_and_is_made_again_when_damaged(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = find_model()
    made = load_embeddings(folder, tmp_path).embed_documents(TEXTS)
    theirs = SentenceTransformer(str(folder.path), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert np.asarray(made).shape == (len(TEXTS), folder.id.dimensions)
    assert np.asarray(made) == pytest.approx(np.asarray(theirs), abs=1e-4)
    first = graph_of(folder.path, folder.id, tmp_path)
    first.path.write_bytes(first.path.read_bytes()[:-1000])
    again = graph_of(folder.path, folder.id, tmp_path)
    assert again.path.stat().st_size > 50_000_000
    assert again == graph_of(folder.path, folder.id, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [again.path.parent.name]  # nothing half made is left


def test_many_texts_keep_their_own_vectors_whatever_stands_beside_them() -> None:
    model = load_embeddings(find_model(), ROOT / "data" / "models")
    texts = [f"{'word ' * (number % 9)}{number}" for number in range(2 * BATCH + 3)]
    together = np.asarray(model.embed_documents(texts))
    alone = np.asarray([model.embed_query(text) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert model.embed_documents([]) == []


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    folder = find_model()
    with pytest.raises(StorageFailed, match="cannot be kept"):
        graph_of(folder.path, folder.id, tmp_path / "models")
