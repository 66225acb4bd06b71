"""What tokens cost: a table that the reader gives, US dollars per million tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A model's price in US dollars per million tokens.

    Args:
        input: input that neither came from the cache nor went into it.
        output: output, reasoning included.
        cache_read: input that came from the cache; None: as `input`.
        cache_write: input that went into the cache; None: as `input`.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None

    def of(self, row: Mapping[str, Any]) -> float | None:
        """The cost of one row of usage, None where it has no tokens."""
        if row["input_tokens"] is None and row["output_tokens"] is None:
            return None
        read, write = row["cache_read_tokens"] or 0, row["cache_write_tokens"] or 0
        plain = max(0, (row["input_tokens"] or 0) - read - write)
        dollars = (
            plain * self.input
            + read * (self.input if self.cache_read is None else self.cache_read)
            + write * (self.input if self.cache_write is None else self.cache_write)
            + (row["output_tokens"] or 0) * self.output
        )
        return dollars / 1e6


COST_RULES: Final = ("agent", "prices", "unknown")
"""Where a cost comes from: the program itself, the reader's prices, or nowhere."""

TOKEN_RULES: Final = ("agent", "responses", "differences")
"""Where tokens come from: the program's own totals, its responses, or what its session's totals grew by."""

Prices = Mapping[str, Price]
"""Models and their prices. A name also stands for every model that begins with it; the longest such name counts."""


def price_of(model: str | None, prices: Prices) -> Price | None:
    """The price of a model, None where the table has none for it."""
    names = [name for name in prices if model is not None and model.startswith(name)]
    return prices[max(names, key=len)] if names else None


def priced(table: pa.Table, prices: Prices) -> pa.Table:
    """The table of usage with `computed_usd`; and `cost_usd` where the program gave none, by `cost_rule`.

    Args:
        table: with `model`, the tokens, and `cost_usd`.
        prices: may be empty.
    """
    rows = table.to_pylist()
    own = [row["cost_usd"] for row in rows]
    computed = [price.of(row) if (price := price_of(row["model"], prices)) else None for row in rows]
    cost = [mine if mine is not None else other for mine, other in zip(own, computed, strict=True)]
    rule = [
        "agent" if mine is not None else "prices" if other is not None else "unknown"
        for mine, other in zip(own, computed, strict=True)
    ]
    rules = _category(rule, COST_RULES)
    table = table.set_column(table.column_names.index("cost_usd"), "cost_usd", pa.array(cost, pa.float64()))
    table = table.append_column("computed_usd", pa.array(computed, pa.float64()))
    return table.append_column("cost_rule", rules)


_SUMMED: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def checked(agents: pa.Table, models: pa.Table) -> pa.Table:
    """One row per agent: its models' totals together, beside what its responses come to and its program says.

    Args:
        agents: with the counts of responses, the program's own, and `cost_usd`, its own too.
        models: totals by agent and model, priced.
    """
    by_agent: dict[str, list[dict[str, Any]]] = {}
    for row in models.to_pylist():
        by_agent.setdefault(row["agent_id"], []).append(row)
    rows = [by_agent.get(agent_id, []) for agent_id in agents.column("agent_id").to_pylist()]
    own = agents.column("cost_usd").to_pylist()
    computed = [_total(each, "computed_usd", whole=True) for each in rows]
    rule = [
        "agent" if mine is not None else "prices" if other is not None else "unknown"
        for mine, other in zip(own, computed, strict=True)
    ]
    cost = [mine if mine is not None else other for mine, other in zip(own, computed, strict=True)]
    names = [", ".join(sorted({row["model"] for row in each if row["model"]})) or None for each in rows]
    columns = {
        "models": pa.array(names, pa.string()),
        **{name: pa.array([_total(each, name) for each in rows], pa.int64()) for name in _SUMMED},
        "cost_usd": pa.array(cost, pa.float64()),
        "computed_usd": pa.array(computed, pa.float64()),
        "cost_rule": _category(rule, COST_RULES),
        "reported_by": _category([each[0]["reported_by"] if each else None for each in rows], TOKEN_RULES),
    }
    front, back = agents.select(["agent_id", "type", "session_id", "responses"]), agents.drop_columns(["cost_usd"])
    for name, column in columns.items():
        front = front.append_column(name, column)
    for name in back.column_names[4:]:
        front = front.append_column(name, back.column(name))
    return front


def _total(rows: Sequence[Mapping[str, Any]], name: str, *, whole: bool = False) -> Any:
    """The sum of what is known; None where nothing is, or, asked for the whole, where something is not."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known and not (whole and len(known) < len(rows)) else None


def _category(words: Sequence[str | None], values: Sequence[str]) -> pa.DictionaryArray:
    codes = pa.array([None if word is None else values.index(word) for word in words], pa.int8())
    return pa.DictionaryArray.from_arrays(codes, pa.array(values, pa.string()))
