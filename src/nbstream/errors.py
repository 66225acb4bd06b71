"""Every error nbstream raises, in one tree.

NbstreamError
├── ProtocolError           the other side sent what the standard does not allow us to accept
│   └── EventTooLarge       one Server-Sent Event, or one line, is over the limit
├── SourceError             where bytes come from
│   ├── UnknownSource       no source of that name is installed
│   ├── SourceUnavailable   nobody answers; trying again may help
│   ├── SourceRefused       the other side answered no; trying again will not help
│   ├── SourceGone          what was asked for is not there any more
│   └── ProgramNotFound     the agent's program is not installed
├── StoreError              where messages are kept
│   ├── StoreLocked         another program holds the file
│   ├── NotAStore           the file is there and is not a DuckDB file of ours
│   ├── StoreTooNew         the file was written by a later nbstream
│   ├── StoreClosed         the store was closed by this process
│   ├── SaveFailed          the commit failed: disk full, read-only, moved away
│   └── IdConflict          the same id came with different bytes
├── AgentNotFound           no agent of that id in this store
│   └── AgentDeleted        there was one, and it was deleted
├── AgentBusy               the agent still runs, so it cannot be told anything
├── QueryRefused            SQL that would change the store, or read outside it
└── MissingExtra            an optional part is not installed

Each message says what was expected, what came, and what to do. The classes know nothing of HTTP statuses of our
own server: one table there maps class to status.
"""

from __future__ import annotations


class NbstreamError(Exception):
    """The root: catch this to catch everything nbstream raises on purpose."""


class ProtocolError(NbstreamError):
    """The other side sent what the standard does not allow us to accept."""


class EventTooLarge(ProtocolError):
    """One Server-Sent Event, or one line, is over the limit.

    Attributes:
        size: bytes read when the limit was passed; the whole may be larger.
        limit: bytes accepted at most.
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"read {size:,} bytes of one event, expected at most {limit:,}: "
            "raise the limit (`max_event_bytes`) if the source is to be trusted"
        )
        self.size = size
        self.limit = limit


class SourceError(NbstreamError):
    """Bytes could not be had from a source."""


class UnknownSource(SourceError):
    """No source of that name is installed."""


class SourceUnavailable(SourceError):
    """Nobody answers; trying again may help.

    Attributes:
        retry_after: seconds the other side asked us to wait, or None.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SourceRefused(SourceError):
    """The other side answered no (HTTP 4xx, a wrong media type); trying again will not help.

    Attributes:
        status: the HTTP status, or None where there was none.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SourceGone(SourceRefused):
    """What was asked for is not there any more (HTTP 204, 404, 410)."""


class ProgramNotFound(SourceError):
    """The agent's program is not installed, or not on the PATH."""


class StoreError(NbstreamError):
    """A store could not be opened, read or written."""


class StoreLocked(StoreError):
    """Another program holds the file.

    Attributes:
        pid: the process that holds it, or None where DuckDB did not say.
    """

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class NotAStore(StoreError):
    """The file is there and is not a DuckDB file of ours."""


class StoreTooNew(StoreError):
    """The file was written by a later nbstream."""


class StoreClosed(StoreError):
    """The store was closed by this process."""


class SaveFailed(StoreError):
    """The commit failed: disk full, read-only, moved away. Nothing of the batch was kept or shown."""


class IdConflict(StoreError):
    """The same id came with different bytes: corruption on the way, not a duplicate."""


class AgentNotFound(NbstreamError):
    """No agent of that id in this store."""


class AgentDeleted(AgentNotFound):
    """There was an agent of that id, and it was deleted; the id is not used again."""


class AgentBusy(NbstreamError):
    """The agent still runs: wait for it, or stop it, before the next turn."""


class QueryRefused(NbstreamError):
    """SQL that would change the store, or read outside it."""


class MissingExtra(NbstreamError):
    """An optional part is not installed.

    Args:
        what: the feature, as a reader would call it.
        extra: the name of the extra that brings it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part that is not installed: pip install 'nbstream[{extra}]'")
        self.extra = extra
