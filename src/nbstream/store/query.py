"""SQL of readers: one statement that reads, in a transaction that cannot write, in an instance that is shut.

Three locks, because the engine has no inner boundary: the kind of the statement is checked before it runs, its
transaction is READ ONLY, and the instance has no file access, no extensions and no settings to change
(`connection.py`). None of it bounds time or memory: a query is its author's own power over their own process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import duckdb

from nbstream.errors import QueryRefused, StoreClosed
from nbstream.store.connection import CLOSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

# PIVOT is MULTI: DuckDB looks for the columns first. What else is MULTI is stopped by the other two locks.
_READING: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI})


def run(
    cursor: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
) -> pa.Table:
    """The result of one reading statement, whole, as Arrow.

    Args:
        cursor: a connection of its own.
        sql: one statement.
        params: values for `?` or `$name`.

    Raises:
        QueryRefused: it would change the store, reach outside it, or is more than one statement; or it is not SQL
            that this store can answer.
        StoreClosed: the store was closed while it ran.
    """
    try:
        _check(cursor, sql)
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        return cursor.sql(sql, params=_plain(params)).to_arrow_table()
    except duckdb.PermissionException as error:
        raise QueryRefused(f"a query reads this store only, no files and no network: {error}") from error
    except duckdb.TransactionException as error:
        raise QueryRefused(f"a query may not change the store: {error}") from error
    except (duckdb.InterruptException, duckdb.ConnectionException) as error:
        raise StoreClosed(CLOSED) from error
    except duckdb.Error as error:
        raise QueryRefused(f"the store cannot answer this query: {error}") from error


def _check(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = cursor.extract_statements(sql)
    if len(statements) != 1:
        raise QueryRefused(f"expected one SQL statement, got {len(statements)}: send them one by one")
    kind = statements[0].type
    if kind not in _READING:
        raise QueryRefused(f"expected a SELECT, got {kind.name}: a query may not change the store or its settings")


def _plain(params: Sequence[Any] | Mapping[str, Any] | None) -> Any:
    if params is None:
        return None
    return dict(params) if hasattr(params, "keys") else list(params)
