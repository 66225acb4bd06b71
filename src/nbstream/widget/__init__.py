"""The live view of an agent in a cell: an anywidget, and the copy that stays when the run is over.

The transcript lives in the store and on the page, never in a trait: traits are saved into notebooks.

`display_agent` is what a cell calls. A running agent is shown live; when it ends the output is replaced, in place, by
a static copy, so that the saved notebook tells the story with no kernel, no widget and no script.

Under a Jupyter server whose nbstream extension knows the agent, the output names the agent beside all that
(`AGENT_MIME`). JupyterLab and Notebook then show the view that needs no kernel, and go on showing it after the end.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, Final

import anywidget
import traitlets

from nbstream.messages import TERMINAL
from nbstream.service import Agent
from nbstream.widget.code import LOADER, VIEW
from nbstream.widget.feed import AgentFeed, FeedFollower
from nbstream.widget.jupyter import Question, find_server
from nbstream.widget.marimo import show_agents_in_marimo
from nbstream.widget.place import Place
from nbstream.widget.sender import Sender
from nbstream.widget.static_copy import static_copy
from nbstream.wire import read_request

__all__ = ["AgentFeed", "AgentWidget", "display_agent", "static_copy"]

AGENT_MIME: Final = "application/vnd.nbstream.agent+json"
"""Names an agent to the server of the page; `labextension` renders it."""


class AgentWidget(anywidget.AnyWidget):
    """One agent, live. Several displays of it share its sender; each drops what it has already.

    Args:
        agent: whom to show.
        on_end: called from the sender's thread once the agent has ended and all of it was sent.
        quiet: the page has its rows from the Jupyter server, and the view from the notebook's extension, so nothing is
            sent before somebody asks.
        place: where the view opens; None for the end.

    Attributes:
        agent_id: the agent's UUID, as text.
        status: where the agent is; set at the start and at the end.
        cursor: the highest sequence number sent when the agent ended.
        at, words: the place; `at` is None where there is none.
    """

    _esm = VIEW

    agent_id = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    cursor = traitlets.Int(0).tag(sync=True)
    at = traitlets.Int(None, allow_none=True).tag(sync=True)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        agent: AgentFeed,
        on_end: Callable[[], None] | None = None,
        *,
        quiet: bool = False,
        place: Place | None = None,
    ) -> None:
        self._agent = agent
        self._on_end = on_end
        if quiet:
            self._esm = LOADER  # anywidget makes a trait of it
        fields = {} if place is None else place.fields()
        super().__init__(agent_id=str(agent.id), status=agent.record.status, **fields)
        _let_requests_through(self.comm)
        self.on_msg(self._receive)
        self._sender = Sender(agent, self.send, self._ended, quiet=quiet)
        self._sender.start()

    def close(self) -> None:
        """Ends the sender and takes the view away."""
        self._sender.close()
        self.layout.close()
        super().close()

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        """Runs on whatever thread the kernel likes, so it only queues."""
        request = read_request(content)
        if request is not None:
            self._sender.ask(request)

    def _ended(self, follower: FeedFollower, cursor: int) -> None:
        with self.hold_sync():
            self.status = follower.record.status
            self.cursor = cursor
        if self._on_end is not None:
            self._on_end()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The widget, and beside it what is shown where no widget can be: a copy without its blocks."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        record = self._agent.record
        copy = static_copy(record, [], head=self._agent.store.head(self._agent.id))
        plain = f"nbstream agent {record.id}: {record.source}, {record.status}"
        return {**data, **copy, "text/plain": plain}, metadata

    def __repr__(self) -> str:
        return f"<AgentWidget of agent {self.agent_id}>"


def display_agent(agent: AgentFeed, place: Place | None = None) -> None:
    """Shows an agent as the output of the cell that runs now, at its end or at a place.

    A running agent gets the live widget, which the static copy replaces when the run ends; an ended one gets the copy
    at once. Where the Jupyter server knows the agent, either names it too.
    """
    server = find_server()
    question = None if server is None else Question(server, agent.id)
    if agent.record.status in TERMINAL:
        known = question is not None and question.answered()
        _display(_named(agent, copy_of(agent, place), place, known=known))
    else:
        _Output(agent, question, place)


class _Output:
    """One output of a running agent: what it holds now, and what it is to hold next.

    The server may answer late, and the agent may end at any time; an update happens under the lock, and none follows
    the last one.
    """

    def __init__(self, agent: AgentFeed, question: Question | None, place: Place | None) -> None:
        self._agent = agent
        self._place = place
        self._question = question
        self._lock = threading.Lock()
        self._ended = False
        known = question is not None and question.answered()
        quiet = question is not None and question.expected()
        # Nothing is replaced before there is something to replace.
        with self._lock:
            self._widget = AgentWidget(agent, on_end=self._end, quiet=quiet, place=place)
            self._bundle, self._metadata = self._widget._repr_mimebundle_()
            self._handle = _display(_named(agent, self._bundle, place, known=known), self._metadata, display_id=True)
        if question is not None and not known:
            threading.Thread(target=self._name_later, name=f"nbstream-display-{agent.id}", daemon=True).start()

    def _name_later(self) -> None:
        """The server was slow to answer: what it said changes the output while the agent runs."""
        if self._question is not None and self._question.settled():
            with self._lock:
                if not self._ended:
                    self._update(_named(self._agent, self._bundle, self._place, known=True), self._metadata)

    def _end(self) -> None:
        known = self._question is not None and self._question.settled()
        copy = _named(self._agent, copy_of(self._agent, self._place), self._place, known=known)
        with self._lock:
            self._ended = True
            self._update(copy, {})
        self._widget.close()

    def _update(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        # In an empty context the update belongs to the cell that runs now. A client without a page (nbclient, nbval)
        # drops what belongs to a cell that is over; JupyterLab goes by the display's id alone.
        contextvars.Context().run(lambda: self._handle.update(data, raw=True, metadata=metadata))


def _named(agent: AgentFeed, data: dict[str, Any], place: Place | None, *, known: bool) -> dict[str, Any]:
    """The bundle, and the agent's id and the place where the page's server can show more than the bundle holds."""
    fields = {} if place is None else place.fields()
    return {AGENT_MIME: {"agent_id": str(agent.id), **fields}, **data} if known else data


def _display(data: dict[str, Any], metadata: dict[str, Any] | None = None, *, display_id: bool = False) -> Any:
    # Without types upstream; here it gives the handle of a display that has an id.
    from IPython.display import display as untyped

    display: Callable[..., Any] = untyped
    if display_id:
        return display(data, raw=True, metadata=metadata, display_id=True)
    return display(data, raw=True)


def copy_of(agent: AgentFeed, place: Place | None = None) -> dict[str, str]:
    """The static copy of an agent's transcript, as the store has it now; or of what is around the place."""
    blocks = agent.store.transcript(agent.id, to="arrow").to_pylist()
    at = None if place is None else place.at
    return static_copy(agent.record, blocks, head=agent.store.head(agent.id), at=at)


def _let_requests_through(comm: Any) -> None:
    """Keeps a view's requests off the shell that is busy with a cell.

    ipykernel 7.4.0 remembers the subshell of whatever was last sent and makes the view's own choice give way to it, so
    that *Stop* waits for the cell to end (measured; 7.3.0 and the line below: 50 ms). Private there, hence the guard.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001


def show_agents_in(shell: Any) -> None:
    """Lets an agent that is the last expression of a cell, or is given to `display`, show itself.

    Args:
        shell: the IPython shell, None outside of one.
    """
    if shell is not None:
        shell.display_formatter.ipython_display_formatter.for_type(Agent, display_agent)


def _running_shell() -> Any:
    from IPython import get_ipython as untyped

    get_ipython: Callable[[], Any] = untyped
    return get_ipython()


show_agents_in(_running_shell())
show_agents_in_marimo(AgentWidget, copy_of)
