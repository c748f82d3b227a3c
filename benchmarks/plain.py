"""The pipeline of most demos, for comparison: split at 1,000 characters, embed, top 4, one cosine threshold."""

from __future__ import annotations

from pathlib import Path

from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from ingest.embed import find_model

TOP = 4


class Pipeline:
    """Shows the chunks of the top hits whose cosine similarity reaches the threshold."""

    def __init__(self, documents: Path, folder: Path) -> None:
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        texts = [
            piece for path in sorted(documents.glob("*.txt")) for piece in splitter.split_text(path.read_text(encoding="utf-8"))
        ]
        self._store = Chroma(
            "plain",
            HuggingFaceEmbeddings(model_name=str(find_model().path), encode_kwargs={"normalize_embeddings": True}),
            str(folder),
            collection_metadata={"hnsw:space": "cosine"},
        )
        self._store.add_texts(texts)
        self._threshold = 0.0

    def tune(self, labelled: list[tuple[str, bool]]) -> None:
        """The threshold with the best share of right decisions (answer or refuse) on labelled questions."""
        scored = [(max((s for _, s in self._hits(question)), default=0.0), answerable) for question, answerable in labelled]
        self._threshold = max((score for score, _ in scored), key=lambda bar: sum((score >= bar) == yes for score, yes in scored))

    def show(self, question: str) -> list[str]:
        return [text for text, similarity in self._hits(question) if similarity >= self._threshold]

    def _hits(self, question: str) -> list[tuple[str, float]]:
        found = self._store.similarity_search_with_score(question, k=TOP)
        return [(document.page_content, 1.0 - distance) for document, distance in found]
