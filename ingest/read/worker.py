"""The child process in which files are read: one request a line on standard input, one answer a line on standard output.

Started by `ingest/read/child.py`, which ends it when a file takes too long. Its memory is limited, it may write no file.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any

from ingest.read.formats import read_bytes
from ingest.read.problems import error
from ingest.types import DocumentError

MEMORY = 1_500_000_000  # bytes of address space: the largest real file of a test set needed 400 million
AGAIN = "Open it in the program it was made with and save it again."


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # what a library prints is no answer
    while header := sys.stdin.buffer.readline():
        request = json.loads(header)
        raw = sys.stdin.buffer.read(request["size"])
        answers.write(json.dumps(answer(raw, request["name"], request["suffix"])).encode() + b"\n")
        answers.flush()


def answer(raw: bytes, name: str, suffix: str) -> dict[str, Any]:
    """The content, or the one problem that stops the file; whatever a reader raises becomes a problem here."""
    try:
        return {"content": asdict(read_bytes(raw, name, suffix))}
    except DocumentError as stop:
        return {"problem": asdict(stop.problem)}
    except (MemoryError, RecursionError):
        return {"problem": asdict(error("too-complex", name, "The file needs more memory than a page should.", AGAIN))}
    except Exception as unknown:  # noqa: BLE001  readers of foreign formats raise anything; the border turns it into words
        return {"problem": asdict(error("damaged", name, f"The file is damaged ({type(unknown).__name__}).", AGAIN))}


if __name__ == "__main__":
    main()
