"""kill -9 at random moments of a publish beside a reader that never stops asking: what the reader saw.

    python benchmarks/crash.py --kills 30

A page whose one sentence carries a number is published over and over, each time with the next number. A publisher is
killed at a random moment; a reader in this process goes on searching and citing through `bot.library.Library`. Wrong:
a sentence that is not its version's. Mixed: a document of one version with passages of another. Failed: any exception.
Old: a version still shown more than 2 s after a newer one was switched to. Prints one JSON object with the counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bot.library import Library  # noqa: E402
from bot.scope import Names  # noqa: E402
from ingest import audit  # noqa: E402
from ingest.embed import find_model, read_reader_id, stay_offline  # noqa: E402
from ingest.index import Index  # noqa: E402
from ingest.versions import Versions  # noqa: E402

PICKED_UP = 2.0  # seconds after the switch within which readers must show the new version
PAGE = """Test Procedure
Introduction to Test Procedure
This synthetic page is version {n} of the page.

Duration:
The procedure of version {n} takes {n} minutes.

Risks:
Version {n} says that there is a small risk of infection.
"""


@dataclass
class Seen:
    """What the reader met."""

    checked: int = 0
    wrong: int = 0
    mixed: int = 0
    failed: int = 0
    old: int = 0
    slowest: float = 0.0  # seconds from a switch to the reader showing it
    errors: list[str] = field(default_factory=list)


def numbers(index: Index) -> tuple[set[str], set[str]]:
    """The page numbers that the document and the passages speak of."""
    text = index.documents["page"].text
    return set(text.split("version ")[1].split()[0].split(",")), {
        p.text.lower().split("version ")[1].split()[0] for p in index.passages if "version " in p.text.lower()
    }


def read_on(library: Library, versions: Versions, seen: Seen, stop: threading.Event) -> None:
    """Searches and cites until told to stop."""
    switched: dict[str, float] = {}
    random_ = random.Random(7)
    while not stop.is_set():
        try:
            now = time.monotonic()
            current = versions.current()
            if current is not None:
                switched.setdefault(current, now)
            index = library.shelf().index
            number = random_.randrange(len(index.passages))
            found, similarity = index.nearest(index.vectors[number], 1)[0]
            passage = index.passages[found]
            document = index.documents[passage.document]
            seen.checked += 1
            seen.wrong += document.text[passage.start : passage.end] != passage.text or similarity < 0.99
            written, passages = numbers(index)
            seen.mixed += written != passages
            if current is not None and index.manifest.id != current:
                seen.old += time.monotonic() - switched[current] > PICKED_UP
            elif current is not None and switched[current] > 0:
                seen.slowest = max(seen.slowest, now - switched[current])
                switched[current] = -1.0
        except Exception as error:  # noqa: BLE001  every kind of failure is what is counted here
            seen.failed += 1
            seen.errors.append(repr(error)[:200])
        time.sleep(0.01)


def publish(documents: Path, index: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ingest", "publish", "--documents", str(documents), "--index", str(index)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    stay_offline(os.environ)
    random_ = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="faq-crash-") as name:
        documents, index = Path(name) / "documents", Path(name) / "index"
        documents.mkdir()
        (documents / "page.txt").write_text(PAGE.format(n=1))
        started = time.monotonic()
        if publish(documents, index).wait() != 0:
            print("The first publish failed.", file=sys.stderr)
            return 1
        whole = time.monotonic() - started
        versions = Versions(index)
        _, reader_id = read_reader_id(ROOT / "bot" / "model")
        library = Library(versions, Names.load(ROOT / "data" / "names.toml"), find_model().id, reader_id)
        seen, stop = Seen(), threading.Event()
        thread = threading.Thread(target=read_on, args=(library, versions, seen, stop))
        thread.start()
        killed = finished = 0
        for number in range(2, args.kills * 2 + 2):
            (documents / "page.txt").write_text(PAGE.format(n=number))
            process = publish(documents, index)
            if number % 2 == 0:
                time.sleep(random_.uniform(0, whole))
                if process.poll() is None:
                    os.kill(process.pid, signal.SIGKILL)
                    killed += 1
                process.wait()
            else:  # the publish after a killed one must work, and tells how long one takes
                started = time.monotonic()
                finished += process.wait() == 0
                whole = time.monotonic() - started
        time.sleep(PICKED_UP + 1)
        stop.set()
        thread.join()
        shown = library.shelf().index.manifest.id
        library.close()
        verdict = audit.verify(index)
        figures = {
            "kills": killed, "publishes after a kill that worked": f"{finished} of {args.kills}", "checked": seen.checked,
            "wrong": seen.wrong, "mixed": seen.mixed, "failed": seen.failed, "older than 2 s": seen.old,
            "slowest pick-up, seconds": round(seen.slowest, 2), "newest is shown": shown == versions.current(),
            "audit problems": list(verdict.problems), "left in staging": len(list(index.glob("staging-*"))), "errors": seen.errors[:3],
        }  # fmt: skip
    print(json.dumps(figures, indent=1))
    return 0 if not (seen.wrong or seen.mixed or seen.failed or seen.old or verdict.problems) else 1


if __name__ == "__main__":
    sys.exit(main())
