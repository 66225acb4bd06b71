"""The history as DataFrames: one table, one row per noun.

| method         | one row per … |
|----------------|---------------|
| `agents`       | agent |
| `messages`     | `AgentMessage`: the log, deltas included |
| `transcript`   | content block, as a reader sees it |
| `tool_calls`   | tool call, with its result |
| `usage`        | model response that reported its tokens, each counted once |
| `sql`          | row of your query |

Columns are Arrow-backed in pandas: UUIDs and JSON are text, times are UTC with microseconds, a missing value is NA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from nbstream.errors import MissingExtra
from nbstream.store import MessageStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

Format = Literal["pandas", "polars", "arrow"]
Frame = Any
"""A pandas or polars DataFrame or a pyarrow Table, by `to`."""


class Store(MessageStore):
    """A store whose history comes as DataFrames.

    Every method of frames takes `to`: `pandas` (the default), `polars` (needs the extra of that name) or `arrow`.
    """

    def sql(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, *, to: Format = "pandas"
    ) -> Frame:
        """The result of one reading SQL statement on `agents`, `agent_messages` and `transcript`.

        Raises:
            QueryRefused: it would change the store or reach outside it, or it is not SQL the store can answer.
        """
        return _frame(self.query(query, params), to)


def _frame(table: pa.Table, to: Format) -> Frame:
    if to == "arrow":
        return table
    if to == "pandas":
        import pandas as pd

        return table.to_pandas(types_mapper=pd.ArrowDtype)
    if to == "polars":
        try:
            import polars as pl
        except ImportError as error:
            raise MissingExtra("DataFrames of polars", "polars") from error
        return pl.from_arrow(table)
    raise ValueError(f"expected to='pandas', 'polars' or 'arrow', got {to!r}")
