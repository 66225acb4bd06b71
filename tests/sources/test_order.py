"""Positions: whatever the order and number of deliveries, each line goes on once and in its place."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.errors import ProtocolError
from nbstream.sources.order import WINDOW, InOrder, MissingEvents, Position
from nbstream.sse import ServerSentEvent


def line(n: int, data: str | None = None, epoch: str = "e") -> ServerSentEvent:
    return ServerSentEvent("message", data if data is not None else f"line {n}", f"{epoch}.{n}")


def numbers(events):
    return [int(event.id.rpartition(".")[2]) for event in events]


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [
        ("e.1", Position("e", 1)),
        ("a.b.12", Position("a.b", 12)),
        ("", None),
        ("7", None),
        (".7", None),
        ("e.", None),
        ("e.-1", None),
        ("e.x", None),
        ("e.٣", None),
    ],
)
def test_a_position_is_an_epoch_and_a_line(event_id, expected):
    assert Position.parse(event_id) == expected


def test_in_order_passes_through_and_moves_the_cursor():
    order = InOrder()
    assert order.cursor is None
    assert numbers(order.take([line(1), line(2)])) == [1, 2]
    assert order.cursor == "e.2"


def test_it_goes_on_after_a_stored_cursor():
    order = InOrder("e.40")
    assert numbers(order.take([line(39), line(40), line(41)])) == [41]
    assert order.duplicates == 2
    assert order.cursor == "e.41"


def test_a_later_line_waits_for_the_one_before_it():
    order = InOrder()
    assert numbers(order.take([line(1), line(3)])) == [1]
    assert order.missing
    assert order.cursor == "e.1"
    assert numbers(order.take([line(2)])) == [2, 3]
    assert not order.missing


@given(st.integers(1, 200), st.integers(0, 2**32))
def test_shuffled_and_doubled_within_the_window_gives_the_source(count, seed):
    rng = random.Random(seed)
    deliveries = [line(n) for n in range(1, count + 1)] * 2
    rng.shuffle(deliveries)
    order = InOrder()
    out = []
    at = 0
    while at < len(deliveries):
        step = rng.randint(1, 20)
        out += order.take(deliveries[at : at + step])
        at += step
    assert numbers(out) == list(range(1, count + 1))
    assert order.duplicates == count


def test_the_same_line_with_other_bytes_is_reported_not_swallowed():
    order = InOrder()
    order.take([line(1, "one")])
    with pytest.raises(ProtocolError, match="line 1 came twice with different bytes"):
        order.take([line(1, "another")])


def test_a_held_line_with_other_bytes_is_reported_too():
    order = InOrder()
    order.take([line(3, "three")])
    with pytest.raises(ProtocolError, match="line 3 came twice"):
        order.take([line(3, "drei")])


def test_lines_of_another_log_are_never_mixed_in():
    order = InOrder("old.5")
    with pytest.raises(ProtocolError, match="log old, got one of new"):
        order.take([line(6, epoch="new")])


def test_an_id_that_is_no_position_is_refused():
    with pytest.raises(ProtocolError, match=r"epoch\.line, got 'abc'"):
        InOrder().take([ServerSentEvent("message", "x", "abc")])


def test_a_full_window_asks_to_be_read_again():
    order = InOrder()
    with pytest.raises(MissingEvents, match="expected line 1"):
        order.take([line(n) for n in range(2, WINDOW + 3)])
    order.forget_held()
    assert order.cursor is None
    assert numbers(order.take([line(1), line(2)])) == [1, 2]


def test_a_gap_names_what_is_gone_and_lets_the_rest_go_on():
    order = InOrder("e.4")
    gap = order.give_up_to(1, 9, "trimmed")
    assert (gap.first, gap.last, gap.reason, gap.event_id) == (5, 9, "trimmed", "e.9")
    assert numbers(order.take([line(10)])) == [10]


def test_a_gap_before_any_line_learns_the_log_from_the_notice():
    order = InOrder()
    order.know_epoch("e7.3")
    assert order.give_up_to(1, 3, "trimmed").event_id == "e7.3"
    assert numbers(order.take([line(4, epoch="e7")])) == [4]


def test_a_line_that_comes_again_is_known_as_far_back_as_the_window_and_nothing_older_is_kept():
    order = InOrder()
    for first in range(1, 3 * WINDOW, WINDOW // 2):
        order.take([line(n) for n in range(first, first + WINDOW // 2)])
    following = int(order.cursor.rpartition(".")[2]) + 1
    assert order.take([line(following - WINDOW - 1, "other bytes")]) == []  # too old to be compared
    with pytest.raises(ProtocolError, match="twice with different bytes"):
        order.take([line(following - WINDOW, "other bytes")])
    order.give_up_to(following, following + 10 * WINDOW, "trimmed")
    assert order.take([line(following - 1, "other bytes")]) == []
    assert len(order._seen) <= WINDOW


def test_a_line_that_waits_and_comes_again_goes_on_once():
    order = InOrder()
    assert numbers(order.take([line(1), line(3), line(2), line(3), line(4)])) == [1, 2, 3, 4]
    assert order.duplicates == 1
    assert not order.missing
