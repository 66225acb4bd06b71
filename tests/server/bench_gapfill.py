"""How long a page of an agent's log takes over HTTP, from a big store, with the server as owner and as joined.

    python tests/server/bench_gapfill.py --rows 1000000 --agents 20 --asks 300

Prints the percentiles of `GET agents/{id}/messages?since=N&limit=1000` at random places, one client, one connection.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent.parent))

from nbstream.frames import Store
from server.serving import JupyterServer
from store.given import agent

INTERLEAVED = """
    INSERT INTO agent_messages
    SELECT uuid(), list_extract($ids, (1 + n % $agents)::INT)::UUID, 1 + n // $agents, 'assistant', 'assistant', 'text',
        'a token of an answer ', repeat('{"a": "frame as it came"}', 6), '{}', now(), 'b', 'append', NULL
    FROM range($rows) t(n) ORDER BY n
"""


def fill(path: Path, rows: int, agents: int) -> list[UUID]:
    """Interleaved rows of several agents, as they come when they run at once; in one statement, since filling is not
    what is measured."""
    with Store.open(path) as store:
        ids = [agent(store, status="completed") for _ in range(agents)]
        writing = store._backend._database.cursor()
        writing.execute(INTERLEAVED, {"ids": [str(one) for one in ids], "agents": agents, "rows": rows})
        writing.execute("UPDATE agents SET next_sequence_number = ?", [rows // agents + 1])
        writing.close()
    return ids


def measure(server: JupyterServer, ids: list, each: int, asks: int, limit: int) -> list[float]:
    """Seconds of each ask."""
    chance, took = random.Random(1), []
    for _ in range(asks):
        since = chance.randrange(0, max(1, each - limit))
        agent_id = chance.choice(ids)
        begin = time.perf_counter()
        answer = server.client.get(f"nbstream/api/agents/{agent_id}/messages", params={"since": since, "limit": limit})
        took.append(time.perf_counter() - begin)
        body = answer.json()
        numbers = [row["sequence_number"] for row in body["messages"]]
        assert numbers == list(range(since + 1, since + 1 + len(numbers))), (answer.status_code, numbers[:3])
        assert len(numbers) == min(limit, each - since)
        assert body["gaps"] == []
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--asks", type=int, default=300)
    parser.add_argument("--limit", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        path = root / "nbstream.duckdb"
        begin = time.perf_counter()
        ids = fill(path, options.rows, options.agents)
        print(f"{options.rows:,} rows of {options.agents} agents in {time.perf_counter() - begin:.0f} s")
        each = options.rows // options.agents
        report("owner", root, ids, each, options)
        with Store.open(path):
            report("joined", root, ids, each, options)


def report(role: str, root: Path, ids: list, each: int, options: argparse.Namespace) -> None:
    with JupyterServer(root, state=root.parent / "state") as server:
        measure(server, ids, each, 5, options.limit)
        took = sorted(measure(server, ids, each, options.asks, options.limit))
    p = {q: took[min(len(took) - 1, int(len(took) * q))] * 1000 for q in (0.5, 0.95, 0.99)}
    print(f"{role}: p50 {p[0.5]:.1f} ms, p95 {p[0.95]:.1f} ms, p99 {p[0.99]:.1f} ms, worst {took[-1] * 1000:.1f} ms")


if __name__ == "__main__":
    main()
