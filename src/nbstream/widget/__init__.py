"""The live view of an agent in a cell: an anywidget, and the copy that stays when the run is over.

The transcript lives in the store and on the page, never in a trait: traits are saved into notebooks.

`display_agent` is what a cell calls. A running agent is shown live; when it ends the output is replaced, in place, by
a static copy, so that the saved notebook tells the story with no kernel, no widget and no script.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anywidget
import traitlets

from nbstream.messages import TERMINAL
from nbstream.service import Agent
from nbstream.widget.feed import AgentFeed, FeedFollower
from nbstream.widget.sender import Sender
from nbstream.widget.static_copy import static_copy
from nbstream.wire import read_request

__all__ = ["AgentFeed", "AgentWidget", "display_agent", "static_copy"]

BUNDLE: Final = Path(__file__).parent / "static" / "widget.js"


class AgentWidget(anywidget.AnyWidget):
    """One agent, live. Several displays of it share its sender; each drops what it has already.

    Args:
        agent: whom to show.
        on_end: called from the sender's thread once the agent has ended and all of it was sent.

    Attributes:
        agent_id: the agent's UUID, as text.
        status: where the agent is; set at the start and at the end.
        cursor: the highest sequence number sent when the agent ended.
    """

    # The text, not the path: anywidget watches a path for changes, which only its own developers need.
    _esm = BUNDLE.read_text(encoding="utf-8")

    agent_id = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    cursor = traitlets.Int(0).tag(sync=True)

    def __init__(self, agent: AgentFeed, on_end: Callable[[], None] | None = None) -> None:
        self._agent = agent
        self._on_end = on_end
        super().__init__(agent_id=str(agent.id), status=agent.record.status)
        _let_requests_through(self.comm)
        self.on_msg(self._receive)
        self._sender = Sender(agent, self.send, self._ended)
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


def display_agent(agent: AgentFeed) -> None:
    """Shows an agent as the output of the cell that runs now.

    A running agent gets the live widget, which the static copy replaces when the run ends; an ended one gets the copy
    at once.
    """
    # Without types upstream; here it gives the handle of a display that has an id.
    from IPython.display import display as untyped_display

    display: Callable[..., Any] = untyped_display
    if agent.record.status in TERMINAL:
        display(copy_of(agent), raw=True)
        return

    def replace() -> None:
        # In an empty context the update belongs to the cell that runs now. A client without a page (nbclient, nbval)
        # drops what belongs to a cell that is over; JupyterLab goes by the display's id alone.
        contextvars.Context().run(lambda: handle.update(copy_of(agent), raw=True))
        widget.close()

    widget = AgentWidget(agent, on_end=replace)
    data, metadata = widget._repr_mimebundle_()
    handle = display(data, raw=True, metadata=metadata, display_id=True)


def copy_of(agent: AgentFeed) -> dict[str, str]:
    """The static copy of an agent's transcript, as the store has it now."""
    blocks = agent.store.transcript(agent.id, to="arrow").to_pylist()
    return static_copy(agent.record, blocks, head=agent.store.head(agent.id))


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
