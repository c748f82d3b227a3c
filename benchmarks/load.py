"""Real WebSocket sessions and HTTP requests become figures: answers a second, waiting times, CPU and memory.

    python -m benchmarks.load                                     200 sessions, 20 questions a second, 30 s, then /api/ask
    python -m benchmarks.load --sessions 500 --rate 20 --seconds 600

Starts the app on a free port with the published index and a journal of its own. Questions arrive at random times at
the given rate whether or not earlier ones were answered (an open system): waiting is not hidden by slow clients.
The server's CPU and memory come from /proc of its process alone; the clients' CPU is given apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    "How long does it take?", "What are the risks?", "Can I eat before?", "Who drives me home?", "Is it safe?", "When can I walk?",
    "Do you take Aetna?", "What is SI joint fusion?", "How often is it done?", "Who should not have it?", "What about infection?",
    "Will the pain come back?", "hi", "Where do I park?", "Is it outpatient?", "How many implants?",
)  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Figures:
    """What one kind of load measured. Times in seconds, memory in MiB."""

    asked: int = 0
    failed: int = 0
    waits: list[float] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def summary(self) -> dict[str, Any]:
        waits = sorted(self.waits)
        lasted = time.perf_counter() - self.started
        at = (
            {f"p{share}": round(waits[min(len(waits) - 1, len(waits) * share // 100)], 3) for share in (50, 95, 99)}
            if waits
            else {}
        )
        return {
            "asked": self.asked,
            "answered": len(waits),
            "failed": self.failed,
            "a_second": round(len(waits) / lasted, 1),
            **at,
        }


@dataclass(frozen=True, slots=True)
class Server:
    """The app under load."""

    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU of the server's process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


class Visitor:
    """One open chat: asks, and waits until the script that draws the answer has finished."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.input = ""  # id of the chat input
        self.lock = asyncio.Lock()

    @classmethod
    async def arrive(cls, url: str) -> Visitor:
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        visitor = cls(await connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, ping_interval=None))
        await visitor._run("")
        return visitor

    async def ask(self, question: str) -> None:
        async with self.lock:
            await self._run(question)

    async def _run(self, question: str) -> None:
        message = BackMsg()
        message.rerun_script.query_string = "procedure=si-joint-fusion"
        if question:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.input
            state.chat_input_value.data = question
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(30):
            await self._until_drawn()

    async def _until_drawn(self) -> None:
        while True:
            received = await self.connection.recv()
            if not isinstance(received, bytes):
                continue
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "chat_input":
                self.input = message.delta.new_element.chat_input.id
            if kind == "script_finished":
                return


async def chats(server: Server, sessions: int, rate: float, seconds: float) -> dict[str, Any]:
    """Open chats in which questions arrive at `rate` a second."""
    before = server.memory()
    visitors: list[Visitor] = []
    for _ in range(0, sessions, 10):
        visitors += await asyncio.gather(*(Visitor.arrive(server.url) for _ in range(min(10, sessions - len(visitors)))))
    opened, cpu, own = server.memory(), server.cpu(), _own_cpu()
    figures, tasks, memory = Figures(), [], []
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        tasks.append(asyncio.create_task(_timed(figures, random.choice(visitors).ask(random.choice(QUESTIONS)))))
        if len(tasks) % max(1, int(rate * seconds / 10)) == 0:
            memory.append(round(server.memory()))
        await asyncio.sleep(max(0.0, random.expovariate(rate) - (time.perf_counter() - now)))
    await asyncio.gather(*tasks)
    result = figures.summary()
    answered = max(1, result["answered"])
    result |= {"sessions": len(visitors), "server_cpu_ms": round(1000 * (server.cpu() - cpu) / answered)}
    result |= {
        "client_cpu_ms": round(1000 * (_own_cpu() - own) / answered),
        "memory_before": round(before),
        "memory_open": round(opened),
    }
    await asyncio.gather(*(visitor.connection.close() for visitor in visitors))
    return {**result, "memory": memory}


async def requests(server: Server, at_once: int, seconds: float) -> dict[str, Any]:
    """`POST /api/ask` from `at_once` clients that ask again as soon as they are answered."""
    cpu, own, figures = server.cpu(), _own_cpu(), Figures()
    end = time.perf_counter() + seconds

    async def client(http: httpx.AsyncClient) -> None:
        while time.perf_counter() < end:
            body = {"question": random.choice(QUESTIONS), "procedure": "si-joint-fusion"}
            await _timed(figures, _post(http, f"{server.url}/api/ask", body))

    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=at_once)) as http:
        await asyncio.gather(*(client(http) for _ in range(at_once)))
    result = figures.summary()
    answered = max(1, result["answered"])
    return {
        **result,
        "clients": at_once,
        "server_cpu_ms": round(1000 * (server.cpu() - cpu) / answered),
        "client_cpu_ms": round(1000 * (_own_cpu() - own) / answered),
    }


async def _post(http: httpx.AsyncClient, url: str, body: dict[str, str]) -> None:
    (await http.post(url, json=body)).raise_for_status()


async def _timed(figures: Figures, asking: Any) -> None:
    started = time.perf_counter()
    figures.asked += 1
    try:
        await asking
    except (TimeoutError, OSError, httpx.HTTPError, ConnectionClosed):
        figures.failed += 1
    else:
        figures.waits.append(time.perf_counter() - started)


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def start(data: Path, log: Path) -> tuple[subprocess.Popen[bytes], Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    index = os.environ.get("FAQ_INDEX_DIR", str(ROOT / "data" / "index"))
    environment = {**os.environ, "FAQ_PORT": str(port), "FAQ_DATA_DIR": str(data), "FAQ_INDEX_DIR": index}
    environment |= {"FAQ_RATE_PER_MINUTE": "1000000", "FAQ_MAX_WAITING": "500"}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", process.pid)
    while process.poll() is None:
        try:
            if httpx.get(f"{server.url}/healthz").status_code == 200:
                return process, server
        except httpx.TransportError:
            time.sleep(0.25)
    sys.exit(f"The app did not start:\n{log.read_text(errors='replace')[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="questions a second over all sessions")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=8, help="clients of /api/ask")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as data:
        process, server = start(Path(data), Path(data) / "app.log")
        try:
            load = os.getloadavg()[0]
            result = {"chats": asyncio.run(chats(server, args.sessions, args.rate, args.seconds))}
            result["api_ask"] = asyncio.run(requests(server, args.clients, min(args.seconds, 20)))
        finally:
            process.terminate()
            process.wait(20)
    print(json.dumps({"cores": os.cpu_count(), "load_before": round(load, 2), **result}, indent=2))


if __name__ == "__main__":
    main()
