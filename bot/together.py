"""Texts that wait for the encoder at the same time are encoded together: one pass over its weights serves them all.

A question alone costs 18 ms of CPU, most of it reading the weights from memory; four together cost 9 ms each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np

from ingest.embed import Vectors

MOST = 8  # texts in one pass; more save nothing and let the first ones wait


class Together:
    """One text becomes its vector. Safe to call from several threads; nobody waits for others to come."""

    def __init__(self, encode: Callable[[list[str]], Sequence[Sequence[float]]]) -> None:
        self._encode = encode
        self._waiting: list[tuple[str, Future[Vectors]]] = []
        self._queue, self._encoder = threading.Lock(), threading.Lock()

    def __call__(self, text: str) -> Vectors:
        """Raises what encoding raised for the texts that went together."""
        mine: Future[Vectors] = Future()
        with self._queue:
            self._waiting.append((text, mine))
        while not mine.done():
            with self._encoder:  # while one waits here, another may take its text along
                if not mine.done():
                    self._encode_waiting()
        return mine.result()

    def _encode_waiting(self) -> None:
        with self._queue:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            vectors = self._encode([text for text, _ in taken])
            for (_, waiting), vector in zip(taken, vectors, strict=True):
                waiting.set_result(np.asarray(vector, dtype=np.float32))
        except BaseException as error:
            for _, waiting in taken:
                if not waiting.done():
                    waiting.set_exception(error)
            if not isinstance(error, Exception):
                raise
