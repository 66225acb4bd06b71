"""An agent in memory, behind the protocol that the widget is written against."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nbstream.errors import StoreClosed
from nbstream.messages import TERMINAL, AgentMessage, AgentRecord
from support import LoopbackServer
from widget.rows import AGENT, record


@dataclass(frozen=True)
class Live:
    state: str = "live"
    detail: str | None = None


class AskedServer(LoopbackServer):
    """A Jupyter server as a kernel asks it, which stays until every question of that kernel is answered."""

    def __exit__(self, *how):
        for thread in threading.enumerate():
            if thread.name == "nbstream-ask-server":
                thread.join(30)
        super().__exit__(*how)


@dataclass
class Feed:
    """Rows appear by `say`, the end by `finish`; everything else is what the protocol asks for."""

    rows: list[AgentMessage] = field(default_factory=list)
    now: AgentRecord = field(default_factory=record)
    live: Live = Live()
    duplicates: int = 0
    stops: int = 0
    followed: list[int] = field(default_factory=list)
    open: int = 0
    closed: bool = False
    news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def id(self) -> UUID:
        return AGENT

    @property
    def record(self) -> AgentRecord:
        return self.now

    @property
    def store(self) -> Feed:
        return self

    def say(self, rows: Sequence[AgentMessage]) -> None:
        with self.news:
            self.rows.extend(rows)
            self.news.notify_all()

    def finish(self, status: str = "completed", **changes: Any) -> None:
        with self.news:
            self.now = record(status, **changes)
            self.live = Live("ended")
            self.news.notify_all()

    def stop(self) -> None:
        self.stops += 1

    def follow(self, since: int = 0) -> FeedFollower:
        if self.closed:
            raise StoreClosed("expected an open store; it was closed")
        self.followed.append(since)
        self.open += 1
        return FeedFollower(self, since)

    def head(self, agent_id: UUID) -> int:
        return len(self.rows)

    def read(
        self, agent_id: UUID, *, since: int = 0, limit: int | None = None, raw: bool = False
    ) -> list[AgentMessage]:
        return self.rows[since:][:limit]

    def transcript(self, agent_id: UUID, *, to: str = "pandas") -> Any:
        return Table(
            [{"type": "assistant", "part": "text", "content": row.content, "metadata": "{}"} for row in self.rows]
        )


@dataclass(frozen=True)
class Table:
    rows: list[dict[str, Any]]

    def to_pylist(self) -> list[dict[str, Any]]:
        return self.rows


@dataclass
class FeedFollower:
    feed: Feed
    position: int

    @property
    def record(self) -> AgentRecord:
        return self.feed.now

    @property
    def live(self) -> Live:
        return self.feed.live

    @property
    def duplicates(self) -> int:
        return self.feed.duplicates

    @property
    def done(self) -> bool:
        return self.feed.now.status in TERMINAL and self.position == len(self.feed.rows)

    def batch(self, timeout: float = 0.0) -> list[AgentMessage]:
        with self.feed.news:
            self.feed.news.wait_for(lambda: self.position < len(self.feed.rows) or self.done, timeout)
            rows = self.feed.rows[self.position :]
            self.position += len(rows)
            return rows

    def close(self) -> None:
        self.feed.open -= 1
