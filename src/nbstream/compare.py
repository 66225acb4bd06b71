"""What runs did differently: `nbs.compare(a, b, …)`.

Runs are aligned by their tool steps. Two steps are the same when tool and input are, the input read as JSON without
what is only said about it. What stands between equal steps is paired by tool, in order; the rest has no counterpart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from uuid import UUID

from nbstream.comparison_html import html
from nbstream.errors import NbstreamError
from nbstream.service import Agent, connect

if TYPE_CHECKING:
    from nbstream.frames import Frame, Store
    from nbstream.messages import AgentRecord
    from nbstream.prices import Prices

Outcome = Literal["same", "other output", "other input", "only first", "only other"]
"""What a step of the first run and its counterpart are to each other."""

RUN_LIMIT: Final = 50
"""Runs of one comparison: each is read whole."""

COMMENTARY: Final = frozenset({"description", "explanation"})
"""Fields of an input that tell a person what a command is for; the same command is often told in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: its record, its tool steps in order, and what it took.

    Args:
        record: the agent.
        steps: rows of `Store.tool_calls`.
        seconds: from its start to its end, or to its last row; None where it has neither.
        input_tokens, output_tokens: None where its source told none.
        cost_usd: US dollars; None where it is not known.
    """

    record: AgentRecord
    steps: Sequence[dict[str, Any]]
    seconds: float | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A step of the first run beside its counterpart; one of them may be missing, never both."""

    step: int
    outcome: Outcome
    first: dict[str, Any] | None
    other: dict[str, Any] | None


class Comparison:
    """Runs beside the first of them; made by `compare`. As the last expression of a cell it shows itself.

    Attributes:
        runs: as they were given.
        pairs: for every run after the first, its aligned steps.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        self.pairs = tuple(tuple(align(runs[0].steps, other.steps)) for other in runs[1:])

    def frame(self) -> Frame:
        """One row per aligned step, by run.

        Columns:
            agent_id (text, a UUID): the run that is compared with the first; step (int, from 1);
            outcome (category): `same`, `other output` (the same call, answered otherwise), `other input`, `only first`,
            `only other`; tool (text); input_first, input_other, output_first, output_other (text);
            is_error_first, is_error_other (bool); seconds_first, seconds_other (float): how long the tool ran;
            seconds_delta (float): other less first;
            sequence_number_first, sequence_number_other (int): where the call begins in either log.
        """
        rows = [
            _row(str(run.record.id), pair)
            for run, pairs in zip(self.runs[1:], self.pairs, strict=True)
            for pair in pairs
        ]
        return _typed(rows, _FRAME, {"outcome": list(get_args(Outcome))})

    def summary(self) -> Frame:
        """One row per run, the first one first.

        Columns:
            agent_id, source, model, status (text); steps (int); first_difference (int): the number of the first step
            that is not the same, NA where all are; seconds (float), input_tokens, output_tokens (int),
            cost_usd (float, US dollars), and each of the four again as `…_delta`: less the first run's.
        """
        return _typed(self._summary(), _SUMMARY)

    def _summary(self) -> list[dict[str, Any]]:
        first, rows = self.runs[0], []
        for number, run in enumerate(self.runs):
            record = run.record
            row = {name: getattr(record, name) for name in ("source", "model", "status")}
            difference = self.first_difference(number) if number else None
            row |= {"agent_id": str(record.id), "steps": len(run.steps)}
            row["first_difference"] = difference.step if difference else None
            for name in MEASURES:
                row[name] = getattr(run, name)
                row[f"{name}_delta"] = _less(getattr(run, name), getattr(first, name))
            rows.append(row)
        return rows

    def first_difference(self, run: int = 1) -> Pair | None:
        """The first aligned step that is not the same; None where all are.

        Args:
            run: whose, counted as given to `compare`; 1 is the second one.

        Raises:
            NbstreamError: there is no such run.
        """
        if not 1 <= run < len(self.runs):
            raise NbstreamError(
                f"expected a run from 1 to {len(self.runs) - 1}, got {run}: 0 is what all are held against"
            )
        return next((pair for pair in self.pairs[run - 1] if pair.outcome != "same"), None)

    def _repr_html_(self) -> str:
        return html(self._summary(), self.pairs)

    def __repr__(self) -> str:
        lines = [f"<Comparison of {len(self.runs)} runs>"]
        for number, run in enumerate(self.runs[1:], 1):
            difference = self.first_difference(number)
            where = f"step {difference.step}, {difference.outcome}" if difference else "none"
            lines.append(f"  {run.record.id}: first difference: {where}")
        return "\n".join(lines)


MEASURES: Final = ("seconds", "input_tokens", "output_tokens", "cost_usd")


def compare(*agents: Agent | UUID | str, store: Store | None = None, prices: Prices | None = None) -> Comparison:
    """Holds runs against the first of them, step by step.

    Args:
        agents: two agents or more, or their ids; at most `RUN_LIMIT`.
        store: where ids are looked up; None takes the default store. An agent brings its own.
        prices: US dollars per million tokens by model, as `Store.usage` takes them.

    Raises:
        NbstreamError: fewer than two agents, or too many.
        AgentNotFound: the store has no agent of that id.
    """
    if not 2 <= len(agents) <= RUN_LIMIT:
        raise NbstreamError(f"expected 2 to {RUN_LIMIT} agents to compare, got {len(agents)}")
    runs = []
    for agent in agents:
        at = agent.store if isinstance(agent, Agent) else store or connect()
        runs.append(_read(at, agent.id if isinstance(agent, Agent) else UUID(str(agent)), prices))
    return Comparison(runs)


def align(first: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> Iterator[Pair]:
    """Yield the steps of two runs beside each other, every step of either once, in order.

    Args:
        first: rows of `Store.tool_calls`.
        other: the same of another run.
    """
    pairs = _paired(first, other)
    for number, (a, b) in enumerate(pairs, 1):
        yield Pair(step=number, outcome=_outcome(a, b), first=a, other=b)


def _paired(
    first: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    # No "junk": a step that is often taken is as much a step.
    blocks = SequenceMatcher(None, [_key(step) for step in first], [_key(step) for step in other], autojunk=False)
    for tag, a, b, c, d in blocks.get_opcodes():
        if tag == "equal":
            yield from zip(first[a:b], other[c:d], strict=True)
            continue
        tools = SequenceMatcher(None, [_tool(s) for s in first[a:b]], [_tool(s) for s in other[c:d]], autojunk=False)
        for inner, e, f, g, h in tools.get_opcodes():
            if inner == "equal":
                yield from zip(first[a + e : a + f], other[c + g : c + h], strict=True)
            else:
                yield from ((step, None) for step in first[a + e : a + f])
                yield from ((None, step) for step in other[c + g : c + h])


def _outcome(first: dict[str, Any] | None, other: dict[str, Any] | None) -> Outcome:
    if other is None:
        return "only first"
    if first is None:
        return "only other"
    if _key(first) != _key(other):
        return "other input"
    answered = [(step["output"], bool(step["is_error"])) for step in (first, other)]
    return "same" if answered[0] == answered[1] else "other output"


def _tool(step: dict[str, Any]) -> tuple[str | None, bool]:
    """A subagent's step is never the main thread's."""
    return step["tool"], step["parent_tool_call_id"] is not None


def _key(step: dict[str, Any]) -> tuple[str | None, bool, str]:
    return (*_tool(step), normalised(step["input"] or ""))


def normalised(text: str) -> str:
    """A tool's input in one spelling: keys in order, no commentary, no white space at the ends of texts."""
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    if isinstance(value, dict) and set(value) - COMMENTARY:
        value = {name: each for name, each in value.items() if name not in COMMENTARY}
    return json.dumps(_stripped(value), sort_keys=True, ensure_ascii=False)


