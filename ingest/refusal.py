"""An embedding function that refuses every text: vectors come from our own model, never from Chroma's default."""

from __future__ import annotations

from typing import Any

from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
from chromadb.utils.embedding_functions import register_embedding_function


@register_embedding_function
class Refusal(EmbeddingFunction[Documents]):
    def __init__(self) -> None:
        """Nothing to set up."""

    def __call__(self, input: Documents) -> Embeddings:
        raise RuntimeError("Chroma was asked to embed text by itself; pass vectors made by ingest/embed.py.")

    @staticmethod
    def name() -> str:
        return "refusal"

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> EmbeddingFunction[Documents]:
        return Refusal()

    def get_config(self) -> dict[str, Any]:
        return {}
