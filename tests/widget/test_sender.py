"""The sender: batches, pace, requests of views, the end."""

from __future__ import annotations

import contextvars
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from nbstream.widget.code import VIEW
from nbstream.widget.sender import INTERVAL, Sender
from nbstream.wire import BATCH_SIZE, ROW_SIZE, Code, Raw, Stop, Subscribe, Unsubscribe, read_batch, split
from widget.feed import Feed, Live
from widget.rows import AGENT, Log


@dataclass
class Wire:
    """What was sent, when, and a wait for more of it."""

    sent: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    broken: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    def send(self, content: dict[str, Any]) -> None:
        if self.broken:
            raise RuntimeError("the comm is closed")
        with self.changed:
            self.sent.append((time.monotonic(), content))
            self.changed.notify_all()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [content for _, content in self.sent if content["type"] == kind]

    def numbers(self) -> list[int]:
        return [row.sequence_number for batch in self.of("agent:message") for row in read_batch(batch)]

    def wait(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, timeout), [content["type"] for _, content in self.sent]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def start(wire: Wire) -> Iterator[Callable[[Feed], Sender]]:
    senders = []

    def begin(feed: Feed, on_end: Any = None, *, quiet: bool = False) -> Sender:
        sender = Sender(feed, wire.send, on_end, quiet=quiet)
        senders.append(sender)
        sender.start()
        return sender

    yield begin
    for sender in senders:
        sender.close()
        assert sender.join(30)


def rows(count: int, content: str = "word ") -> list[Any]:
    log = Log()
    for _ in range(count):
        log.add(content, block="b")
    return log.rows


def test_history_then_live_then_the_end(wire, start) -> None:
    feed = Feed()
    every = rows(30)
    feed.say(every[:10])
    sender = start(feed)
    sender.ask(Subscribe(0))
    wire.wait(lambda: wire.numbers() == list(range(1, 11)))
    feed.say(every[10:])
    wire.wait(lambda: wire.numbers() == list(range(1, 31)))
    assert wire.of("agent:complete") == []
    feed.finish()
    wire.wait(lambda: len(wire.of("agent:complete")) == 1)
    last = wire.of("agent:complete")[0]
    assert (last["record"]["status"], last["head"], last["live"]["state"]) == ("completed", 30, "ended")
    wire.wait(lambda: feed.open == 0)


def test_the_first_word_says_who_and_how_far(wire, start) -> None:
    feed = Feed(rows(3), duplicates=2, live=Live("reconnecting", "attempt 2"))
    start(feed).ask(Subscribe(0))
    wire.wait(lambda: len(wire.sent) >= 2)
    first = wire.sent[0][1]
    assert first["type"] == "agent:status"
    assert first["agent_id"] == first["record"]["id"] == str(AGENT)
    assert (first["head"], first["duplicates"]) == (3, 2)
    assert first["live"] == {"state": "reconnecting", "detail": "attempt 2"}
    assert wire.of("agent:message")[0]["head"] == 3


def test_at_most_one_custom_message_each_interval(wire, start) -> None:
    feed = Feed()
    start(feed).ask(Subscribe(0))
    ticks = threading.Event()
    for row in rows(400):
        feed.say([row])
        ticks.wait(0.0005)
    wire.wait(lambda: len(wire.numbers()) == 400)
    times = [when for when, _ in wire.sent]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= INTERVAL * 0.95
    assert wire.numbers() == list(range(1, 401))
    assert len(wire.of("agent:message")) < 40


def test_without_a_word_from_a_view_history_is_sent_unasked(wire, start) -> None:
    start(Feed(rows(5)))
    wire.wait(lambda: wire.numbers() == [1, 2, 3, 4, 5])


def test_a_view_that_missed_rows_gets_them_again(wire, start) -> None:
    feed = Feed(rows(10))
    sender = start(feed)
    sender.ask(Subscribe(0))
    wire.wait(lambda: len(wire.numbers()) == 10)
    sender.ask(Subscribe(7))
    wire.wait(lambda: wire.numbers()[10:] == [8, 9, 10])
    assert feed.followed == [0, 7]
    assert feed.open == 1


def test_a_view_that_has_all_gets_the_status_and_no_rows(wire, start) -> None:
    feed = Feed(rows(10))
    sender = start(feed)
    sender.ask(Subscribe(0))
    wire.wait(lambda: len(wire.numbers()) == 10)
    before = len(wire.of("agent:status"))
    sender.ask(Subscribe(10))
    wire.wait(lambda: len(wire.of("agent:status")) > before)
    assert len(wire.numbers()) == 10
    assert feed.followed == [0]


def test_a_status_is_sent_when_it_changes_and_only_then(wire, start) -> None:
    feed = Feed(rows(1))
    start(feed).ask(Subscribe(0))
    wire.wait(lambda: len(wire.numbers()) == 1)
    feed.live = Live("stalled", "no byte for 30 s")
    wire.wait(lambda: wire.of("agent:status")[-1]["live"]["state"] == "stalled")
    count = len(wire.sent)
    feed.duplicates = 4
    wire.wait(lambda: wire.of("agent:status")[-1]["duplicates"] == 4)
    assert len(wire.sent) == count + 1


def test_stop_and_raw_reach_the_agent(wire, start) -> None:
    feed = Feed(rows(3))
    sender = start(feed)
    sender.ask(Subscribe(0))
    sender.ask(Stop())
    sender.ask(Raw(2))
    sender.ask(Raw(99))
    wire.wait(lambda: len(wire.of("agent:raw")) == 2)
    assert feed.stops == 1
    assert [(answer["sequence_number"], answer["raw"]) for answer in wire.of("agent:raw")] == [
        (2, '{"row": 2}'),
        (99, None),
    ]


