"""One real server and one real Chromium for the whole browser suite, on an index of the clinic's page and its look-alikes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ingest import pipeline
from tests.browser.clinic_site import running as clinic_site_of
from tests.conftest import CLINIC, CORPUS, ROOT, places

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
INSTALL = "No Chromium: install it with `sudo apt-get install -y chromium`."
START_SECONDS = 120
COLD_LOAD = 60_000  # ms; Streamlit's first page on a busy machine of two cores
SAID = """
window.said = [];
addEventListener("DOMContentLoaded", () => {
  for (const id of ["faq-status", "faq-alert"]) {
    const box = document.getElementById(id);
    if (box) new MutationObserver(() => { if (box.textContent) window.said.push([id, box.textContent]); }).observe(box, { childList: true });
  }
});
"""


@dataclass(frozen=True, slots=True)
class Site:
    """The running patients' app."""

    url: str
    version: str
    index: Path
    data: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clinic's page beside pages that look like it, published with the real models."""
    documents = Path(shutil.copytree(CORPUS, tmp_path_factory.mktemp("site") / "procedures"))
    for page in CLINIC.iterdir():
        shutil.copy(page, documents)
    index = documents.parent / "index"
    assert pipeline.publish(places(documents, index)).version
    return index


@pytest.fixture(scope="session")
def site(site_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with started(site_index, tmp_path_factory.mktemp("data"), free_port()) as running:
        yield running


@contextmanager
def started(index: Path, data: Path, port: int, program: str = "app.py") -> Iterator[Site]:
    """The app in a process of its own until the block ends."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "FAQ_PORT": str(port),
        "FAQ_INDEX_DIR": str(index),
        "FAQ_DATA_DIR": str(data),
        "FAQ_RATE_PER_MINUTE": "100000",
        "FAQ_FRAME_ANCESTORS": "'self' http://127.0.0.1:*",
    }
    log, url = data / "app.log", f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, program], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield Site(url, wait_until_ready(url, process, log), index, data, process)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def clinic_site(site: Site) -> Iterator[str]:
    with clinic_site_of(site.url) as address:
        yield address


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            answer = httpx.get(f"{url}/healthz", timeout=2)
        except httpx.TransportError:
            time.sleep(0.25)
            continue
        if answer.status_code == 200:
            return str(answer.json()["published"])
        time.sleep(0.25)
    pytest.fail(f"The app did not start.\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes pages: `new_page(width=390, height=844, dark=True, **context options)`. What they say aloud is in `window.said`."""
    contexts: list[BrowserContext] = []

    def make(width: int = 1280, height: int = 900, *, dark: bool = False, **options: object) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_init_script(SAID)
        context.set_default_timeout(30_000)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
