"""Who moved the transcript: a reader, whom nothing moves back, or the browser on a page of few frames a second."""

from __future__ import annotations

import json

import pytest

from nbstream.messages import AgentMessage
from nbstream.wire import batch_json
from widget.page_kit import find
from widget.rows import AGENT, Log, record

pytestmark = pytest.mark.browser

FEED = """text => {
  const batches = JSON.parse(text), root = nbstream.root, last = batches[0].head;
  nbstream.lost = [];
  nbstream.over = false;
  const next = () => {
    if (!root.shadowRoot.querySelector('.jump').hidden) nbstream.lost.push(Number(root.dataset.head));
    if (batches.length > 0) nbstream.deliver(batches.shift());
    nbstream.over = Number(root.dataset.head) === last;
    if (!nbstream.over) setTimeout(next, 60);
  };
  next();
}"""
DISTANCE = """() => {
  const s = nbstream.root.shadowRoot.querySelector('.scroller');
  return s.scrollHeight - s.scrollTop - s.clientHeight;
}"""


def uneven(count: int) -> list[AgentMessage]:
    """Answers that grow, and tools of very different heights: a high one goes out of sight, low ones come."""
    log = Log()
    for n in range(count):
        for word in range(30):
            log.add(f"word{word} of answer {n} " + ("\n\n" if word % 9 == 8 else ""), block=f"t{n}")
        log.call(f"c{n}", "Bash", '{"command": "echo"}')
        log.result(f"c{n}", "\n".join(f"line {k}" for k in range(n % 17)), error=n % 5 == 0)
    return log.rows


def batches(rows: list[AgentMessage], size: int) -> list[dict]:
    head = rows[-1].sequence_number
    return [batch_json(AGENT, rows[at : at + size], head=head) for at in range(0, len(rows), size)]


# Of two changes before a frame the browser tells once: here the end comes up, takes the place with it, and goes down.
TWO_CHANGES = """() => {
  const s = nbstream.root.shadowRoot.querySelector('.scroller'), last = [...s.querySelectorAll('.slot')].at(-1);
  const before = s.scrollTop;
  last.style.display = 'none';
  const held = before - s.scrollTop;
  last.style.display = '';
  last.style.paddingBottom = '300px';
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(held))));
}"""


def test_a_place_that_the_browser_moved_is_no_reader_s(view) -> None:
    rows = uneven(20)
    view.status(record(), head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    view.page.wait_for_function(f"({DISTANCE})() < 2")
    assert view.page.evaluate(TWO_CHANGES) > 30
    view.page.wait_for_function(f"({DISTANCE})() < 2")
    assert find(view, ".jump").is_hidden()


def test_a_reader_leaves_the_end_also_while_the_page_is_slow(view) -> None:
    rows = uneven(60)
    view.status(record(), head=len(rows))
    view.rows(rows[:400], head=len(rows))
    view.wait_head(400)
    view.context.new_cdp_session(view.page).send("Emulation.setCPUThrottlingRate", {"rate": 8})
    view.page.evaluate(FEED, json.dumps(batches(rows[400:], 20)))
    find(view, ".scroller").hover()
    view.page.mouse.wheel(0, -900)
    view.page.wait_for_function("nbstream.lost.length > 0", timeout=30_000)
    view.page.wait_for_function("nbstream.over", timeout=90_000)
    assert view.page.evaluate(DISTANCE) > 300
