"""Nothing an agent prints is executed, asks the network, or becomes an element that is on no list.

A run is void unless the same strings, put into the page as HTML, are as bad as they are meant to be.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hostile.corpus import everything, generated, own
from hostile.kit import KINDS, PER_TURN, Bench, control
from nbstream.store import MessageStore
from widget.conftest import browser as browser  # noqa: PLC0414 -- the same Chromium
from widget.render_kit import built

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def bench(browser: Browser, tmp_path) -> Iterator[Bench]:
    with MessageStore.open(tmp_path / "hostile.duckdb") as store:
        bench = Bench(browser, store)
        yield bench
        bench.close()


def corpus() -> list[str]:
    return everything([example["markdown"] for example in built().examples])


def test_there_are_enough_and_they_run_everywhere() -> None:
    assert len(set(own())) >= 200
    assert len({*own(), *generated()}) >= 1500


def test_the_control_is_as_bad_as_it_must_be(browser) -> None:
    live = [text for text in generated() if "alert(1)" in text and "<" in text]
    executed, requests = control(browser, [*own(), *live[:120]])
    assert executed >= 40, "the run is void: too little is executed even by innerHTML"
    assert requests >= 90, "the run is void: too little is asked for even by innerHTML"


def test_every_payload_live_and_after_a_reload(browser, tmp_path) -> None:
    """Each as text and as one other kind of block; `run.py` has every kind in every mode."""
    payloads = corpus()
    verdicts = []
    for strict in (False, True):
        with MessageStore.open(tmp_path / f"{strict}.duckdb") as store:
            bench = Bench(browser, store)
            # Every other turn under a policy that lets no text become markup.
            for turn, start in enumerate(range(0, len(payloads), PER_TURN)):
                if turn % 2 == strict:
                    other = KINDS[1 + turn // 2 % (len(KINDS) - 1)]
                    bench.turn(payloads[start : start + PER_TURN], ("text", other), "whole", strict=strict)
            bench.close()
            verdicts.append(bench.verdict)
    assert sum(verdict.payloads for verdict in verdicts) == len(payloads) >= 1500
    assert all(verdict.clean for verdict in verdicts), verdicts


@pytest.mark.parametrize("mode", ["characters", "cuts"])
def test_streamed_payloads(bench, mode) -> None:
    payloads = [text for text in corpus() if len(text) < 300]
    chosen = payloads[:: 16 if mode == "characters" else 6]
    for start in range(0, len(chosen), PER_TURN):
        bench.turn(chosen[start : start + PER_TURN], ("text", "result"), mode, strict=True)
    assert bench.verdict.clean, bench.verdict
