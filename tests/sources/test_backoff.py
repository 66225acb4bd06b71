"""Waiting before the next try."""

from __future__ import annotations

import random

from nbstream.sources.backoff import CAP_S, Backoff


def test_each_wait_lies_between_zero_and_a_bound_that_doubles_to_thirty_seconds():
    for seed in range(200):
        backoff = Backoff(random.Random(seed))
        for attempt in range(20):
            assert 0 <= backoff.next() <= min(CAP_S, 0.25 * 2**attempt)


def test_the_waits_differ_between_readers_and_reach_high():
    waits = [Backoff(random.Random(seed)).next() for seed in range(50)]
    assert len(set(waits)) == 50
    late = []
    for seed in range(50):
        backoff = Backoff(random.Random(seed))
        late.append([backoff.next() for _ in range(10)][-1])
    assert max(late) > CAP_S / 2


def test_progress_starts_over():
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 0.25


def test_what_the_other_side_asks_is_the_least_we_wait_within_the_cap():
    backoff = Backoff(random.Random(1))
    assert backoff.next(asked=3.0) >= 3.0
    assert Backoff(random.Random(1)).next(asked=86_400) == CAP_S
