"""An agent as the last expression of a marimo cell.

marimo asks an object for `_display_` and shows what that returns, so marimo itself is never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nbstream.messages import TERMINAL
from nbstream.service import Agent


@dataclass(frozen=True, slots=True)
class Html:
    """HTML in the form that marimo asks for."""

    html: str

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self.html


def show_agents_in_marimo(live: Callable[[Agent], object], copy: Callable[[Agent], Mapping[str, str]]) -> None:
    """Lets an agent show itself in marimo: a running one live, an ended one as its static copy.

    Args:
        live: makes the anywidget, which marimo takes as it is.
        copy: makes the MIME bundle of an ended agent.
    """

    def shown(agent: Agent) -> object:
        return Html(copy(agent)["text/html"]) if agent.record.status in TERMINAL else live(agent)

    setattr(Agent, "_display_", shown)  # noqa: B010 - the service knows nothing of front ends
