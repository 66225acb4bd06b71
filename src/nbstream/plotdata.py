"""The rows behind the charts: who is meant, what they are called, and bars merged where there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from nbstream.frames import Store
from nbstream.service import connect
from nbstream.store.filters import ids_of

if TYPE_CHECKING:
    import pandas as pd

BARS: Final = 5_000
"""Bars of one chart: a page draws these in a moment; beyond them they are merged."""

SLICES: Final = 400
"""Slices of time that bars are merged into, a lane."""

TOOLS: Final = 40
"""Tools of one chart: those called most."""

MOMENTS: Final = 60
"""Slices of time of a chart of tokens."""

KINDS: Final = {
    "text": "text",
    "reasoning": "reasoning",
    "refusal": "text",
    "tool_call": "tool input",
    "tool": "tool running",
    "error": "error",
}
"""What the bars of a timeline are called; every other kind is a note."""


def meant(what: Any, store: Store | None) -> tuple[Store, tuple[str, ...] | None]:
    """The store and the agents that a reader means.

    Args:
        what: a store, an agent, its id, or several of either; None for all of the store.
        store: where ids are looked up; None takes an agent's own, else the default store.
    """
    if isinstance(what, Store):
        return what, None
    first = what[0] if isinstance(what, Sequence) and not isinstance(what, str) and what else what
    return store or getattr(first, "store", None) or connect(), ids_of(what)


def labels(store: Store, agents: tuple[str, ...] | None) -> dict[str, str]:
    """What each agent is called: the beginning of its prompt; of several alike, and where there is none, its id too."""
    frame = store.agents(agents, to="arrow").select(["id", "prompt", "source"]).to_pylist()
    short = {row["id"]: " ".join((row["prompt"] or row["source"]).split()) for row in frame}
    cut = {agent: text if len(text) <= 34 else text[:33].rstrip() + "…" for agent, text in short.items()}
    alike = {text for text in cut.values() if list(cut.values()).count(text) > 1}
    return {agent: f"{text} · {agent[-6:]}" if text in alike else text for agent, text in cut.items()}


def bars(store: Store, agents: tuple[str, ...] | None) -> pd.DataFrame:
    """One row per bar of a timeline: agent, lane, kind, label, start and end in seconds after the agent's first row."""
    import pandas as pd

    frame = store.timeline(agents)
    named = labels(store, agents)
    frame = frame[frame["kind"] != "response"]
    begun = frame.groupby("agent_id")["started_at"].transform("min")
    calls = store.tool_calls(agents)
    tools = {} if calls.empty else dict(zip(calls["tool_call_id"], calls["tool"], strict=True))
    made = pd.DataFrame(
        {
            "agent": frame["agent_id"].map(named).astype(object),
            "lane": [_lane(parent, tools) for parent in frame["parent_tool_call_id"]],
            "kind": [KINDS.get(kind, "note") for kind in frame["kind"]],
            "label": frame["label"].fillna("").astype(object),
            "start": (frame["started_at"] - begun).dt.total_seconds().astype(float),
            "end": (frame["ended_at"] - begun).dt.total_seconds().astype(float),
            "characters": frame["characters"].fillna(0).astype(int),
            "sequence_number": frame["sequence_number"].astype(int),
        }
    )
    return made.reset_index(drop=True).assign(blocks=1)


def _lane(parent: Any, tools: dict[Any, Any]) -> str:
    if not isinstance(parent, str):
        return "main"
    name = tools.get(parent)
    return f"subagent of {name if isinstance(name, str) else 'a call'} (…{parent[-4:]})"


