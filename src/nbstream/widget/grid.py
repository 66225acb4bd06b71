"""Several agents side by side in one output: `nbs.grid([a, b, c])`.

One widget carries them all: a sender each, their messages tagged with the agent's id. When the last one has ended the
output is replaced, in place, by their static copies, one below the other.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import anywidget
import traitlets

from nbstream.errors import NbstreamError
from nbstream.messages import TERMINAL
from nbstream.service import Agent, attach
from nbstream.widget import AGENT_MIME, _let_requests_through, copy_of
from nbstream.widget.code import LOADER, VIEW
from nbstream.widget.feed import AgentFeed, FeedFollower
from nbstream.widget.jupyter import Question, find_server
from nbstream.widget.sender import Sender
from nbstream.wire import read_request

AGENT_LIMIT: Final = 50
"""Agents of one grid: each has a thread here and a view there."""


class GridWidget(anywidget.AnyWidget):
    """Several agents, live.

    Args:
        agents: whom to show, in this order.
        columns: side by side at most; None for as many as the cell is wide.
        on_end: called once, from a sender's thread, when all have ended and all of them was sent.
        quiet: the page has rows and view from the Jupyter server, so nothing is sent before somebody asks.

    Attributes:
        agent_ids: the agents' UUIDs, as text.
        columns: 0 for as many as fit.
    """

    _esm = VIEW

    agent_ids = traitlets.List(traitlets.Unicode()).tag(sync=True)
    columns = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        agents: Sequence[AgentFeed],
        columns: int | None = None,
        on_end: Callable[[], None] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self._on_end = on_end
        if quiet:
            self._esm = LOADER  # anywidget makes a trait of it
        self._lock = threading.Lock()
        self._running = {str(agent.id) for agent in agents}
        super().__init__(agent_ids=[str(agent.id) for agent in agents], columns=columns or 0)
        _let_requests_through(self.comm)
        self.on_msg(self._receive)
        self._senders = {
            str(agent.id): Sender(agent, self._send_one, self._ended_as(agent), quiet=quiet) for agent in agents
        }
        for sender in self._senders.values():
            sender.start()

    def close(self) -> None:
        """Ends the senders and takes the view away."""
        for sender in self._senders.values():
            sender.close()
        self.layout.close()
        super().close()

    def _send_one(self, content: Any) -> None:
        # ipywidgets has no locks of its own, and every agent has a thread.
        with self._lock:
            self.send(content)

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        """A view's request goes to the agent that it names; runs on the kernel's threads, so it only queues."""
        request = read_request(content)
        sender = self._senders.get(str(content.get("agent_id"))) if isinstance(content, Mapping) else None
        if request is not None and sender is not None:
            sender.ask(request)

    def _ended_as(self, agent: AgentFeed) -> Callable[[FeedFollower, int], None]:
        def ended(_follower: FeedFollower, _cursor: int) -> None:
            with self._lock:
                before = len(self._running)
                self._running.discard(str(agent.id))
                last = before == 1 and not self._running
            if last and self._on_end is not None:
                self._on_end()

        return ended

    def __repr__(self) -> str:
        return f"<GridWidget of {len(self.agent_ids)} agents>"


class AgentGrid:
    """What `grid` gives: shows itself where it is the last expression of a cell, or is given to `display`.

    Args:
        agents: whom to show.
        columns: side by side at most; None for as many as the cell is wide.
    """

    def __init__(self, agents: Sequence[AgentFeed], columns: int | None = None) -> None:
        self.agents = tuple(agents)
        self.columns = columns
        self._known = False
        self._handle: Any = None
        self._widget: GridWidget | None = None

    def _ipython_display_(self) -> None:
        questions = self._questions()
        self._known = bool(questions) and all(question.answered() for question in questions)
        if all(agent.record.status in TERMINAL for agent in self.agents):
            _display()(self._named(self._copies()), raw=True)
            return
        quiet = bool(questions) and all(question.expected() for question in questions)
        # An agent may end before its output is there; nothing is replaced before there is something to replace.
        shown = threading.Event()
        self._widget = GridWidget(self.agents, self.columns, on_end=lambda: self._replace(shown), quiet=quiet)
        data, metadata = self._widget._repr_mimebundle_() or ({}, {})
        bundle = self._named({**data, **self._copies(), "text/plain": repr(self)})
        self._handle = _display()(bundle, raw=True, metadata=metadata, display_id=True)
        shown.set()

    def _replace(self, shown: threading.Event) -> None:
        shown.wait()
        # In an empty context the update belongs to the cell that runs now; see `display_agent`.
        contextvars.Context().run(lambda: self._handle.update(self._named(self._copies()), raw=True))
        if self._widget is not None:
            self._widget.close()

    def _copies(self) -> dict[str, str]:
        """The agents' static copies, one below the other."""
        copies = [copy_of(agent) for agent in self.agents]
        separators = {"text/html": "\n", "text/markdown": "\n\n---\n\n", "text/plain": "\n\n"}
        return {mime: separator.join(copy[mime] for copy in copies) for mime, separator in separators.items()}

    def _named(self, data: dict[str, Any]) -> dict[str, Any]:
        """The bundle, and the agents' ids where the page's server can show more than the bundle holds."""
        ids = [str(agent.id) for agent in self.agents]
        return {AGENT_MIME: {"agent_ids": ids}, **data} if self._known else data

    def _questions(self) -> list[Question]:
        """Whether the page's server knows each agent; none where there is no server."""
        server = find_server()
        return [] if server is None else [Question(server, agent.id) for agent in self.agents]

    def __repr__(self) -> str:
        running = sum(agent.record.status not in TERMINAL for agent in self.agents)
        return f"<AgentGrid of {len(self.agents)} agents, {running} running>"


def grid(agents: Iterable[Agent | UUID | str], columns: int | None = None) -> AgentGrid:
    """Shows several agents side by side, with one clock and one total.

    Args:
        agents: agents, or ids of agents, which are attached; at most `AGENT_LIMIT`.
        columns: side by side at most, from 1; None for as many as the cell is wide. A narrow cell shows fewer.

    Raises:
        NbstreamError: no agent was given, too many, or `columns` is below 1.
        AgentNotFound: the store has no agent of that id.
    """
    given = list(agents)
    if not 1 <= len(given) <= AGENT_LIMIT:
        raise NbstreamError(f"expected 1 to {AGENT_LIMIT} agents for a grid, got {len(given)}: show them in several")
    if columns is not None and columns < 1:
        raise NbstreamError(f"expected columns of 1 or more, got {columns}: leave it out for as many as fit")
    # The same agent twice would be two views of one feed in the same place.
    found = {agent.id: agent for agent in (each if isinstance(each, Agent) else attach(each) for each in given)}
    return AgentGrid(list(found.values()), columns)


def _display() -> Callable[..., Any]:
    # Without types upstream; here it gives the handle of a display that has an id.
    from IPython.display import display as untyped

    display: Callable[..., Any] = untyped
    return display
