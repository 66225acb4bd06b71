"""The Jupyter server's side: REST and a WebSocket, whatever the kernels do.

extension.py    configuration, and what a Jupyter server loads
  rest.py         the routes (`api.yaml`); `pages.py` a page of a log; `refusals.py` from error to status
  websocket.py    the socket; `connection.py` its rooms, at the pace of its reader
  handlers.py     what every route has: who asks, from where, in which form
  backend.py      what all share; `threads.py` where questions to stores wait
    stores.py       which store holds an agent
    scope.py        who may see it
"""

from typing import Any

from nbstream.server.extension import NbstreamServer

__all__ = ["NbstreamServer"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What a Jupyter server that is to load `nbstream.server` asks for."""
    return [{"module": "nbstream.server", "app": NbstreamServer}]
