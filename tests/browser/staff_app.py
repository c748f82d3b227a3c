"""The staff app in a process of its own, with documents, an index and users of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import START_SECONDS, free_port
from tests.conftest import CLINIC, ROOT
from web.roles import Role
from web.users import Users

PASSWORD = "four words by heart"
JOB = 300_000  # ms; a publish on a busy machine of two cores
NOT_OURS = {"presentation-role-conflict"}  # of Streamlit's uploader, its drop zone has a label and no role


@dataclass(frozen=True, slots=True)
class Staff:
    """The running staff app, with documents and an index of its own."""

    url: str
    documents: Path
    index: Path


@contextmanager
def running(root: Path, clinic_index: Path, users: Mapping[str, Role]) -> Iterator[Staff]:
    """Until the block ends; everything it reads and writes is in `root`."""
    documents, index = root / "documents", root / "index"
    shutil.copytree(CLINIC, documents)
    shutil.copytree(clinic_index, index, dirs_exist_ok=True)
    for name, role in users.items():
        Users(root / "data" / "users.json").add(name, role, PASSWORD)
    port = free_port()
    environment = {
        **os.environ,
        "FAQ_STAFF_PORT": str(port),
        "FAQ_DATA_DIR": str(root / "data"),
        "FAQ_DOCUMENTS_DIR": str(documents),
        "FAQ_INDEX_DIR": str(index),
        "FAQ_ANSWERS_DIR": str(root / "faq"),
    }
    with (root / "app.log").open("wb") as output:
        process = subprocess.Popen([sys.executable, "staff_app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_asks_for_a_password(url, process, root / "app.log")
            yield Staff(url, documents, index)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_it_asks_for_a_password(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 401:
                return
        except httpx.TransportError:
            time.sleep(0.25)
    pytest.fail(f"The staff app did not start.\n{log.read_text(errors='replace')[-4000:]}")


def no_violations(page: Page) -> None:
    found = [one for one in Axe().run(page).response["violations"] if one["id"] not in NOT_OURS]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
