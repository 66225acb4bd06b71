"""A stored run played again in its cell: `nbs.replay(agent, speed=4)`.

The page reads the whole log once, from the Jupyter server where it knows the agent and by the comm elsewhere; all the
rest happens there. What is saved with the notebook is the agent's static copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import traitlets

from nbstream.errors import NbstreamError
from nbstream.service import Agent, _service_of, connect
from nbstream.widget import AGENT_MIME, AgentWidget, copy_of
from nbstream.widget.jupyter import Question, find_server

if TYPE_CHECKING:
    from nbstream.frames import Store
    from nbstream.widget.feed import AgentFeed


class ReplayWidget(AgentWidget):
    """One agent's log, played on the page.

    Args:
        agent: whom to show.
        speed: seconds of the run in one of the reader's.

    Attributes:
        replay_speed: the same, to begin with; the reader changes it on the page.
    """

    replay_speed = traitlets.Float().tag(sync=True)

    def __init__(self, agent: AgentFeed, speed: float) -> None:
        self._speed = speed
        super().__init__(agent)

    @traitlets.default("replay_speed")
    def _given(self) -> float:
        return self._speed


class AgentReplay:
    """What `replay` gives: shows itself where it is the last expression of a cell, or is given to `display`.

    Args:
        agent: whom to show.
        speed: seconds of the run in one of the reader's.
    """

    def __init__(self, agent: AgentFeed, speed: float) -> None:
        self.agent = agent
        self.speed = speed
        self._widget: ReplayWidget | None = None

    def _ipython_display_(self) -> None:
        # Without types upstream.
        from IPython.display import display as untyped

        display: Callable[..., Any] = untyped
        data, metadata = self.bundle()
        display(data, raw=True, metadata=metadata)

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the output holds: the static copy, and beside it what plays the run on this page."""
        copy: dict[str, Any] = copy_of(self.agent)
        server = find_server()
        if server is not None and Question(server, self.agent.id).answered():
            return {AGENT_MIME: {"agent_id": str(self.agent.id), "replay_speed": self.speed}, **copy}, {}
        data, metadata = self.widget()._repr_mimebundle_()
        return {**data, **copy}, metadata

    def widget(self) -> ReplayWidget:
        """The anywidget, made once; closing it takes every view of it away."""
        if self._widget is None:
            self._widget = ReplayWidget(self.agent, self.speed)
        return self._widget

    def _display_(self) -> object:
        """For marimo; see `nbstream.widget.marimo`."""
        return self.widget()

    def __repr__(self) -> str:
        return f"<replay of agent {self.agent.id} at {self.speed:g} times its pace>"


def replay(agent: Agent | UUID | str, speed: float = 4, *, store: Store | None = None) -> AgentReplay:
    """Plays a stored run in the cell at its own pace, with a scrubber; nothing is run again and nothing is written.

    Space plays and pauses, the arrows go 5 seconds, comma and full stop a row, Home and End to either end. Tokens and
    cost are what the source had told by the moment shown.

    Args:
        agent: an agent, or its id; one that still runs is played as far as it is and grows.
        speed: seconds of the run in one of the reader's, above 0.
        store: where its messages are; None takes the default store. An agent brings its own.

    Raises:
        NbstreamError: `speed` is not a number above 0.
        AgentNotFound: the store has no agent of that id.
    """
    if not (speed > 0 and math.isfinite(speed)):
        raise NbstreamError(f"expected a speed above 0, got {speed}: 1 is the run's own pace")
    return AgentReplay(agent if isinstance(agent, Agent) else _stored(agent, store or connect()), float(speed))


def _stored(agent_id: UUID | str, store: Store) -> Agent:
    """The agent as it is: `attach` would ask its source for more."""
    return Agent(_service_of(store), store, store.get_agent(UUID(str(agent_id))).id)
