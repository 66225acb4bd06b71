"""Files for readers: nothing in them runs, in a page or in a spreadsheet."""

from __future__ import annotations

import csv
import re

import pytest

from nbstream.exchange import export_history
from nbstream.exchange.transcripts import neutral
from nbstream.frames import Store
from store.given import agent, message

HOSTILE = [
    "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\0=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "  =1",
]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store.open(":memory:") as opened:
        agent_id = agent(opened, prompt="<script>alert(1)</script>", status="completed")
        rows = [message(agent_id, n, op="set", block=f"b{n}", content=text) for n, text in enumerate(HOSTILE, 1)]
        rows += [
            message(agent_id, 90, op="set", block="x", content="<script>alert(2)</script> [a](javascript:1) **bold**")
        ]
        opened.save(agent_id, rows).result()
        yield opened


def test_cells_that_a_spreadsheet_would_calculate_are_text(store, tmp_path) -> None:
    export_history(store, tmp_path / "safe.csv")
    export_history(store, tmp_path / "as-is.csv", formulas=True)
    with (tmp_path / "safe.csv").open(newline="") as safe, (tmp_path / "as-is.csv").open(newline="") as plain:
        cells = [row["content"] for row in csv.DictReader(safe)]
        assert cells[: len(HOSTILE)] == [f"'{text}" for text in HOSTILE]
        assert [row["content"] for row in csv.DictReader(plain)][: len(HOSTILE)] == HOSTILE
    assert [neutral(value) for value in ("a=1", "", " ", 5, None, "x")] == ["a=1", "", " ", 5, None, "x"]


def test_the_page_has_no_script_and_asks_for_nothing(store, tmp_path) -> None:
    export_history(store, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert "<strong>bold</strong>" in page
    assert not re.search(r"<script|javascript:1\"|<img|<link|@import|\son\w+=", page, re.IGNORECASE)
    assert "alert(2)" in page


def test_the_document_is_markdown(store, tmp_path) -> None:
    export_history(store, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text()
    assert "**bold**" in text
    assert "<script>" not in text


def test_a_transcript_is_whole_however_long_it_is(store, tmp_path) -> None:
    [record] = store.list_agents()
    rows = [message(record.id, n, op="set", block=f"l{n}", content=f"line {n} " + "x" * 4000) for n in range(100, 220)]
    store.save(record.id, rows).result()
    export_history(store, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert all(f"line {n} " in page for n in range(100, 220))
