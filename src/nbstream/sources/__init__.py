"""Where bytes come from: the protocol of a source, what it yields, and the look-up by name.

A source connects, and yields the events of one run in order, each position once. It reconnects by itself where the
other side can replay; when it ends, it says why. It knows nothing of formats, of the store, or of who watches.

Third-party sources are found through the entry-point group `nbstream.sources`: an object there is a class or a function
that takes the keyword options of `nbs.launch` and returns a `Source`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, runtime_checkable
from uuid import UUID

from nbstream.errors import UnknownSource

if TYPE_CHECKING:
    from nbstream.parsers import Reason
    from nbstream.sse import ServerSentEvent

ENTRY_POINTS: Final = "nbstream.sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One block of an earlier turn, in no provider's shape.

    Args:
        role: who spoke; `tool` for a result.
        content: text, or a tool call's input as JSON text.
        tool: the tool's name, for a call and its result; "" for text.
        call_id: links the call and its result; "" for text.
        is_error: the tool failed.
    """

    role: Literal["user", "assistant", "tool"]
    content: str
    tool: str = ""
    call_id: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run is asked to do.

    Args:
        agent_id: our id of the agent; a source that can passes it on, so that a lost answer can be asked for again.
        prompt: what the person asked; "" when only tool results go back.
        session_id: the agent's own session to go on with, or None.
        model: the model's name, or None for the source's default.
        history: the earlier turns, for a source whose other side remembers nothing; every call in it has its result.
    """

    agent_id: UUID
    prompt: str
    session_id: str | None = None
    model: str | None = None
    history: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """How the connection is doing; shown, never stored."""

    state: Literal["starting", "live", "reconnecting", "stalled"]
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions that are gone for good, to be stored as a row that names them.

    Args:
        first, last: the missing positions, both included.
        reason: one sentence.
        event_id: the position after which the stream goes on.
    """

    first: int
    last: int
    reason: str
    event_id: str


@dataclass(frozen=True, slots=True)
class End:
    """The stream is over.

    Args:
        reason: why.
        exit_code: the program's, 128 + n for signal n, None where there is none.
        detail: one sentence for a person when it did not end well.
        metadata: what else the other side said, for instance the tail of stderr.
    """

    reason: Reason
    exit_code: int | None = None
    detail: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Source(Protocol):
    """One place bytes come from. An instance serves one run.

    Attributes:
        name: kept in `agents.source`.
        parser: the wire format, a name that `nbstream.parsers.parser_named` knows.
        resumable: a later process can go on reading the same run from a position.

    A source may also have `conversation`, how it takes a second prompt: `"session"` when the other side keeps earlier
    turns under a session id of its own, `"thread"` when under one that we name, `"messages"` when they go with each
    request. Without it, `agent.send` says that the source takes one prompt. `again(**options)` makes a source like it
    for the next turn, secrets included; without it, `describe` is all that goes on.
    """

    name: str
    parser: str
    resumable: bool

    def describe(self) -> dict[str, Any]:
        """What a later process needs to find this run again: JSON, and never a secret."""

    def events(self, request: Request, cursor: str | None) -> AsyncIterator[list[ServerSentEvent] | News | Gap | End]:
        """The run's events after `cursor`, in order, each position once; the last item is an `End`.

        Args:
            request: what to run; with a cursor the run is already going and is only read.
            cursor: the id of the last event that is stored; "" when the run is known to have been started and nothing
                is stored yet, None for a new run.

        Raises:
            SourceError: the run could not be started, or is refused for good.
        """

    async def stop(self, request: Request) -> None:
        """Asks the other side to end the run; its events go on until it has."""


def source_named(name: str, **options: Any) -> Source:
    """The source of that name, made with the options.

    Args:
        name: an entry-point name (`claude`, `local`, `replay`, …), or the URL of a proxy.
        options: what that source takes.

    Raises:
        UnknownSource: no installed package offers that name.
    """
    found = entry_points(group=ENTRY_POINTS)
    if name.startswith(("http://", "https://")):
        name, options = "proxy", {"url": name, **options}
    if name not in found.names:
        known = ", ".join(sorted(found.names))
        raise UnknownSource(
            f"no source named {name!r}: expected one of {known}, the URL of a proxy, or a Source object"
        )
    source: Source = found[name].load()(**options)
    return source


def source_from(description: Mapping[str, Any]) -> Source:
    """The source that `describe` described, in this or an earlier process.

    Raises:
        UnknownSource: it came from a package that is not installed any more.
    """
    return source_named(description["name"], **description.get("options", {}))
