"""What was encoded once is read back as it was."""

import numpy as np

from ingest.cache import _from_bytes, _to_bytes
from ingest.embed import Encoded


def test_the_cache_gives_back_what_was_put() -> None:
    none = np.zeros(0, dtype=np.float32)
    one = Encoded(np.ones((3, 4), np.float16), none, np.arange(4, dtype=np.float32), none, np.array([0.1, 0.9], np.float32), 0.0)
    back = _from_bytes(_to_bytes(one))
    for name in ("tokens", "pooled", "states"):
        assert np.array_equal(getattr(back, name), getattr(one, name)) and getattr(back, name).dtype == getattr(one, name).dtype
