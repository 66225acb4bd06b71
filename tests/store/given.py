"""What store tests start from."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import message_id, new_id
from nbstream.store.connection import Database
from nbstream.store.plan import Plan
from nbstream.store.session import DuckSession

if TYPE_CHECKING:
    from nbstream.store import MessageStore

TESTS = Path(__file__).parent.parent

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def record(**changes: Any) -> AgentRecord:
    return AgentRecord(**({"id": new_id(), "type": "claude", "status": "created", "source": "replay"} | changes))


def agent(store: MessageStore, **changes: Any) -> UUID:
    return store.create_agent(record(**changes)).id


def message(agent_id: UUID, event: int, part: int = 0, **changes: Any) -> AgentMessage:
    """The message that part `part` of event `event` of an agent makes: always the same."""
    event_id = f"1.{event}"
    fields = {
        "type": "assistant",
        "role": "assistant",
        "part": "text",
        "op": "append",
        "block": "/m/0",
        "content": f"{event}/{part} ",
        "raw": f'{{"n": {event}}}' if part == 0 else None,
        "id": message_id(agent_id, event_id, part),
        "event_id": event_id,
        "created_at": START + timedelta(microseconds=event),
    }
    return AgentMessage(**(fields | changes))


def messages(agent_id: UUID, first: int, last: int) -> list[AgentMessage]:
    """Those of events `first` to `last`, one each."""
    return [message(agent_id, event) for event in range(first, last + 1)]


def environment() -> dict[str, str]:
    """That of another Python that is to find these tests, and the nbstream that this one found."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])}


class Gated(DuckSession):
    """A real session whose steps a test can hold or break."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.cursor())
        self.broken: dict[str, Exception] = {}
        self.reached = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def write(self, plan: Plan) -> None:
        self._break("write")
        super().write(plan)

    def commit(self) -> None:
        self._break("commit")
        self.reached.set()
        assert self.go.wait(20)
        super().commit()
        self._break("committed")

    def checkpoint(self) -> None:
        self._break("checkpoint")
        super().checkpoint()

    def _break(self, step: str) -> None:
        if error := self.broken.pop(step, None):
            raise error
