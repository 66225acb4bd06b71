"""A store with something to draw: three agents that answered, thought, called tools and had a subagent."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from store.given import START, agent

TASKS = (
    ("Find out why the nightly import is slow", 11, 1.0),
    ("The same, with a smaller model", 19, 0.6),
    ("Write the tests for the importer", 7, 1.5),
)
TOOLS = (("Read", 0.08), ("Grep", 0.5), ("Bash", 6.0), ("Edit", 0.12), ("WebFetch", 2.2))


class Run:
    """One agent's rows, written on a clock of its own."""

    def __init__(self, who: UUID, seed: int, pace: float) -> None:
        self.who, self.pace, self.chosen = who, pace, random.Random(seed)
        self.now = START + timedelta(hours=seed)
        self.rows: list[AgentMessage] = []
        self.blocks = 0

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def row(self, content: str, **fields: Any) -> None:
        self.rows.append(AgentMessage(content=content, created_at=self.now, **fields))

    def stream(self, part: str, deltas: int, response: str, **more: Any) -> None:
        """A block that comes word by word."""
        self.blocks += 1
        about = {"gen_ai.response.id": response, "gen_ai.response.model": "sonata-4", **more}
        for _ in range(deltas):
            self.wait(self.chosen.lognormvariate(-3.4, 0.5) / self.pace)
            self.row(
                "word " * 3,
                type="assistant",
                role="assistant",
                op="append",
                part=part,
                block=f"b{self.blocks}",
                metadata=about,
            )

    def tool(self, name: str, seconds: float, response: str, parent: str | None, *, failed: bool = False) -> str:
        """A call and its result."""
        self.blocks += 1
        call = f"call_{self.blocks:04}"
        about = {"gen_ai.tool.name": name, "gen_ai.tool.call.id": call, "gen_ai.response.id": response}
        about |= {"nbstream.parent_tool_call_id": parent} if parent else {}
        for piece in ('{"path": ', '"import.py"}'):
            self.wait(0.12 / self.pace)
            self.row(piece, type="tool", role="assistant", op="append", part="tool_call", block=call, metadata=about)
        self.wait(seconds * self.chosen.uniform(0.6, 1.6))
        result = about | ({"nbstream.is_error": True} if failed else {"nbstream.is_error": False})
        self.row("ok", type="tool", role="tool", op="set", part="tool_call_response", block=call + "r", metadata=result)
        return call

    def usage(self, response: str, into: int, cached: int, out: int) -> None:
        about = {
            "nbstream.kind": "usage",
            "gen_ai.response.id": response,
            "gen_ai.response.model": "sonata-4",
            "gen_ai.usage.input_tokens": into,
            "gen_ai.usage.cache_read.input_tokens": cached,
            "gen_ai.usage.cache_write.input_tokens": (into - cached) // 3,
            "gen_ai.usage.output_tokens": out,
        }
        self.row("", type="system", op="note", metadata=about)


def tell(store: Store) -> list[UUID]:
    """Fill a store; the ids of its agents."""
    agents = []
    for seed, (prompt, turns, pace) in enumerate(TASKS):
        who = agent(store, prompt=prompt, status="running", created_at=START + timedelta(hours=seed))
        run = Run(who, seed, pace)
        for number in range(turns):
            _turn(run, number, turns)
        run.row(
            "Completed",
            type="response",
            op="note",
            metadata={"nbstream.cost_usd": round(0.011 * turns * pace, 4), "nbstream.turns": turns},
        )
        store.save(who, run.rows).result()
        store.update_agent(who, status="completed").result()
        agents.append(who)
    return agents


def _turn(run: Run, number: int, turns: int) -> None:
    response = f"r{number}"
    run.wait(run.chosen.lognormvariate(-0.3, 0.5))
    if number % 3 == 0:
        run.stream("reasoning", 25, response)
    run.stream("text", run.chosen.randrange(20, 70), response)
    if number < turns - 1:
        name, seconds = TOOLS[run.chosen.choices(range(5), (6, 4, 3, 3, 1))[0]]
        call = run.tool(name, seconds, response, None, failed=name == "Bash" and number % 2 == 0)
        if number == 2:
            for extra in range(3):
                run.stream("text", 15, f"sub{extra}", **{"nbstream.parent_tool_call_id": call})
                run.tool("Grep", 0.7, f"sub{extra}", call)
    else:
        run.row(json.dumps({"done": True}), type="system", op="note", metadata={"nbstream.kind": "notice"})
    cached = 0 if number == 0 else 3_000 + 800 * number
    run.usage(response, 4_000 + 900 * number, cached, run.chosen.randrange(150, 900))


def pictures(folder: Path) -> None:
    """Draw every chart of the documentation: `python tests/story.py docs/images`."""
    import tempfile

    import vl_convert

    from nbstream import plots
    from nbstream.prices import Price

    with tempfile.TemporaryDirectory() as scratch, Store.open(Path(scratch) / "history.duckdb") as store:
        agents = tell(store)
        prices = {"sonata": Price(input=3, output=15, cache_read=0.3, cache_write=3.75)}
        charts = {
            "timeline": plots.timeline(agents[0], store=store),
            "usage": plots.usage(agents[1], prices=prices, store=store),
            "latency": plots.latency(store),
            "tools": plots.tools(store),
            "compare": plots.compare(store),
        }
        for name, chart in charts.items():
            for look, ground in (("", "white"), ("-dark", "#111111")):
                spec = chart.to_dict() | {"background": ground}
                spec["config"] = spec["config"] | {"background": ground}
                (folder / f"plot-{name}{look}.png").write_bytes(vl_convert.vegalite_to_png(spec, scale=1.5))


if __name__ == "__main__":
    import sys

    pictures(Path(sys.argv[1]))
