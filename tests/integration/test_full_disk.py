"""A disk that is full at any write: plain words, exit 1, the last good version goes on answering, nothing is left lying about.

Every operation by which the program writes below its index is made to fail once, at the interpreter's own border
(`sys.addaudithook`); what libraries write by themselves meets a real limit of the kernel (RLIMIT_FSIZE).
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest import __main__ as command
from ingest import audit, withdrawn
from ingest.index import Index
from ingest.versions import Versions
from tests.conftest import CLINIC, ROOT

PAGE = "si-joint-fusion.txt"
LIMITED = """
import resource, sys
from ingest import __main__ as command
command.ask = None
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.exit(command.main(sys.argv[2:]))
"""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass
class Disk:
    """Refuses the `left`th writing operation below `folder`; 0 refuses none."""

    folder: str = ""
    left: int = 0
    refused: str = ""

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.left or event not in ("open", "os.mkdir", "os.rename"):
            return
        path = args[0]
        if not isinstance(path, str | os.PathLike) or not str(path).startswith(self.folder):
            return
        if (event == "open" and not (args[2] or 0) & WRITES) or (event == "os.mkdir" and os.path.isdir(path)):  # noqa: PTH112
            return
        self.left -= 1
        if not self.left:
            self.refused = f"{event} {path}"
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


DISK = Disk()


@pytest.fixture(scope="module", autouse=True)
def watched_disk() -> None:
    sys.addaudithook(DISK)


@dataclass(frozen=True)
class Ran:
    code: int
    words: str
    refused: str  # the operation that failed


@pytest.fixture
def run(own_index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Ran]]:
    """Runs a command with its nth write refused."""
    monkeypatch.setattr(command, "ask", None)  # asking questions takes long and writes nothing of the index

    def one(nth: int, *arguments: str) -> Ran:
        DISK.folder, DISK.left, DISK.refused = str(own_index), nth, ""
        code = command.main([*arguments, "--index", str(own_index)])
        DISK.left = 0
        seen = capsys.readouterr()
        assert "Errno" not in seen.err + seen.out
        return Ran(code, seen.out + seen.err, DISK.refused)

    yield one
    DISK.left = 0


def edited(tmp_path: Path, number: int) -> Path:
    documents = tmp_path / "procedures"
    documents.mkdir(exist_ok=True)
    page = (CLINIC / PAGE).read_text(encoding="utf-8").replace("45 to 90 minutes", f"{number} to 90 minutes")
    (documents / PAGE).write_text(page, encoding="utf-8")
    return documents


def opened(index: Path) -> str:
    """The id of the version that patients read, once every one of its files is as published."""
    versions = Versions(index)
    version = versions.current()
    assert version is not None
    Index(versions.path(version), versions.manifest(version)).close()
    return version


@pytest.mark.timeout(1200)
def test_a_publish_is_refused_at_any_write_and_patients_keep_a_whole_version(
    run: Callable[..., Ran], own_index: Path, tmp_path: Path
) -> None:
    """Withdrawn words keep away too."""
    assert run(0, "withdraw", "si-joint-fusion#serious-risks").code == 0
    before, refused = opened(own_index), []
    for number in range(1, 60):
        done = run(number, "publish", "--documents", str(edited(tmp_path, number)))
        if not done.refused:
            break
        refused.append(done.refused)
        after = opened(own_index)
        assert withdrawn.read(own_index)
        if done.code == 0:  # it came after the switch
            assert after != before and "PATIENTS READ THE NEW VERSION" in done.words, done
        else:
            assert (done.code, after) == (1, before), done
            assert "full" in done.words and "Free some space" in done.words, done
        before = after
    assert done.code == 0, done
    assert opened(own_index) != before and not list(own_index.glob("staging-*"))
    assert not [path.name for path in own_index.iterdir() if path.name.endswith(".new")]
    assert len(Versions(own_index).ids()) <= 5 and audit.verify(own_index).problems == ()
    known = ("publish.lock", "vectors.npy", "manifest.json", "outline.json", "reader_tokens.npy", "AUDIT.jsonl", "CURRENT.new")
    for part in (*known, "os.rename", "withdrawn.lock"):
        assert any(part in one for one in refused), (part, refused)


@pytest.mark.parametrize("size", [0, 3_000, 60_000, 150_000])
def test_what_libraries_write_may_fail_too(size: int, run: Callable[..., Ran], own_index: Path, tmp_path: Path) -> None:
    before = opened(own_index)
    where = ["publish", "--documents", str(edited(tmp_path, 12))]
    limited = [sys.executable, "-c", LIMITED, str(size), *where, "--index", str(own_index)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, "Traceback" in done.stderr, opened(own_index)) == (1, False, before), done.stderr
    assert run(0, *where).code == 0
    assert not list(own_index.glob("staging-*"))


@pytest.mark.parametrize("name", ["withdraw", "restore", "rollback"])
def test_the_quick_commands_do_all_or_nothing(name: str, run: Callable[..., Ran], own_index: Path, tmp_path: Path) -> None:
    place = [] if name == "rollback" else ["si-joint-fusion#serious-risks"]
    if name == "rollback":
        assert run(0, "publish", "--documents", str(edited(tmp_path, 12))).code == 0
    if name == "restore":
        assert run(0, "withdraw", *place).code == 0
    before = (opened(own_index), withdrawn.read(own_index))
    for number in range(1, 20):
        done = run(number, name, *place)
        if not done.refused:
            break
        assert (done.code, (opened(own_index), withdrawn.read(own_index))) == (1, before), done
        assert "full" in done.words
    assert number > 2 and done.code == 0
    assert (opened(own_index), withdrawn.read(own_index)) != before
    assert not [path.name for path in own_index.iterdir() if path.name.endswith(".new")]


def test_the_error_is_typed_for_programs_too(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert json.loads(run(1, "publish", "--json", "--documents", str(edited(tmp_path, 12))).words)["kind"] == "StorageFailed"
