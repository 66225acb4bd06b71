"""The view for everyone: axe's rules, the keyboard, what a screen reader is told, reduced motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from nbstream.wire import batch_json, status_json
from widget.page_kit import ViewPage, find
from widget.rows import AGENT, DONE, Log, record, story

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


def findings(view: ViewPage) -> list[str]:
    """What axe calls serious or critical, in the view and in nothing around it."""
    view.page.add_script_tag(path=AXE)
    result: dict[str, Any] = view.page.evaluate("() => axe.run('#cell')")
    bad = [each for each in result["violations"] if each["impact"] in {"serious", "critical"}]
    assert len(result["passes"]) > 10, "it looked at something"
    return [f"{each['id']}: {[node['target'] for node in each['nodes']][:3]}" for each in bad]


@pytest.mark.parametrize("state", ["live", "finished"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(browser, dark, state) -> None:
    view = ViewPage(browser, dark=dark)
    view.render()
    rows = story(finished=state == "finished").rows
    view.status(DONE if state == "finished" else record(), head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    find(view, ".searchbutton").click()
    find(view, ".kindsbutton").click()
    find(view, ".foldbutton").click()
    find(view, ".foldbutton").click()
    find(view, ".rawtoggle").click()
    view.page.wait_for_timeout(250)
    assert findings(view) == []
    view.close()


def test_every_control_is_reached_by_tab_and_can_be_seen(view) -> None:
    rows = story(finished=False).rows
    view.status(record(), head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    controls = view.page.evaluate(
        """() => { window.reached = new Set(); window.controls = [...nbstream.root.shadowRoot.querySelectorAll('*')]
        .filter(e => e.matches('button, summary, input, [tabindex="0"]') && e.checkVisibility()); return window.controls.length }"""
    )
    for _ in range(controls + 20):
        view.page.keyboard.press("Tab")
        seen = view.page.evaluate(
            """() => { const e = nbstream.root.shadowRoot.activeElement; if (e === null) return null; window.reached.add(e);
            return [getComputedStyle(e).outlineStyle, getComputedStyle(e.closest('.actions') ?? e).display] }"""
        )
        assert seen is None or seen[0] == "solid", "visible focus"
    missed = "window.controls.filter(e => e.isConnected && !window.reached.has(e)).map(e => e.className || e.localName)"
    assert controls > 30
    assert view.page.evaluate(missed) == []


def test_a_screen_reader_is_told_once_a_block_and_nothing_of_the_past(view) -> None:
    log = Log()
    log.add("Old words.", block="old", op="set")
    view.status(record(), head=1)
    view.rows(log.rows)
    view.wait_head(1)
    view.page.evaluate(
        """() => { const place = nbstream.root.shadowRoot.querySelector('.unseen[aria-live]'); window.told = [place.textContent];
        new MutationObserver(() => window.told.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true }) }"""
    )
    log.text("new", "New words that come in many small pieces, one after another.", size=4)
    log.call("c", "Bash", '{"command": "ls"}')
    for number, row in enumerate(log.rows[1:], start=2):
        view.deliver(batch_json(AGENT, [row], head=number))
        view.wait_head(number)
    log.result("c", "done")
    view.rows(log.rows[-1:])
    view.deliver(status_json(DONE, head=len(log.rows)))
    view.page.wait_for_function("window.told.join(' ').includes('agent finished')")
    told = ". ".join(view.page.evaluate("window.told"))
    assert told.count("New words that come in many small pieces, one after another.") == 1
    assert told.count("Bash done") == 1
    assert "Old words" not in told
    live = view.page.evaluate(
        "[...nbstream.root.shadowRoot.querySelectorAll('[aria-live=polite], [role=log]')].map(e => e.getAttribute('aria-live'))"
    )
    assert sorted(live) == ["off", "polite"], "rows that come and go while scrolling are not read out"


def test_motion_stops_for_who_asks_for_it(browser) -> None:
    view = ViewPage(browser)
    view.page.emulate_media(reduced_motion="reduce")
    view.render()
    log = Log()
    log.call("c", "Bash", '{"command": "sleep 9"}')
    view.status(record(), head=1)
    view.rows(log.rows)
    view.wait_head(1)
    moving = "nbstream.root.shadowRoot.querySelector('.outcome').getAnimations().length"
    assert view.page.evaluate(moving) == 0
    view.page.emulate_media(reduced_motion="no-preference")
    view.page.wait_for_function(f"{moving} === 1")
    view.close()