def merged(frame: pd.DataFrame, limit: int = BARS) -> tuple[pd.DataFrame, float]:
    """The bars, and the seconds of a slice they were merged into: 0 where they are few enough to be drawn each."""
    if len(frame) <= limit:
        return frame, 0.0
    groups = max(1, frame.groupby(["agent", "lane", "kind"]).ngroups)
    slices = max(1, min(SLICES, limit // groups))
    seconds = max(float(frame["end"].max()), 1e-3) / slices
    keys = ["agent", "lane", "kind", (frame["start"] // seconds).rename("slice")]
    made = frame.groupby(keys, observed=True).agg(
        label=("label", lambda names: ", ".join(sorted(set(filter(None, names)))[:3])),
        start=("start", "min"),
        end=("end", "max"),
        characters=("characters", "sum"),
        sequence_number=("sequence_number", "min"),
        blocks=("blocks", "sum"),
    )
    return made.reset_index().drop(columns="slice"), seconds


def spent(store: Store, agents: tuple[str, ...] | None, prices: Any) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Tokens by kind and slice of time, the cost so far, and how the cost is known."""
    import pandas as pd

    frame = store.usage(agents, prices=prices).sort_values("created_at")
    tokens = frame[["input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]].fillna(0).astype(int)
    fresh = (tokens["input_tokens"] - tokens["cache_read_tokens"] - tokens["cache_write_tokens"]).clip(lower=0)
    kinds = {
        "new input": fresh,
        "cache write": tokens["cache_write_tokens"],
        "cache read": tokens["cache_read_tokens"],
        "output": tokens["output_tokens"],
    }
    when = frame["created_at"].astype("datetime64[us, UTC]")
    long = pd.concat(
        [pd.DataFrame({"time": when, "kind": kind, "tokens": values}) for kind, values in kinds.items()]
    ).reset_index(drop=True)
    long["slice"] = _slices(long["time"])
    summed = long.groupby(["slice", "kind"], as_index=False, observed=True).agg(
        tokens=("tokens", "sum"), time=("time", "min"), end=("time", "max")
    )
    cost, rule = _cost(store, agents, frame, prices)
    return summed[summed["tokens"] > 0].drop(columns="slice"), cost, rule


def _slices(times: Any, most: int = MOMENTS) -> Any:
    if times.empty:
        return times.astype("int64")
    since = (times - times.min()).dt.total_seconds()
    return (since / max(float(since.max()), 1e-6) * (most - 1)).round().astype(int)


def _cost(store: Store, agents: tuple[str, ...] | None, frame: pd.DataFrame, prices: Any) -> tuple[pd.DataFrame, str]:
    """The running total of cost: each response by the prices, or each agent's own total at its last report."""
    import pandas as pd

    if len(frame) and frame["computed_usd"].notna().all():
        steps = pd.DataFrame({"time": frame["created_at"], "cost": frame["computed_usd"].astype(float)})
        rule = "by your prices"
    else:
        totals = store.usage(agents, by="agent", prices=prices).dropna(subset=["cost_usd"])
        last = store.messages(agents, type="response").groupby("agent_id")["created_at"].max()
        times = totals["agent_id"].map(dict(last.items()))
        steps = pd.DataFrame({"time": times, "cost": totals["cost_usd"].astype(float)}).dropna()
        rule = "the programs' own totals, when each ended" if len(steps) and steps["cost"].sum() else ""
    steps = steps.sort_values("time").reset_index(drop=True)
    steps["time"] = pd.to_datetime(steps["time"], utc=True)
    steps["so_far"] = steps["cost"].cumsum()
    if len(steps) > BARS:
        steps = steps.iloc[:: len(steps) // BARS + 1]
    return steps, rule


MEASURES: Final = ("time to first token", "gap between deltas", "tool run")


def waits(store: Store, agents: tuple[str, ...] | None) -> pd.DataFrame:
    """One row per wait: which measure, and its seconds (of gaps, each block's median)."""
    import pandas as pd

    series = (
        store.timeline(agents, by="response")["time_to_first_token"],
        store.timeline(agents)["gap_p50_seconds"],
        store.tool_calls(agents)["seconds"],
    )
    made = [
        pd.DataFrame({"measure": name, "seconds": values.dropna().astype(float)})
        for name, values in zip(MEASURES, series, strict=True)
    ]
    frame = pd.concat(made).reset_index(drop=True)
    shown: pd.DataFrame = frame[frame["seconds"] >= 0]
    return shown


def histogram(frame: pd.DataFrame) -> pd.DataFrame:
    """Counts by steps of a third of a factor of two, from a tenth of a millisecond up."""
    import numpy as np
    import pandas as pd

    place = np.round(np.log2(frame["seconds"].clip(lower=1e-4)) * 3)
    counted = frame.assign(place=place).groupby(["measure", "place"], as_index=False).size()
    low, high = 2 ** ((counted["place"] - 0.5) / 3), 2 ** ((counted["place"] + 0.5) / 3)
    made = counted.assign(low=low, high=high, count=counted["size"])
    return pd.DataFrame(made[["measure", "low", "high", "count"]])


def tool_totals(store: Store, agents: tuple[str, ...] | None) -> pd.DataFrame:
    """One row per tool and outcome: calls, and seconds in all; tools by their calls, the most first."""
    calls = store.tool_calls(agents)
    calls = calls.assign(
        tool=calls["tool"].fillna("?").astype(object),
        outcome=[_outcome(error, output) for error, output in zip(calls["is_error"], calls["output"], strict=True)],
        seconds=calls["seconds"].fillna(0).astype(float),
    )
    made = calls.groupby(["tool", "outcome"], as_index=False).agg(calls=("tool", "size"), seconds=("seconds", "sum"))
    order = made.groupby("tool")["calls"].sum().sort_values(ascending=False, kind="stable").index
    kept: pd.DataFrame = made[made["tool"].isin(order[:TOOLS])]
    return kept.reset_index(drop=True)


def _outcome(error: Any, output: Any) -> str:
    if error is True:
        return "failed"
    return "worked" if isinstance(output, str) else "no answer"


_TOTALS: Final = ("agent", "seconds", "input_tokens", "output_tokens", "cost_usd", "tool_calls", "status")


def totals(store: Store, agents: tuple[str, ...] | None, prices: Any) -> pd.DataFrame:
    """One row per agent: seconds from its first row to its last, tokens, cost in US dollars, tool calls, status."""
    import pandas as pd

    named = labels(store, agents)
    used = store.usage(agents, by="agent", prices=prices).set_index("agent_id")
    spans = store.timeline(agents).groupby("agent_id").agg(first=("started_at", "min"), last=("ended_at", "max"))
    calls = store.tool_calls(agents).groupby("agent_id").size()
    status = store.agents(agents).set_index("id")["status"].astype(str)
    rows = [
        {
            "agent": label,
            "seconds": (spans["last"][agent] - spans["first"][agent]).total_seconds() if agent in spans.index else 0.0,
            "input_tokens": _known(used["input_tokens"][agent]),
            "output_tokens": _known(used["output_tokens"][agent]),
            "cost_usd": _known(used["cost_usd"][agent]),
            "tool_calls": int(calls.get(agent, 0)),
            "status": status[agent],
        }
        for agent, label in named.items()
    ]
    return pd.DataFrame(rows, columns=list(_TOTALS))


def _known(value: Any) -> float | None:
    import pandas as pd

    return None if pd.isna(value) else float(value)
