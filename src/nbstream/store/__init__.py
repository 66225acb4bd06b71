"""Where messages are kept: one DuckDB file, one process that owns it, any number that join it.

MessageStore    what everybody uses; the same methods for owner and joined, and it changes roles (`store.py`)
  requests.py     what can be asked of who writes, and what comes of it
  feed.py         what listeners hear: every commit once, in order, whoever makes it
  backend.py      what the two below have in common
  Owner           the file is ours (`owner.py`), shared by all who open it in this process (`shared.py`)
    Database        lock, settings, private files (`connection.py`); tables (`schema.py`, `views.py`)
    Writer          the thread that commits (`writer.py`): `Plan` says what (`plan.py`), `Session` how (`session.py`)
    Reader          by agent and sequence number (`reader.py`); SQL of readers (`query.py`); `verify.py`; `tables.py`
    Server          for the other processes of this user (`server.py`); `notes.py` says where the stores are
  Joined          another process has the file (`joined.py`)
    wire.py         what both sides say; `endpoint.py` where they meet; `outbox.py` what waits to be said
"""

from nbstream.store.identity import message_id, new_id
from nbstream.store.requests import Committed
from nbstream.store.store import MessageStore
from nbstream.store.verify import Report

__all__ = ["Committed", "MessageStore", "Report", "message_id", "new_id"]
