"""A place of an agent opened in its cell: `nbs.show(hit)`.

The output names the place beside the agent, so that it opens there after a reload too; the static copy beside it shows
what is around the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.messages import TERMINAL
from nbstream.search import terms_of
from nbstream.service import Agent, _service_of, connect
from nbstream.widget import AGENT_MIME, AgentWidget, copy_of, display_agent
from nbstream.widget.jupyter import Question, find_server
from nbstream.widget.place import Place

if TYPE_CHECKING:
    from nbstream.frames import Store

_MARKED: Final = re.compile(r"«([^«»]+)»")
"""What `Store.search` marks in its snippets."""


class AgentPlace:
    """What `show` gives: shows itself where it is the last expression of a cell, or is given to `display`.

    Args:
        agent: whom to show.
        place: where; None for the end.
    """

    def __init__(self, agent: Agent, place: Place | None) -> None:
        self.agent = agent
        self.place = place
        self._widget: AgentWidget | None = None

    def _ipython_display_(self) -> None:
        if self.place is None or self.agent.record.status not in TERMINAL:
            display_agent(self.agent, self.place)
            return
        # Without types upstream.
        from IPython.display import display as untyped

        display: Callable[..., Any] = untyped
        data, metadata = self.bundle(self.place)
        display(data, raw=True, metadata=metadata)

    def bundle(self, place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the output of an ended agent holds: the copy of the place, and what opens it on this page."""
        copy: dict[str, Any] = copy_of(self.agent, place)
        server = find_server()
        if server is not None and Question(server, self.agent.id).answered():
            return {AGENT_MIME: {"agent_id": str(self.agent.id), **place.fields()}, **copy}, {}
        data, metadata = self.widget()._repr_mimebundle_()
        return {**data, **copy}, metadata

    def widget(self) -> AgentWidget:
        """The anywidget, made once; closing it takes every view of it away."""
        if self._widget is None:
            self._widget = AgentWidget(self.agent, place=self.place)
        return self._widget

    def _display_(self) -> object:
        """For marimo; see `nbstream.widget.marimo`."""
        return self.widget()

    def __repr__(self) -> str:
        at = "" if self.place is None else f" at message {self.place.at:,}"
        return f"<view of agent {self.agent.id}{at}>"


def show(hit: Any, at: int | None = None, *, words: str | None = None, store: Store | None = None) -> AgentPlace:
    """Opens an agent at a place: the block of that message is unfolded, in sight, marked, and the end is not followed.

    Args:
        hit: a row of `Store.search`, or of another frame that has `agent_id` and `sequence_number`: of pandas
            (`hits.iloc[0]`, or one of `itertuples`), or a dict (polars, Arrow). Or an agent, or its id.
        at: the message's sequence number, 0 for the prompt; None takes the row's own. Of an agent it shows the end.
            Where no block has it, the nearest one is shown, and the view says so.
        words: what is highlighted there, as in `Store.search`; None takes what the row's snippet marks with « ».
        store: where the messages are; None takes the default store. An agent brings its own.

    Raises:
        AgentNotFound: the store has no agent of that id.
        TypeError: it is a whole frame, or neither a row, an agent nor an id.
        ValueError: `at` is below 0, or an id is no UUID.
    """
    row = None if isinstance(hit, Agent | UUID | str) else _row_of(hit)
    if row is not None and at is None:
        at = _number(row.get("sequence_number"))
    if at is not None and at < 0:
        raise ValueError(f"expected a sequence number of 0 or more, got {at}")
    found = terms_of(words).wanted if words is not None else ()
    marked = tuple(" ".join(term.words) for term in found)
    if words is None and row is not None:
        marked = tuple(dict.fromkeys(each.lower() for each in _MARKED.findall(str(row.get("snippet") or ""))))
    agent = hit if isinstance(hit, Agent) else _stored(hit if row is None else row["agent_id"], store or connect())
    return AgentPlace(agent, None if at is None else Place(int(at), marked))


def _row_of(hit: Any) -> Mapping[str, Any]:
    """A row as a mapping.

    Raises:
        TypeError: it is none.
    """
    if hasattr(hit, "columns") or hasattr(hit, "column_names"):
        raise TypeError(
            f"expected one hit, got a table of {len(hit)}: hits.iloc[0] is its first one in pandas, "
            "hits.row(0, named=True) in polars, hits.to_pylist()[0] in Arrow"
        )
    if hasattr(hit, "_asdict"):
        hit = hit._asdict()
    elif not isinstance(hit, Mapping) and hasattr(hit, "to_dict"):
        hit = hit.to_dict()
    if not isinstance(hit, Mapping) or "agent_id" not in hit:
        raise TypeError(
            f"expected a row with agent_id and sequence_number, an agent or its id, got {type(hit).__name__}"
        )
    return hit


def _number(value: Any) -> int | None:
    """A cell of a frame; what is missing there is NA, NaN or None."""
    return None if value is None or value != value or str(value) == "<NA>" else int(value)  # noqa: PLR0124 - NaN


def _stored(agent_id: object, store: Store) -> Agent:
    """The agent as it is: `attach` would ask its source for more."""
    try:
        key = UUID(str(agent_id))
    except ValueError as error:
        raise ValueError(f"expected the id of an agent, a UUID, got {agent_id!r}") from error
    return Agent(_service_of(store), store, store.get_agent(key).id)
