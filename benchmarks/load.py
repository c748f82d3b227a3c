"""Real WebSocket sessions and HTTP requests become figures: answers a second, waiting times, CPU and memory.

    python -m benchmarks.load                                     everything, two minutes
    python -m benchmarks.load --only chats --sessions 500 --rate 20 --seconds 600     500 open chats, memory over 10 minutes

    engine    the engine alone, in this process: what the rest is measured against
    chats     open chats in which questions arrive at random times at the given rate, whether or not earlier ones were
              answered (an open system): waiting is not hidden by slow clients
    burst     every chat asks in the same moment, with the ordinary limits: answered in time or honestly turned away
    api_ask   clients of POST /api/ask that ask again as soon as they are answered
    restart   the app is stopped and started while questions come: every answer seen is in the journal, chats go on

Starts the app on a free port with the published index and a journal of its own. Questions are about 500 different
ones. The server's CPU and memory come from /proc of its process alone; the clients' CPU is given apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from benchmarks.visitors import PROCEDURE, Server, Visitor, arrived, free_port, questions, running
from bot.faq import Faq
from bot.settings import load_settings
from bot.types import Question
from web.desk import AT_ONCE

PARTS = ("engine", "chats", "burst", "api_ask", "restart")
UNLIMITED = {"FAQ_MAX_WAITING": "500"}  # the load itself is measured, not the limit that patients are kept from it by
WARMING = 8.0  # seconds of questions that are not counted: the first hundred cost a third more
SAMPLES = 20  # of memory
Figured = dict[str, Any]


@dataclass(slots=True)
class Figures:
    """What one kind of load measured. Times in seconds, CPU in ms an answer, memory in MiB."""

    server: Server
    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    _started: float = field(default_factory=time.perf_counter)
    _cpu: float = field(init=False)
    _own: float = field(init=False)

    def __post_init__(self) -> None:
        self._cpu, self._own = self.server.cpu(), _own_cpu()

    async def timed(self, asking: Awaitable[str]) -> None:
        started = time.perf_counter()
        try:
            self.statuses[await asking] += 1
        except (TimeoutError, OSError, httpx.HTTPError, WebSocketException):
            self.failed += 1
        else:
            self.waits.append(time.perf_counter() - started)

    def summary(self) -> Figured:
        waits, lasted = sorted(self.waits), time.perf_counter() - self._started
        drawn = max(1, len(waits))
        shares = {f"p{share}": round(waits[min(drawn - 1, drawn * share // 100)], 3) for share in (50, 95, 99) if waits}
        return {
            "replies": len(waits),
            "failed": self.failed,
            "turned_away": self.statuses["unavailable"],
            "a_second": round(len(waits) / lasted, 1),
            **shares,
            "server_cpu_ms": round(1000 * (self.server.cpu() - self._cpu) / drawn, 1),
            "client_cpu_ms": round(1000 * (_own_cpu() - self._own) / drawn, 1),
        }


def engine(seconds: float) -> Figured:
    """As many at once as the desk lets in."""
    faq, asked, end = Faq.open(load_settings()), questions(), time.perf_counter() + seconds
    started, cpu = time.perf_counter(), _own_cpu()

    def patient(_number: int) -> int:
        count = 0
        while time.perf_counter() < end:
            faq.ask(Question(next(asked), PROCEDURE))
            count += 1
        return count

    with ThreadPoolExecutor(AT_ONCE) as pool:
        count = sum(pool.map(patient, range(AT_ONCE)))
    lasted, used = time.perf_counter() - started, _own_cpu() - cpu
    faq.close()
    return {"replies": count, "a_second": round(count / lasted, 1), "cpu_ms": round(1000 * used / count, 1)}


async def chats(server: Server, sessions: int, rate: float, seconds: float) -> Figured:
    """Open chats in which questions arrive at `rate` a second."""
    before = server.memory()
    visitors = await arrived(server.url, sessions)
    opened, asked, figures = server.memory(), questions(), Figures(server)
    tasks, memory = set[asyncio.Task[None]](), []
    began = due = time.perf_counter()
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(figures.timed(random.choice(visitors).ask(next(asked))))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        if (due - began) * SAMPLES / seconds >= len(memory):
            memory.append(server.memory())
        due += random.expovariate(rate)
    await asyncio.gather(*tasks)
    result = figures.summary() | {"offered_a_second": rate, "sessions": len(visitors)}
    await asyncio.gather(*(visitor.leave() for visitor in visitors))
    return result | {"memory_before": before, "memory_open": opened, "memory": memory}


async def burst(server: Server, sessions: int) -> Figured:
    """Everybody asks in the same moment."""
    visitors, asked = await arrived(server.url, sessions), questions()
    figures = Figures(server)
    await asyncio.gather(*(figures.timed(visitor.ask(next(asked))) for visitor in visitors))
    result = figures.summary() | {"longest": round(max(figures.waits, default=0.0), 2)}
    await asyncio.gather(*(visitor.leave() for visitor in visitors))
    return result


async def api_ask(server: Server, clients: int, seconds: float) -> Figured:
    """`POST /api/ask` from clients that ask again as soon as they are answered."""
    asked, figures, end = questions(), Figures(server), time.perf_counter() + seconds

    async def client(http: httpx.AsyncClient) -> None:
        while time.perf_counter() < end:
            await figures.timed(_post(http, f"{server.url}/api/ask", next(asked)))

    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=clients)) as http:
        await asyncio.gather(*(client(http) for _ in range(clients)))
    return figures.summary() | {"clients": clients}


async def _post(http: httpx.AsyncClient, url: str, question: str) -> str:
    answer = await http.post(url, json={"question": question, "procedure": PROCEDURE})
    return str(answer.raise_for_status().json()["status"])


def restart(data: Path, sessions: int, rounds: int) -> Figured:
    """All chats ask again and again while the app is stopped; then it starts on the same port and they go on."""
    port, asked = free_port(), questions()
    with running(data, port, **UNLIMITED) as server:
        before = asyncio.run(_until_stopped(server, sessions, rounds, asked))
    with running(data, port, **UNLIMITED) as server:
        after = asyncio.run(burst(server, sessions))["replies"]
    with closing(sqlite3.connect(data / "journal.sqlite")) as db:
        rows = db.execute("SELECT count(*) FROM turns").fetchone()[0]
    return {
        "replies_seen": before + after,
        "after_the_restart": after,
        "journal_rows": rows,
        "lost": max(0, before + after - rows),
    }


async def _until_stopped(server: Server, sessions: int, rounds: int, asked: Iterator[str]) -> int:
    figures, visitors = Figures(server), await arrived(server.url, sessions)

    async def patient(visitor: Visitor) -> None:
        while not figures.failed:
            await figures.timed(visitor.ask(next(asked)))

    asking = asyncio.gather(*(patient(visitor) for visitor in visitors))
    while len(figures.waits) < rounds * sessions:
        await asyncio.sleep(0.05)
    os.kill(server.pid, 15)  # in the middle: some questions are in the engine, some wait
    await asking
    return len(figures.waits)


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="questions a second over all sessions")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=8, help="clients of /api/ask")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for part in args.only or PARTS:
        load = round(os.getloadavg()[0], 2)
        with tempfile.TemporaryDirectory() as data:
            print(json.dumps({part: _figured(part, Path(data), args), "cores": os.cpu_count(), "load_before": load}), flush=True)


def _figured(part: str, data: Path, args: argparse.Namespace) -> Figured:
    match part:
        case "engine":
            return engine(min(args.seconds, 20))
        case "restart":
            return restart(data, 20, 5)
        case "burst":
            with running(data, free_port()) as server:
                return asyncio.run(burst(server, min(args.sessions, 100)))
    with running(data, free_port(), **UNLIMITED) as server:
        asyncio.run(api_ask(server, args.clients, WARMING))
        if part == "chats":
            return asyncio.run(chats(server, args.sessions, args.rate, args.seconds))
        return asyncio.run(api_ask(server, args.clients, min(args.seconds, 20)))


if __name__ == "__main__":
    sys.exit(main())
