"""The patients' app with a fault of ours in its engine. Nothing else of it is changed."""

from __future__ import annotations

import runpy
import sys

from bot.faq import Faq
from tests.conftest import ROOT


def fault(_faq: Faq) -> tuple[tuple[str, str], ...]:
    raise RuntimeError("a fault of ours")


if __name__ == "__main__":
    Faq.procedures = fault  # type: ignore[assignment, method-assign]
    sys.argv = [str(ROOT / "app.py")]
    runpy.run_path(sys.argv[0], run_name="__main__")
