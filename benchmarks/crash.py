"""kill -9 at random moments of a publish, a withdrawal and a roll back beside readers that never stop: what they saw.

    python benchmarks/crash.py --kills 50

A page whose one sentence carries a number is published over and over, each time with the next number. In turn a publish,
a withdrawal or its end, and a roll back are killed at a random moment; readers in this process go on searching and citing
through `bot.library.Library`. After every kill the same command must work. Wrong:
a sentence that is not its version's. Mixed: a document of one version with passages of another. Failed: any exception.
Old: a version or a withdrawn section still shown more than 2 s after the switch. Prints one JSON object with the counts.
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
from ingest import audit, withdrawn  # noqa: E402
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
    withheld: int = 0  # of the checked: what was asked for was withdrawn
    slowest: float = 0.0  # seconds from a switch to the reader showing it
    errors: list[str] = field(default_factory=list)


def numbers(index: Index) -> tuple[set[str], set[str]]:
    """The page numbers that the document and the passages speak of."""
    text = index.documents["page"].text
    return set(text.split("version ")[1].split()[0].split(",")), {
        p.text.lower().split("version ")[1].split()[0] for p in index.passages if "version " in p.text.lower()
    }


def read_on(library: Library, versions: Versions, seen: Seen, stop: threading.Event, seed: int) -> None:
    """Searches and cites until told to stop."""
    since: dict[object, float] = {}  # what is in force -> when this reader first saw that on disk
    random_ = random.Random(seed)
    shown = None
    while not stop.is_set():
        try:
            now = time.monotonic()
            force = (versions.current(), withdrawn.read(versions.folder))
            if force not in since:
                since.clear()
                since[force] = now
            shelf = library.shelf()
            index = shelf.index
            number = random_.randrange(len(index.passages))
            found, similarity = index.nearest(index.vectors[number], 1)[0]
            passage = index.passages[found]
            document = index.documents[passage.document]
            seen.checked += 1
            seen.withheld += not shelf.may_quote(passage)
            seen.wrong += document.text[passage.start : passage.end] != passage.text or similarity < 0.99
            written, passages = numbers(index)
            seen.mixed += written != passages
            mine = (index.manifest.id, shelf.withdrawn)
            if mine != force:
                seen.old += now - since[force] > PICKED_UP
            elif shown != mine:
                seen.slowest = max(seen.slowest, now - since[force])
            shown = mine
        except Exception as error:  # noqa: BLE001  every kind of failure is what is counted here
            seen.failed += 1
            seen.errors.append(repr(error)[:200])
        time.sleep(0.02)


class Commands:
    """Runs the command line on one index, and knows how long each command last took."""

    def __init__(self, documents: Path, index: Path, seed: int) -> None:
        self._where = ["--documents", str(documents), "--index", str(index)]
        self._random = random.Random(seed)
        self._took: dict[str, float] = {}

    def start(self, name: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "ingest", name, *more, *self._where]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def finish(self, name: str, *more: str) -> bool:
        started = time.monotonic()
        worked = self.start(name, *more).wait() == 0
        self._took[name] = time.monotonic() - started
        return worked

    def kill(self, name: str, *more: str) -> bool:
        """Whether the command was still running at a random moment, and so was killed."""
        process = self.start(name, *more)
        time.sleep(self._random.uniform(0, self._took.get(name, 1.0)))
        if running := process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return running


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    stay_offline(os.environ)
    with tempfile.TemporaryDirectory(prefix="faq-crash-") as name:
        documents, index = Path(name) / "documents", Path(name) / "index"
        documents.mkdir()
        commands = Commands(documents, index, args.seed)

        def write(number: int) -> None:
            (documents / "page.txt").write_text(PAGE.format(n=number))

        write(1)
        if not commands.finish("publish"):
            print("The first publish failed.", file=sys.stderr)
            return 1
        versions = Versions(index)
        _, reader_id = read_reader_id(ROOT / "bot" / "model")
        library = Library(versions, Names.load(ROOT / "data" / "names.toml"), find_model().id, reader_id)
        stop = threading.Event()
        all_seen = [Seen() for _ in range(args.readers)]
        threads = [threading.Thread(target=read_on, args=(library, versions, seen, stop, n)) for n, seen in enumerate(all_seen)]
        for thread in threads:
            thread.start()
        kills: dict[str, int] = {}
        worked: list[bool] = []
        number = 1
        while sum(kills.values()) < args.kills:
            number += 1
            write(number)
            more: tuple[str, ...]
            for what, more in (("publish", ()), ("rollback", ()), ("withdraw", ("page#risks",)), ("restore", ("page#risks",))):
                kills[what] = kills.get(what, 0) + commands.kill(what, *more)
                if what != "restore" or withdrawn.read(index):
                    newest = (versions.ids()[-1],) if what == "rollback" else more  # forward again
                    worked.append(commands.finish(what, *newest))
        time.sleep(PICKED_UP + 1)
        stop.set()
        for thread in threads:
            thread.join()
        shown = library.shelf().index.manifest.id
        library.close()
        verdict = audit.verify(index)
        bad = {what: sum(getattr(seen, what) for seen in all_seen) for what in ("wrong", "mixed", "failed", "old")}
        figures = {
            "kills": kills, "commands after a kill that worked": f"{sum(worked)} of {len(worked)}",
            "checked": sum(seen.checked for seen in all_seen), "of them withdrawn": sum(seen.withheld for seen in all_seen), **bad,
            "slowest pick-up, seconds": round(max(seen.slowest for seen in all_seen), 2), "newest is shown": shown == versions.current(),
            "audit problems": list(verdict.problems), "left in staging": len(list(index.glob("staging-*"))),
            "versions kept": len(versions.ids()), "errors": [error for seen in all_seen for error in seen.errors][:3],
        }  # fmt: skip
    print(json.dumps(figures, indent=1))
    return 0 if all(worked) and not any(bad.values()) and not verdict.problems else 1


if __name__ == "__main__":
    sys.exit(main())
