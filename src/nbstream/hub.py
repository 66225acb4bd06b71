"""The live side: one room per agent, bounded subscribers.

The hub is told by the store after a commit and never before, so nothing is shown that is not saved. A subscriber that
falls behind loses its queue, not the truth: it sees a hole in the sequence numbers and fills it from the store.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, AgentRecord
    from nbstream.store import Committed, MessageStore

QUEUE_LIMIT: Final = 10_000
"""Messages one subscriber may hold: about 5 MB of deltas; what comes after is read from the store."""

LiveState = Literal["starting", "live", "reconnecting", "stalled", "save-failed", "gone", "ended"]


@dataclass(frozen=True, slots=True)
class Live:
    """How the stream of one agent is doing right now; never stored.

    Args:
        state: `stalled` means connected and silent, `gone` that its source cannot be had again.
        detail: one short sentence for a person, or None.
    """

    state: LiveState
    detail: str | None = None


class Subscriber:
    """A bounded queue of committed messages for one consumer. Made by `Hub.subscribe`."""

    def __init__(self, agent_id: UUID, wake: Callable[[], None] | None, limit: int) -> None:
        self.agent_id = agent_id
        self.record: AgentRecord | None = None
        self.live: Live | None = None
        self.dropped = 0
        self.duplicates = 0
        self._limit = limit
        self._queue: deque[AgentMessage] = deque()
        self._changed = threading.Condition()
        self._news = False
        self._wake = wake

    def put(self, committed: Committed) -> None:
        """Takes one commit; when the queue would pass its limit, the queue is given up instead of growing."""
        with self._changed:
            self.duplicates += committed.duplicates
            self.record = committed.record or self.record
            if len(self._queue) + len(committed.messages) > self._limit:
                self.dropped += len(self._queue) + len(committed.messages)
                self._queue.clear()
            else:
                self._queue.extend(committed.messages)
        self.notify()

    def tell(self, live: Live) -> None:
        """Takes news about the stream itself."""
        self.live = live
        self.notify()

    def notify(self) -> None:
        """Wakes whoever waits."""
        with self._changed:
            self._news = True
            self._changed.notify_all()
        if self._wake is not None:
            self._wake()

    def drain(self, timeout: float = 0.0) -> list[AgentMessage]:
        """What has come since the last call, oldest first.

        Args:
            timeout: seconds to wait for news when there is none.
        """
        with self._changed:
            if not self._news and timeout > 0:
                self._changed.wait_for(lambda: self._news, timeout)
            self._news = False
            taken = list(self._queue)
            self._queue.clear()
        return taken


class Hub:
    """Rooms of subscribers, fed by the commits of one store.

    Args:
        store: the store whose commits are published.
    """

    def __init__(self, store: MessageStore) -> None:
        self._rooms: dict[UUID, set[Subscriber]] = {}
        self._live: dict[UUID, Live] = {}
        self._lock = threading.Lock()
        self._unlisten = store.on_commit(self.publish)

    def subscribe(
        self, agent_id: UUID, *, wake: Callable[[], None] | None = None, limit: int = QUEUE_LIMIT
    ) -> Subscriber:
        """A new subscriber in the agent's room; what is committed from now on reaches it.

        Args:
            agent_id: whose room.
            wake: called on the committing thread whenever there is news; must only signal.
            limit: messages the queue may hold.
        """
        subscriber = Subscriber(agent_id, wake, limit)
        with self._lock:
            self._rooms.setdefault(agent_id, set()).add(subscriber)
            subscriber.live = self._live.get(agent_id)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Takes the subscriber out of its room; calling it again does nothing."""
        with self._lock:
            room = self._rooms.get(subscriber.agent_id, set())
            room.discard(subscriber)
            if not room:
                self._rooms.pop(subscriber.agent_id, None)

    def publish(self, committed: Committed) -> None:
        """Hands one commit to its room. Only the store calls this, after the commit."""
        with self._lock:
            room = list(self._rooms.get(committed.agent_id, ()))
        for subscriber in room:
            subscriber.put(committed)

    def announce(self, agent_id: UUID, live: Live) -> None:
        """Tells the room how its stream is doing; late subscribers get the last word."""
        with self._lock:
            self._live[agent_id] = live
            room = list(self._rooms.get(agent_id, ()))
        for subscriber in room:
            subscriber.tell(live)

    def live(self, agent_id: UUID) -> Live | None:
        """The last word on an agent's stream, None when there was none."""
        return self._live.get(agent_id)

    def close(self) -> None:
        """Stops listening to the store and wakes everyone who waits."""
        self._unlisten()
        with self._lock:
            rooms = [subscriber for room in self._rooms.values() for subscriber in room]
        for subscriber in rooms:
            subscriber.notify()
