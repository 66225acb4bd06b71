"""Where messages are kept: one DuckDB file, one process that owns it, any number that join it.

MessageStore    what everybody uses; owner or joined, the same methods (`store.py`)
  Owner         the file is ours (`owner.py`)
    Database    lock, settings, private files (`connection.py`), tables (`schema.py`, `views.py`)
    Writer      the thread that commits (`writer.py`): a `Plan` says what (`plan.py`), a `Session` how (`session.py`)
    Reader      by agent and sequence number (`reader.py`); SQL of readers (`query.py`); all rules again (`verify.py`)
"""

from nbstream.store.identity import message_id, new_id
from nbstream.store.plan import Committed
from nbstream.store.store import MessageStore
from nbstream.store.verify import Report

__all__ = ["Committed", "MessageStore", "Report", "message_id", "new_id"]