def _stripped(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {name: _stripped(each) for name, each in value.items()}
    return [_stripped(each) for each in value] if isinstance(value, list) else value


def _read(store: Store, agent_id: UUID, prices: Prices | None) -> Run:
    record = store.get_agent(agent_id)
    usage = store.usage(agent_id, by="model", prices=prices, to="arrow").to_pylist()
    return Run(
        record=record,
        steps=store.tool_calls(agent_id, to="arrow").to_pylist(),
        seconds=_seconds(store, record),
        input_tokens=_sum(usage, "input_tokens"),
        output_tokens=_sum(usage, "output_tokens"),
        cost_usd=_sum(usage, "cost_usd"),
    )


def _seconds(store: Store, record: AgentRecord) -> float | None:
    start, end = record.started_at or record.created_at, record.completed_at
    if end is None and (last := store.read(record.id, since=max(0, store.head(record.id) - 1))):
        end = last[-1].created_at
    return (end - start).total_seconds() if start and end else None


def _sum(rows: Sequence[dict[str, Any]], name: str) -> Any:
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def _less(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else value - first


_SIDED: Final = {
    "input": "string",
    "output": "string",
    "is_error": "bool",
    "seconds": "double",
    "sequence_number": "int64",
}
_FRAME: Final = (
    {"agent_id": "string", "step": "int64", "outcome": "string", "tool": "string"}
    | {f"{name}_{side}": kind for name, kind in _SIDED.items() for side in ("first", "other")}
    | {"seconds_delta": "double"}
)
_MEASURED: Final = {"seconds": "double", "input_tokens": "int64", "output_tokens": "int64", "cost_usd": "double"}
_SUMMARY: Final = (
    dict.fromkeys(("agent_id", "source", "model", "status"), "string")
    | {"steps": "int64", "first_difference": "int64"}
    | _MEASURED
    | {f"{name}_delta": kind for name, kind in _MEASURED.items()}
)


def _row(agent_id: str, pair: Pair) -> dict[str, Any]:
    first, other = pair.first or {}, pair.other or {}
    row: dict[str, Any] = {"agent_id": agent_id, "step": pair.step, "outcome": pair.outcome}
    row["tool"] = first.get("tool") or other.get("tool")
    for name in _SIDED:
        row |= {f"{name}_first": first.get(name), f"{name}_other": other.get(name)}
    row["seconds_delta"] = _less(other.get("seconds"), first.get("seconds"))
    return row


def _typed(rows: list[dict[str, Any]], kinds: dict[str, str], categories: dict[str, list[str]] | None = None) -> Frame:
    """The rows as every frame of a store is: Arrow's types, NA where there is nothing."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(kinds)).astype({name: f"{kind}[pyarrow]" for name, kind in kinds.items()})
    return frame.astype({name: pd.CategoricalDtype(words) for name, words in (categories or {}).items()})
