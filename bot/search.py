"""A standalone question becomes hits: passages with absolute dense and lexical scores, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.types import Hit
from ingest.embed import Vectors
from ingest.index import Index

CANDIDATES = 48  # passages that the reader reads; a procedure page has 10 to 60
DENSE, LEXICAL = 0.7, 0.3  # a weighted sum; rank fusion costs 12 points (decisions/0007)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Character n-grams of all passages, so that misspelt words ("sacroilliac") still meet their right spelling."""

    vectorizer: Any
    matrix: csr_matrix

    @classmethod
    def of(cls, index: Index) -> Lexicon:
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, dtype=np.float32)
        texts = [f"{' '.join(passage.path)} {passage.question} {passage.text}" for passage in index.passages]
        return cls(vectorizer, vectorizer.fit_transform(texts))

    def scores(self, question: str, numbers: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """(passages,) cosine of n-grams with the question, 0 to 1; of the passages with these numbers, or of all."""
        matrix = self.matrix if numbers is None else self.matrix[numbers]
        return np.asarray((matrix @ self.vectorizer.transform([question]).T).toarray(), dtype=np.float32).ravel()


def search(index: Index, lexicon: Lexicon, question: str, vector: Vectors, procedure: str | None) -> list[Hit]:
    """At most CANDIDATES hits, all of the procedure when one is settled. `vector` is the question's unit embedding.

    With a procedure, its passages are compared exactly; without one, Chroma and the lexicon each propose candidates.
    """
    if procedure is not None:
        numbers = index.of_document[procedure]
    else:
        dense = [number for number, _ in index.nearest(vector, CANDIDATES)]
        alike = np.argsort(-lexicon.scores(question))[:CANDIDATES]
        numbers = np.unique(np.array([*dense, *alike], dtype=np.int64))
    lexical = lexicon.scores(question, numbers)
    similarity = index.vectors[numbers] @ vector
    order = np.argsort(-(DENSE * similarity + LEXICAL * lexical), kind="stable")[:CANDIDATES]
    return [Hit(index.passages[n], int(n), float(similarity[i]), float(lexical[i])) for i in order for n in (numbers[i],)]