def test_after_the_end_a_new_view_still_gets_everything(wire, start) -> None:
    feed = Feed(rows(4))
    feed.finish()
    ends: list[int] = []
    sender = start(feed, lambda _, cursor: ends.append(cursor))
    sender.ask(Subscribe(0))
    wire.wait(lambda: ends == [4])
    sender.ask(Subscribe(0))
    wire.wait(lambda: ends == [4, 4])
    assert wire.numbers() == [1, 2, 3, 4, 1, 2, 3, 4]
    assert feed.open == 0


def test_an_error_of_the_store_is_told_and_the_next_request_served(wire, start) -> None:
    feed = Feed(rows(2), closed=True)
    sender = start(feed)
    sender.ask(Subscribe(0))
    wire.wait(lambda: len(wire.of("agent:error")) == 1)
    assert wire.of("agent:error")[0]["reason"] == "StoreClosed"
    feed.closed = False
    sender.ask(Subscribe(0))
    wire.wait(lambda: wire.numbers() == [1, 2])


def test_nobody_there_ends_the_thread_quietly(wire, start, capsys) -> None:
    feed = Feed(rows(2))
    sender = start(feed)
    wire.broken = True
    sender.ask(Subscribe(0))
    assert sender.join(30)
    assert feed.open == 0
    assert capsys.readouterr() == ("", "")


def test_the_thread_has_the_context_of_its_cell(wire, start) -> None:
    cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell")
    cell.set("this one")
    seen: list[str] = []
    feed = Feed()
    feed.finish()
    start(feed, lambda *_: seen.append(cell.get())).ask(Subscribe(0))
    wire.wait(lambda: len(wire.of("agent:complete")) == 1)
    assert wait_for(lambda: seen == ["this one"])


def test_closing_while_a_long_history_is_sent_ends_soon(wire, start) -> None:
    sender = start(Feed(rows(40, "x" * (BATCH_SIZE // 2))))
    sender.ask(Subscribe(0))
    wire.wait(lambda: len(wire.sent) >= 3)
    sender.close()
    assert sender.join(30)
    assert len(wire.numbers()) < 40


def test_split_keeps_order_and_size() -> None:
    every = rows(10, "x" * 100)
    parts = list(split(every, size=3 * (100 + ROW_SIZE)))
    assert [len(part) for part in parts] == [3, 3, 3, 1]
    assert [row for part in parts for row in part] == every
    assert list(split([])) == []


def test_split_sends_a_row_over_the_limit_alone() -> None:
    every = [*rows(1), *rows(1, "x" * (BATCH_SIZE + 1)), *rows(1)]
    assert [len(part) for part in split(every)] == [1, 1, 1]


def wait_for(condition: Callable[[], bool], timeout: float = 5.0) -> bool:
    until = time.monotonic() + timeout
    pause = threading.Event()
    while not condition() and time.monotonic() < until:
        pause.wait(0.005)
    return condition()


def test_where_the_server_shows_it_nothing_is_sent_and_the_end_is_still_seen(wire, start) -> None:
    feed = Feed()
    feed.say(rows(5))
    ended = threading.Event()
    start(feed, lambda _follower, cursor: ended.set(), quiet=True)
    feed.say(rows(10)[5:])
    feed.finish()
    assert ended.wait(30)
    assert wire.sent == []


def test_a_page_without_the_view_is_given_its_code_and_nothing_else(wire, start) -> None:
    sender = start(Feed(rows(3)), quiet=True)
    sender.ask(Code())
    wire.wait(lambda: bool(wire.sent))
    assert [said for _, said in wire.sent] == [{"type": "agent:code", "agent_id": str(AGENT), "code": VIEW}]


def test_what_a_page_asked_again_and_again_while_the_kernel_was_busy_is_one_question(wire) -> None:
    sender = Sender(Feed(rows(3)), wire.send, quiet=True)
    for _ in range(4):
        sender.ask(Code())
    sender.ask(Raw(sequence_number=2))
    sender.start()
    wire.wait(lambda: bool(wire.of("agent:raw")))
    sender.close()
    assert sender.join(30)
    assert [said["type"] for _, said in wire.sent] == ["agent:code", "agent:raw"]


def test_a_view_that_has_its_rows_from_the_server_makes_the_kernel_quiet(wire, start) -> None:
    feed = Feed()
    every = rows(9)
    feed.say(every[:3])
    ended = threading.Event()
    sender = start(feed, lambda _follower, cursor: ended.set())
    sender.ask(Subscribe(0))
    wire.wait(lambda: wire.numbers() == [1, 2, 3])
    sender.ask(Unsubscribe())
    wire.wait(lambda: bool(wire.of("agent:quiet")))
    feed.say(every[3:])
    wire_was = len(wire.sent)
    feed.finish()
    assert ended.wait(30)
    assert len(wire.sent) == wire_was
    assert wire.numbers() == [1, 2, 3]


def test_a_view_that_comes_back_to_the_kernel_misses_nothing(wire, start) -> None:
    feed = Feed()
    every = rows(9)
    feed.say(every[:3])
    sender = start(feed, quiet=True)
    feed.say(every[3:6])
    sender.ask(Subscribe(2))
    wire.wait(lambda: wire.numbers() == [3, 4, 5, 6])
    feed.say(every[6:])
    wire.wait(lambda: wire.numbers() == [3, 4, 5, 6, 7, 8, 9])
    assert [status["record"]["status"] for status in wire.of("agent:status")] == ["running"]
