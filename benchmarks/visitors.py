"""The app in a process of its own, and visitors with real WebSockets who ask it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).parents[1]
PROCEDURE = "si-joint-fusion"
ANSWER_SECONDS = 30
_TICKS = os.sysconf("SC_CLK_TCK")
_STATUS = re.compile(r'class="faq-announce" data-id="[^"]*" data-status="(\w+)"')


def questions() -> Iterator[str]:
    """About 500 labelled questions in turn, for ever: twice as many as the engine remembers, so that each is worked for."""
    files = ("clinic.jsonl", "clinic_2.jsonl", "synthetic.jsonl")
    lines = [line for name in files for line in (ROOT / "tests" / "quality" / name).read_text(encoding="utf-8").splitlines()]
    return cycle(dict.fromkeys(str(json.loads(line)["question"]) for line in lines))


@dataclass(frozen=True, slots=True)
class Server:
    """The app under load."""

    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU of the server's process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> int:
        """MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(data: Path, port: int, **settings: str) -> Iterator[Server]:
    """The app on the published index with its journal in `data`; stopped as a service manager stops it, with SIGTERM."""
    index, log = os.environ.get("FAQ_INDEX_DIR", str(ROOT / "data" / "index")), data / "app.log"
    own = {"FAQ_PORT": str(port), "FAQ_DATA_DIR": str(data), "FAQ_INDEX_DIR": index, "FAQ_RATE_PER_MINUTE": "1000000"}
    with log.open("ab") as output:
        environment = {**os.environ, **own, **settings}
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        while not _ready(server):
            if process.poll() is not None:
                sys.exit(f"The app did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.25)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


class Visitor:
    """One open chat: asks, and waits until the script that draws the answer has finished."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._input = ""  # id of the chat input
        self._status = ""  # of the last reply drawn
        self._lock = asyncio.Lock()

    @classmethod
    async def arrive(cls, url: str) -> Visitor:
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        visitor = cls(await connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, ping_interval=None))
        await visitor._run("")
        return visitor

    async def ask(self, question: str) -> str:
        """The status of the reply."""
        async with self._lock:
            await self._run(question)
            return self._status

    async def leave(self) -> None:
        await self.connection.close()

    async def _run(self, question: str) -> None:
        message = BackMsg()
        message.rerun_script.query_string = f"procedure={PROCEDURE}"
        if question:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._input
            state.chat_input_value.data = question
        await self.connection.send(message.SerializeToString())
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._until_drawn()

    async def _until_drawn(self) -> None:
        while True:
            received = await self.connection.recv()
            if not isinstance(received, bytes):
                continue
            message = ForwardMsg.FromString(received)
            if message.WhichOneof("type") == "script_finished":
                return
            element = message.delta.new_element
            if element.WhichOneof("type") == "chat_input":
                self._input = element.chat_input.id
            elif found := _STATUS.findall(element.html.body):
                self._status = found[-1]


async def arrived(url: str, count: int) -> list[Visitor]:
    """That many open chats, ten at a time."""
    visitors: list[Visitor] = []
    while len(visitors) < count:
        visitors += await asyncio.gather(*(Visitor.arrive(url) for _ in range(min(10, count - len(visitors)))))
    return visitors
