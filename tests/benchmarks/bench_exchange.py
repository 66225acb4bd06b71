"""What retention and exchange cost: `python tests/benchmarks/bench_exchange.py [ROWS]`, in a folder of its own.

Prints rows a second of each way in and out, and bytes a row before and after a compaction.
"""

from __future__ import annotations

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import pyarrow as pa

from nbstream.exchange import export_history, import_history, log_hash
from nbstream.frames import Store
from nbstream.messages import AgentRecord
from nbstream.store import new_id
from nbstream.store.rows import MESSAGE_COLUMNS


def rows_of(agent_id: str, count: int, first: int) -> pa.Table:
    """Deltas of 20 characters, 100 to a block, each with its event as `raw`."""
    import duckdb

    sql = f"""
        SELECT uuid()::VARCHAR AS id, '{agent_id}' AS agent_id, n AS sequence_number, 'assistant' AS type,
            'assistant' AS role, 'text' AS part, md5(n::VARCHAR)[1:19] || ' ' AS content,
            '{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"' || md5(n::VARCHAR)[1:19] || ' "}}}}'
            AS raw, '{{}}' AS metadata, TIMESTAMPTZ '2026-01-01 00:00:00+00' + n * INTERVAL 10 MILLISECOND AS created_at,
            'm/' || (n // 100) AS block, 'append' AS op, NULL::VARCHAR AS event_id
        FROM range({first}, {first + count}) t(n)
    """
    return duckdb.sql(sql).to_arrow_table().select(list(MESSAGE_COLUMNS))


def main(rows: int) -> None:
    def timed(what: str, call):
        begun = time.perf_counter()
        result = call()
        seconds = time.perf_counter() - begun
        print(f"{what:<22} {seconds:7.2f} s  {rows / seconds:10,.0f} rows/s", flush=True)
        return result

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with Store.open(folder / "a.duckdb") as store:
            agents = [AgentRecord(id=new_id(), type="claude", status="completed", source="x") for _ in range(4)]
            each = rows // len(agents)
            for agent in agents:
                store.create_agent(agent)
                for first in range(1, each + 1, 100_000):
                    store.restore([], rows_of(str(agent.id), min(100_000, each + 1 - first), first), {}).result()
                store.restore([], None, {str(agent.id): [each + 1, 0, None, None]}).result()
            timed("export jsonl", lambda: export_history(store, folder / "a.jsonl"))
            timed("export parquet", lambda: export_history(store, folder / "a.parquet"))
            for name in ("a.jsonl", "a.parquet"):
                print(f"{name}: {(folder / name).stat().st_size / rows:.0f} bytes a row")
            wanted = log_hash(store)
            for file in (folder / "a.jsonl", folder / "a.parquet"):
                with Store.open(file.with_suffix(file.suffix + ".duckdb")) as other:
                    timed(f"import {file.name}", partial(import_history, file, store=other))
                    assert log_hash(other) == wanted
                    timed(f"again {file.name}", partial(import_history, file, store=other))
            done = timed("compact", store.compact)
            print(
                f"rows {done.rows_before:,} → {done.rows_after:,}, bytes in use {done.bytes_before:,} → {done.bytes_after:,}: "
                f"{done.bytes_before / rows:.0f} → {done.bytes_after / rows:.0f} for each row there was"
            )
            timed("delete", lambda: store.delete(agents[0].id))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
