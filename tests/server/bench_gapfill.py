"""How long a page of an agent's log takes over HTTP, from a big store, with the server as owner and as joined.

    python tests/server/bench_gapfill.py [--quick] [--json FILE] [--rows 1000000] [--agents 20] [--asks 300]

Percentiles of `GET agents/{id}/messages?since=N&limit=1000` at random places, one client, one connection.
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

from benchmarks.figures import OURS, Figure, figure, hand_in, options
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
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--asks", type=int, default=300)
    parser.add_argument("--limit", type=int, default=1_000)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rows, chosen.asks = chosen.rows // 10, chosen.asks // 10
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        path = root / "nbstream.duckdb"
        ids = fill(path, chosen.rows, chosen.agents)
        each = chosen.rows // chosen.agents
        figures += percentiles("owner", root, ids, each, chosen)
        with Store.open(path):
            figures += percentiles("joined", root, ids, each, chosen)
    hand_in(figures, chosen.json)


def percentiles(role: str, root: Path, ids: list, each: int, chosen: argparse.Namespace) -> list[Figure]:
    """With the server as the store's owner, or joined to the kernel that is."""
    with JupyterServer(root, state=root.parent / "state") as server:
        measure(server, ids, each, 5, chosen.limit)
        took = sorted(measure(server, ids, each, chosen.asks, chosen.limit))
    case = f"{chosen.limit:,} of {chosen.rows:,} rows, the server {role}"
    return [
        figure("gapfill", f"{case}: {label}", OURS, "ms", [1e3 * took[min(len(took) - 1, int(len(took) * part))]])
        for label, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]


if __name__ == "__main__":
    main()
