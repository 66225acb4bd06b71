"""One DuckDB file, opened by one process: its lock, its settings, and what to say when it will not open."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from pathlib import Path
from typing import Final

import duckdb

from nbstream.errors import NotAStore, SaveFailed, StoreError, StoreLocked, StoreTooNew
from nbstream.store.schema import migrate

CHECKPOINT_BYTES: Final = 16 * 1024 * 1024
"""A write-ahead log of this size is moved into the file at once: its rows are in memory until then.

Measured against 64 MiB, 2,000 rows a second: commits stall for 170 ms instead of 440, for 1.0 instead of 0.5 % of the
time; up to 35 MB of rows in memory instead of 88; after a kill the store opens in 1.2 s instead of 2.6.
"""

IDLE_CHECKPOINT_BYTES: Final = 1024 * 1024
"""The same when nobody is waiting."""

_BUSY_SECONDS: Final = 5.0
"""How long a database that is lost waits for its readers to leave."""

# What SQL of readers must not reach is shut for the whole instance, since DuckDB keeps settings per file and process.
# The store's own file stays open to it. The automatic checkpoint is off because it stalls the commit that triggers it;
# the writer does it between commits. Queries may spill to disk, but must not fill it.
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "checkpoint_threshold": "1TB",
    "max_temp_directory_size": "8GB",
    # For the writer alone, which lets go of what DuckDB keeps of the file; a reader's SET is refused by its kind.
    "allowed_configs": ["memory_limit"],
}

CLOSED: Final = "this store was closed: open it again with nbstream.connect()"

MEMORY: Final = Path(":memory:")


class Database:
    """An open file that this process owns.

    Args:
        path: absolute, or `:memory:` for one that is gone at the end.

    Raises:
        StoreLocked: another program holds the file.
        NotAStore: the file is there and is not a store.
        StoreTooNew: a later nbstream wrote it.
        StoreError: the folder is missing or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = self._connect()
        self._identity = self._stat()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one thread; close it."""
        with self._lock:
            return self._connection.cursor()

    def reopen(self) -> None:
        """Connect anew, after DuckDB has declared the connection lost."""
        with self._lock:
            until = time.monotonic() + _BUSY_SECONDS
            while True:
                try:
                    self._connection.close()
                    break
                except duckdb.ResourceInUseException:  # a reader is about to learn that the database is lost
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.01)
            self._connection = self._connect()
            self._identity = self._stat()

    def close(self) -> bool:
        """Write everything into the file and give up its lock; False while a cursor is at work."""
        with self._lock:
            try:
                self._connection.close()
            except duckdb.ResourceInUseException:
                return False
            return True

    def check(self) -> None:
        """Prove that the name still leads to the file that is open; costs 2 µs.

        Raises:
            SaveFailed: it was moved, deleted or replaced, so that what is written now could not be found again.
        """
        if self._stat() != self._identity:
            raise SaveFailed(
                f"{self.path} was moved, deleted or replaced while it was open: "
                "nothing more is saved until it is back, or the store is opened again"
            )

    def checkpoint_due(self, idle: bool) -> bool:
        """Whether the write-ahead log is large enough to be moved into the file now."""
        try:
            size = self._log_path.stat().st_size
        except OSError:
            return False
        return size >= (IDLE_CHECKPOINT_BYTES if idle else CHECKPOINT_BYTES)

    def keep_private(self) -> None:
        """Have the write-ahead log there, for its owner only, before DuckDB makes it for everybody to read.

        DuckDB deletes the log at each checkpoint and makes it anew at the next commit, with the process's umask.
        """
        if self.path != MEMORY and not self._log_path.exists():
            with contextlib.suppress(OSError):
                os.close(os.open(self._log_path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    @property
    def _log_path(self) -> Path:
        return self.path.with_name(self.path.name + ".wal")

    def _stat(self) -> tuple[int, int] | None:
        if self.path == MEMORY:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_dev, found.st_ino)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self.path != MEMORY and not self.path.parent.is_dir():
            raise StoreError(f"the folder {self.path.parent} does not exist: make it, or choose another path")
        new = not self.path.exists()
        try:
            connection = duckdb.connect(str(self.path), config=_SETTINGS)
        except duckdb.Error as error:
            raise _explained(self.path, error) from error
        try:
            if new and self.path != MEMORY:
                self.path.chmod(0o600)
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            self.keep_private()
            migrate(connection, str(self.path))
            connection.execute("SET lock_configuration = true")
        except BaseException:
            connection.close()
            raise
        return connection


def _explained(path: Path, error: duckdb.Error) -> StoreError:
    """What DuckDB said, as one of our errors that says what to do."""
    said = str(error)
    if "Conflicting lock" in said:
        match = re.search(r"held in (.*?)\(PID (\d+)\)", said)
        pid = int(match[2]) if match else None
        holder = f"process {pid} ({match[1].strip()})" if match else "another process"
        return StoreLocked(
            f"{path} is open in {holder}, which does not share it: close it there, "
            f"or stop that process, then open the store again",
            pid=pid,
        )
    if "different configuration" in said:
        return StoreLocked(
            f"{path} is open in this process already, by duckdb.connect(): close that connection, "
            "and read the store with store.sql()",
            pid=os.getpid(),
        )
    if "valid DuckDB database file" in said or "Is a directory" in said or path.is_dir():
        return NotAStore(f"{path} is not a DuckDB file: expected a store or no file at all; choose another name")
    if "newer" in said or "version number" in said:
        return StoreTooNew(f"{path} was written by another DuckDB: pip install --upgrade duckdb ({said})")
    return StoreError(f"{path} cannot be opened for writing: {said}")
