"""The thread that carries one agent's messages to the views of one widget.

Measured: a message per custom message is lost silently above 1,000 a second, a batch every 33 ms loses none at 5,000;
and ipywidgets has no locks, so everything is sent from this one thread.
"""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from nbstream.errors import NbstreamError
from nbstream.widget.code import VIEW
from nbstream.widget.feed import AgentFeed, FeedFollower
from nbstream.wire import (
    Code,
    Raw,
    Request,
    Stop,
    Subscribe,
    Unsubscribe,
    batch_json,
    code_json,
    error_json,
    quiet_json,
    raw_json,
    split,
    status_json,
)

INTERVAL: Final = 0.033
"""Seconds between custom messages at least: two frames of a page; Jupyter lets 1,000 a second pass."""

PATIENCE: Final = 1.0
"""Seconds to wait for a view's first word. A busy kernel may not hear it, so history is then sent unasked."""

WAIT: Final = 0.1
"""Seconds one wait for messages lasts; a view's request is answered within it."""


class Sender:
    """Follows an agent and sends what comes, at most one custom message each `INTERVAL`.

    Args:
        feed: the agent.
        send: sends one custom message; called from this thread only. When it raises, the thread ends.
        on_end: called from this thread when the agent has ended and every row of it was sent.
        quiet: views get their rows from the Jupyter server, so nothing is sent until one subscribes.
    """

    def __init__(
        self,
        feed: AgentFeed,
        send: Callable[[Any], None],
        on_end: Callable[[FeedFollower, int], None] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self._feed = feed
        self._send_now = send
        self._on_end = on_end
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._quiet = quiet
        self._follower: FeedFollower | None = None
        self._cursor = 0
        self._head = 0
        self._said: object = None
        self._next_send = 0.0
        # Output of a thread without the cell's context would land in whatever cell ran last.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=f"nbstream-widget-{feed.id}", daemon=True
        )

    def start(self) -> None:
        """Begins to wait for a view."""
        self._thread.start()

    def ask(self, request: Request) -> None:
        """Takes a view's request. Safe from any thread, never blocks."""
        self._requests.put(request)

    def close(self) -> None:
        """Asks the thread to end; returns at once."""
        self._closed.set()
        self._requests.put(None)

    def join(self, timeout: float | None = None) -> bool:
        """Waits for the thread's end, at most `timeout` seconds. Returns whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._serve(self._first())
        except _NobodyThere:
            pass
        finally:
            self._unfollow()

    def _first(self) -> list[Request]:
        if self._quiet:
            return [Unsubscribe()]
        try:
            request = self._requests.get(timeout=PATIENCE)
        except queue.Empty:
            return [Subscribe(since=0)]
        return [] if request is None else [request]

    def _serve(self, requests: list[Request]) -> None:
        while not self._closed.is_set():
            try:
                self._answer(requests)
                if self._follower is not None:
                    self._forward(self._follower)
            except NbstreamError as error:
                # The store is closed or the agent unknown: the reader is told, and may ask again.
                self._unfollow()
                self._send(error_json(self._feed.id, error))
            requests = self._waiting()

    def _waiting(self) -> list[Request]:
        """The requests that are there; without an agent to follow, waits for one."""
        requests: list[Request] = []
        if self._follower is None and (first := self._requests.get()) is not None:
            requests.append(first)
        while not self._requests.empty():
            request = self._requests.get()
            if request is not None:
                requests.append(request)
        return requests

    def _answer(self, requests: Sequence[Request]) -> None:
        asked: list[int] = []
        hush = False
        # A page without the view asks for it until it is answered; what has piled up is one question.
        if Code() in requests:
            self._send(code_json(self._feed.id, VIEW))
        for request in requests:
            match request:
                case Subscribe(since=since):
                    asked.append(since)
                    hush = False
                case Unsubscribe():
                    asked.clear()
                    hush = True
                case Stop():
                    self._feed.stop()
                case Raw(sequence_number=number):
                    rows = self._feed.store.read(self._feed.id, since=number - 1, limit=1, raw=True)
                    found = rows[0].raw if rows and rows[0].sequence_number == number else None
                    self._send(raw_json(self._feed.id, number, found))
        if hush:
            self._hush()
        elif asked:
            self._subscribe(min(asked))

    def _hush(self) -> None:
        """Goes on watching for the end, and sends nothing. A view that still listens is given the chance to say so."""
        if not self._quiet:
            self._send(quiet_json(self._feed.id))
        self._quiet = True
        if self._follower is None:
            self._cursor = self._feed.store.head(self._feed.id)
            self._follower = self._feed.follow(since=self._cursor)

    def _subscribe(self, since: int) -> None:
        """Goes back to `since` where that is behind; every view drops what it has already."""
        self._quiet = False
        if self._follower is None or since < self._cursor:
            self._unfollow()
            self._follower = self._feed.follow(since=since)
            self._cursor = since
        self._head = max(self._head, self._feed.store.head(self._feed.id))
        self._said = None
        self._tell(self._follower)

    def _forward(self, follower: FeedFollower) -> None:
        for rows in split(follower.batch(timeout=WAIT)):
            after, self._cursor = self._cursor, rows[-1].sequence_number or self._cursor
            self._head = max(self._head, self._cursor)
            if self._quiet:
                continue
            self._send(batch_json(self._feed.id, rows, head=self._head, after=after))
            if self._closed.is_set():
                return
        if follower.done:
            self._tell(follower, complete=True)
            self._unfollow()
            if self._on_end is not None:
                self._on_end(follower, self._cursor)
        else:
            self._tell(follower)

    def _tell(self, follower: FeedFollower, *, complete: bool = False) -> None:
        """Says where the agent is, if that has changed and somebody listens."""
        if self._quiet:
            return
        record, live = follower.record, follower.live
        word = (record, live.state, live.detail, follower.duplicates, complete)
        if word == self._said:
            return
        self._said = word
        self._send(
            status_json(
                record,
                head=self._head,
                duplicates=follower.duplicates,
                live={"state": live.state, "detail": live.detail},
                complete=complete,
            )
        )

    def _send(self, content: Any) -> None:
        self._closed.wait(max(0.0, self._next_send - time.monotonic()))
        self._next_send = time.monotonic() + INTERVAL
        try:
            self._send_now(content)
        except Exception as error:
            # Whatever a closed comm or a dying kernel raises.
            raise _NobodyThere from error

    def _unfollow(self) -> None:
        if self._follower is not None:
            self._follower.close()
            self._follower = None


class _NobodyThere(Exception):
    """Sending failed: the comm is closed or the kernel is going."""
