"""Texts that wait at the same time are encoded together, and each caller gets its own vector or the error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.together import MOST, Together


class Encoder:
    """A text's vector is its number; the first pass waits until `go` is set, so that others queue up behind it."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, texts: list[str]) -> list[list[float]]:
        self.passes.append(texts)
        self.began.set()
        assert self.go.wait(10)
        if "wrong" in texts:
            raise ValueError("this text cannot be encoded")
        return [[float(text)] for text in texts]


def test_those_who_wait_go_together_and_each_gets_its_own_vector() -> None:
    encoder = Encoder()
    together = Together(encoder)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(together, "0")
        assert encoder.began.wait(10)
        others = [pool.submit(together, str(number)) for number in range(1, 20)]
        while len(together._waiting) < len(others):
            pass
        encoder.go.set()
        assert [float(one.result(10)[0]) for one in (first, *others)] == list(range(20))
    assert [len(texts) for texts in encoder.passes] == [1, MOST, MOST, 19 - 2 * MOST]


def test_one_alone_is_encoded_at_once() -> None:
    encoder = Encoder()
    encoder.go.set()
    assert Together(encoder)("7").tolist() == [7.0]
    assert encoder.passes == [["7"]]


def test_an_error_reaches_those_who_went_together_and_nobody_after_them() -> None:
    encoder = Encoder()
    encoder.go.set()
    together = Together(encoder)
    with pytest.raises(ValueError, match="cannot be encoded"):
        together("wrong")
    assert together("3").tolist() == [3.0]
