"""Many readers of many agents for a while: nothing lost, doubled or out of order, and memory flat.

    python tests/server/soak.py --clients 50 --agents 20 --minutes 5

A real server process under a base URL; a writer process that owns the store, as a kernel does, and writes all agents; every
client is a real WebSocket that follows some of the agents, goes away now and then, and comes back with its last number.
At the end each client's lists are compared with the store's, number by number and id by id.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psutil
from tornado.websocket import WebSocketClosedError, websocket_connect

from nbstream.frames import Store
from nbstream.wire import read_batch
from server.serving import JupyterServer
from store.given import agent, environment, message

FOLLOWS = 4
"""Agents that one client follows."""


def write(path: str, ids: list, seconds: float, rate: float) -> None:
    """The writer's process: rows of all agents at `rate` a second each, then their ends."""
    with Store.open(path) as store:
        print(store.role, flush=True)
        sys.stdin.readline()
        until, number = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            begin = time.monotonic()
            burst = max(1, round(rate / 10))
            futures = [
                store.save(one, [message(one, number + n) for n in range(1, burst + 1)], last_event_id=str(number))
                for one in ids
            ]
            number += burst
            for future in futures:
                future.result()
            threading.Event().wait(max(0.0, 0.1 - (time.monotonic() - begin)))
        for one in ids:
            store.update_agent(one, status="completed").result()
        print(json.dumps({"rows": number * len(ids)}), flush=True)
        sys.stdin.readline()


class Client:
    """One reader: its lists, and how often it came back."""

    def __init__(self, url: str, follows: list[str], chance: random.Random) -> None:
        self.url, self.follows, self.chance = url, follows, chance
        self.rows: dict[str, list[tuple[int, str]]] = {one: [] for one in follows}
        self.done: set[str] = set()
        self.connections = 0
        self.codes: dict[int | None, int] = {}

    async def run(self) -> None:
        while len(self.done) < len(self.follows):
            socket = await websocket_connect(self.url)
            self.connections += 1
            leave = asyncio.get_running_loop().time() + self.chance.uniform(20, 90)
            try:
                for one in self.follows:
                    since = self.rows[one][-1][0] if self.rows[one] else 0
                    await socket.write_message(json.dumps({"type": "subscribe", "agent_id": one, "since": since}))
                while len(self.done) < len(self.follows) and asyncio.get_running_loop().time() < leave:
                    text = await socket.read_message()
                    if text is None:
                        break
                    self.take(json.loads(text))
            except WebSocketClosedError:
                pass
            self.codes[socket.close_code] = self.codes.get(socket.close_code, 0) + 1
            socket.close()

    def take(self, frame: dict) -> None:
        if frame["type"] == "agent:message":
            self.rows[frame["agent_id"]] += [(row.sequence_number, row.content) for row in read_batch(frame)]
        elif frame["type"] == "agent:complete":
            self.done.add(frame["agent_id"])
        elif frame["type"] == "agent:error":
            raise AssertionError(frame)


async def follow(
    server: JupyterServer, ids: list[str], options: argparse.Namespace
) -> tuple[list[Client], list[float]]:
    chance = random.Random(7)
    clients = [
        Client(server.socket_url, chance.sample(ids, min(FOLLOWS, len(ids))), random.Random(n))
        for n in range(options.clients)
    ]
    process, curve = psutil.Process(server.process.pid), []

    async def watch() -> None:
        begin = time.monotonic()
        while True:
            curve.append(process.memory_info().rss / 2**20)
            rows = sum(len(lst) for client in clients for lst in client.rows.values())
            print(f"{time.monotonic() - begin:5.0f} s  {curve[-1]:6.1f} MB  {rows:9,} rows received", flush=True)
            await asyncio.sleep(options.minutes * 60 / 20)

    watching = asyncio.create_task(watch())
    async with asyncio.timeout(options.minutes * 60 + 240):
        await asyncio.gather(*(client.run() for client in clients))
    watching.cancel()
    return clients, curve


def soak(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        path = root / "nbstream.duckdb"
        with Store.open(path) as store:
            ids = [str(agent(store, status="running")) for _ in range(options.agents)]
        argv = [sys.executable, __file__, "--write", str(path), "--minutes", str(options.minutes), "--rate",
                str(options.rate), "--ids", *ids]  # fmt: skip
        writer = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        try:
            assert writer.stdout.readline().strip() == "owner"
            with JupyterServer(root, state=Path(folder) / "state") as server:
                writer.stdin.write("go\n")
                writer.stdin.flush()
                clients, curve = asyncio.run(follow(server, ids, options))
                wrote = json.loads(writer.stdout.readline())["rows"]
                check(path, clients)
        finally:
            writer.kill()
            writer.wait()
            writer.stdin.close()
            writer.stdout.close()
    received = sum(len(rows) for client in clients for rows in client.rows.values())
    codes: dict[int | None, int] = {}
    for client in clients:
        for code, count in client.codes.items():
            codes[code] = codes.get(code, 0) + count
    half = curve[len(curve) // 2 :]
    print(f"{wrote:,} rows written, {received:,} received by {len(clients)} clients, all lists equal to the store's")
    print(f"{sum(client.connections for client in clients)} connections, close codes {codes}")
    print(f"memory: start {curve[0]:.0f} MB, half {half[0]:.0f} MB, end {half[-1]:.0f} MB, most {max(curve):.0f} MB")
    growth = half[-1] - half[0]
    assert growth < options.grow, (
        f"memory grew by {growth:.0f} MB in the second half, expected less than {options.grow}"
    )


def check(path: Path, clients: list[Client]) -> None:
    with Store.open(path) as store:
        assert store.role == "joined"
        table = store.query("SELECT agent_id::VARCHAR AS agent, sequence_number AS n, content "
                            "FROM agent_messages ORDER BY agent, n").to_pylist()  # fmt: skip
        stored: dict[str, list[tuple[int, str]]] = {}
        for row in table:
            stored.setdefault(row["agent"], []).append((row["n"], row["content"]))
    for client in clients:
        for one, rows in client.rows.items():
            assert rows == stored[one], f"{one}: {len(rows)} rows, the store has {len(stored[one])}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=20.0, help="rows a second of each agent")
    parser.add_argument("--grow", type=float, default=30.0, help="MB that the second half may add")
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("--ids", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        from uuid import UUID

        write(options.write, [UUID(one) for one in options.ids], options.minutes * 60, options.rate)
    else:
        soak(options)


if __name__ == "__main__":
    main()
