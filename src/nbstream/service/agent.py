"""The handle a person holds: status, waiting, stopping, and the messages as they come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Generator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nbstream.service.follower import Follower
from nbstream.service.turns import next_turn

if TYPE_CHECKING:
    from nbstream.frames import Store
    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus
    from nbstream.service.streaming import StreamingService
    from nbstream.sources import Source


class Agent:
    """One run of one program on one prompt, live or from the history. Made by `launch` and `attach`.

    As the last expression of a cell it shows itself. `await agent` and `agent.wait()` return the final status, and
    `async for message in agent` gives every message from the first on, each after it was saved.

    Attributes:
        id: its UUID; `nbs.attach(id)` finds it again.
        store: where its messages are.
    """

    def __init__(self, service: StreamingService, store: Store, agent_id: UUID, source: Source | None = None) -> None:
        self._service = service
        self.store = store
        self.id = agent_id
        self._source = source

    @property
    def record(self) -> AgentRecord:
        """Its row of `agents`, as of now."""
        return self.store.get_agent(self.id)

    @property
    def status(self) -> AgentStatus:
        """`created`, `running`, `completed`, `failed`, `stopped` or `interrupted`."""
        return self.record.status

    @property
    def error(self) -> str | None:
        """Why it failed or was interrupted, one sentence; None otherwise."""
        return self.record.error

    def stop(self) -> None:
        """Asks it to stop and returns at once; `wait` returns when it has."""
        self._service.stop(self.id)

    def send(self, prompt: str = "", *, tool_results: Mapping[str, str] | None = None, **options: Any) -> Agent:
        """Goes on with the conversation: starts the next turn and returns at once.

        A turn is an agent of its own whose `parent_agent_id` is this one. A program that keeps sessions is asked to go
        on with this one's; a model's API, which remembers nothing, gets all earlier turns again from the store.

        Args:
            prompt: what to say next.
            tool_results: results of the tools that a model's API asked for in this turn, by tool call id; a call
                without one goes back as not run.
            options: of the source, where they differ from this turn's; those that hold secrets must be given again
                after a restart.

        Raises:
            AgentBusy: this turn is not over yet: wait for it or stop it.
            SourceRefused: the source takes one prompt only, or an option was not accepted.
        """
        agent_id, source = next_turn(self._service, self.record, prompt, tool_results or {}, self._source, **options)
        return Agent(self._service, self.store, agent_id, source)

    def follow(self, since: int = 0) -> Follower:
        """A reader of its messages for one consumer thread.

        Args:
            since: the highest sequence number the consumer already has.
        """
        return Follower(self._service, self.id, since)

    def wait(self, timeout: float | None = None) -> AgentStatus:
        """Blocks until it has ended; the stream goes on meanwhile.

        Args:
            timeout: seconds, None to wait for ever.

        Returns:
            the final status.

        Raises:
            TimeoutError: it still runs; nothing is stopped by that.
        """
        until = None if timeout is None else time.monotonic() + timeout
        follower = self.follow(since=self.store.head(self.id))
        try:
            while not follower.done:
                left = 1.0 if until is None else until - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"agent {self.id} is still {follower.record.status} after {timeout} s")
                follower.batch(min(left, 1.0))
            return follower.record.status
        finally:
            follower.close()

    def __await__(self) -> Generator[Any, None, AgentStatus]:
        return self._ended().__await__()

    def __aiter__(self) -> AsyncIterator[AgentMessage]:
        return self._messages(0)

    def __repr__(self) -> str:
        return f"<nbstream agent {self.id}: {self.record.source}, {self.status}>"

    async def _ended(self) -> AgentStatus:
        async for _ in self._messages(self.store.head(self.id)):
            pass
        return self.status

    async def _messages(self, since: int) -> AsyncIterator[AgentMessage]:
        loop = asyncio.get_running_loop()
        news = asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(news.set)

        follower = Follower(self._service, self.id, since, wake)
        try:
            while True:
                news.clear()
                batch = await asyncio.to_thread(follower.batch)
                for message in batch:
                    yield message
                if follower.done:
                    return
                if not batch:
                    await news.wait()
        finally:
            follower.close()
