"""A browser for the tests with a page; one for all of them, a page for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from widget.page_kit import ViewPage

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


# A module long and no longer: while it runs, its event loop keeps tests with one of their own from starting.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def view(browser) -> Iterator[ViewPage]:
    view = ViewPage(browser)
    view.render()
    yield view
    assert view.complaints == []
    view.close()
