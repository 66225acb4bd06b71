"""nbstream: AI agents, live in the notebook, saved before shown, kept as DataFrames.

::

     agent CLI / model API
            │ lines                                              nbstream.proxy
            ▼
     Server-Sent Events over HTTP  (id: n, replay by Last-Event-ID)
            │ bytes
            ▼
     EventStreamDecoder → ServerSentEvent                        nbstream.sse, nbstream.sources
            │
     MessageParser.parse → AgentMessages | None                  nbstream.parsers
            ▼
     StreamingService: save first ──► MessageStore (DuckDB)      nbstream.service, nbstream.store
            ▼ then emit
     Hub: rooms, bounded subscribers                             nbstream.hub
            ├──► the widget, in the cell                         nbstream.widget
            └──► your code: `async for message in agent`

The store is the truth; live is a notification. DataFrames and SQL read the store (`nbstream.frames`).
"""

from nbstream import plots
from nbstream.compare import Comparison, compare
from nbstream.errors import (
    AgentNotFound,
    MissingExtra,
    NbstreamError,
    ProtocolError,
    QueryRefused,
    SourceError,
    StoreError,
)
from nbstream.exchange import export_history, import_history
from nbstream.frames import Store
from nbstream.magics import load_ipython_extension
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.prices import Price
from nbstream.service import Agent, attach, connect, launch
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource
from nbstream.widget import AgentWidget, display_agent
from nbstream.widget.grid import AgentGrid, grid
from nbstream.widget.replay import AgentReplay, replay
from nbstream.widget.show import AgentPlace, show

__all__ = [
    "Agent",
    "AgentGrid",
    "AgentMessage",
    "AgentNotFound",
    "AgentPlace",
    "AgentRecord",
    "AgentReplay",
    "AgentWidget",
    "Comparison",
    "MissingExtra",
    "NbstreamError",
    "Price",
    "ProtocolError",
    "ProxySource",
    "QueryRefused",
    "ReplaySource",
    "SourceError",
    "Store",
    "StoreError",
    "attach",
    "compare",
    "connect",
    "display_agent",
    "export_history",
    "grid",
    "import_history",
    "launch",
    "load_ipython_extension",
    "plots",
    "replay",
    "show",
]
__version__ = "0.1.0"
