"""Everything of one agent after a sequence number: history, then live, with one exact seam."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nbstream.hub import QUEUE_LIMIT
from nbstream.messages import TERMINAL

if TYPE_CHECKING:
    from nbstream.hub import Live
    from nbstream.messages import AgentMessage, AgentRecord
    from nbstream.service.streaming import StreamingService

PAGE: Final = 5_000
"""Rows read from the store at a time while catching up: under 50 ms, and a reader can be shown each page."""


class Follower:
    """Hands out an agent's messages in order, each once, none missing; for one consumer.

    It subscribes first, then reads the history, then drops what it has seen. When the live side has dropped something,
    the sequence numbers say so, and the store fills it.

    Args:
        service: whose store and hub.
        agent_id: whom to follow.
        since: the highest sequence number the consumer already has.
        wake: called from another thread when there is news; must only signal.
        limit: messages that may wait for the consumer; what comes after is read from the store.
    """

    def __init__(
        self,
        service: StreamingService,
        agent_id: UUID,
        since: int = 0,
        wake: Callable[[], None] | None = None,
        *,
        limit: int = QUEUE_LIMIT,
    ) -> None:
        self._service = service
        self._agent_id = agent_id
        self._position = since
        self._subscriber = service.hub.subscribe(agent_id, wake=wake, limit=limit)
        self._record = service.store.get_agent(agent_id)
        self._behind = True
        self._dropped = 0
        self._all_seen = False
        self._waiting: list[AgentMessage] = []

    @property
    def record(self) -> AgentRecord:
        """The agent's row as last committed."""
        return self._subscriber.record or self._record

    @property
    def live(self) -> Live:
        """How the stream is doing."""
        return self._service.live(self.record)

    @property
    def duplicates(self) -> int:
        """Events and rows refused since this follower began, because they had come before."""
        return self._subscriber.duplicates + self._service.duplicates(self._agent_id)

    @property
    def position(self) -> int:
        """The highest sequence number handed out."""
        return self._position

    @property
    def behind(self) -> bool:
        """The next `batch` reads the store, which may take its time; otherwise it takes none."""
        return self._behind

    @property
    def done(self) -> bool:
        """The agent has ended and all of it was handed out."""
        return self._all_seen and self.record.status in TERMINAL

    def batch(self, timeout: float = 0.0) -> list[AgentMessage]:
        """The messages that come next, in order; empty when there are none yet.

        Args:
            timeout: seconds to wait for the first one; news of another kind ends the wait too.
        """
        # An agent's end is committed after its messages: only what is looked at after the end was seen is all there is.
        ended = self.record.status in TERMINAL
        if self._behind:
            page = self._service.store.read(self._agent_id, since=self._position, limit=PAGE)
            self._behind = len(page) == PAGE
            if page:
                self._position = page[-1].sequence_number or 0
                self._all_seen = ended and not self._behind
                return page
        messages = self._subscriber.drain(0.0 if ended or self._waiting else timeout)
        if self._subscriber.dropped != self._dropped:  # the queue was given up, perhaps with the last messages in it
            self._dropped = self._subscriber.dropped
            self._behind = True
        self._waiting += messages
        ready = self._contiguous()
        self._all_seen = ended and not self._behind
        return ready

    def close(self) -> None:
        """Leaves the room."""
        self._service.hub.unsubscribe(self._subscriber)

    def _contiguous(self) -> list[AgentMessage]:
        """What follows the position without a hole; a hole sends the next call to the store."""
        ready: list[AgentMessage] = []
        for message in self._waiting:
            number = message.sequence_number or 0
            if number == self._position + 1:
                ready.append(message)
                self._position = number
            elif number > self._position:
                self._behind = True
                break
        self._waiting.clear()
        return ready
