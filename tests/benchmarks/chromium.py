"""A headless Chromium for the benches, and what its trace says of a page's main thread."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from browser.conftest import chromium_path

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ANSWER = Path(__file__).resolve().parents[1] / "widget" / "render" / "texts" / "answer.md"
LONG_MS = 50
"""Milliseconds from which a browser calls a task long, and a reader sees a frame that is late."""


class Task(NamedTuple):
    """One task of a main thread, in milliseconds: its own time, and that of the clock."""

    own: float
    wall: float


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield launched
        launched.close()


def say(text: str) -> None:
    """Progress goes where figures do not."""
    print(text, file=sys.stderr, flush=True)


def answer(kilobytes: float) -> str:
    """An answer as agents give them: headings, prose, lists, tables and code, about 700 characters a round."""
    part = ANSWER.read_text(encoding="utf-8") + "\n\n"
    size = int(kilobytes * 1000)
    return (part * (size // len(part) + 1))[:size]


def prose(kilobytes: float) -> str:
    """Paragraphs of half a kilobyte and nothing else: it never has too many elements to be drawn."""
    size = int(kilobytes * 1000)
    sentence = "Sentence number {} of a long answer, with some words in it. "
    words = (sentence.format(n) + ("\n\n" if n % 9 == 8 else "") for n in range(size // 50 + 1))
    return "".join(words)[:size]


def traced(browser: Browser, page: Page, work: Callable[[], Any]) -> tuple[Any, list[Task]]:
    """What `work` returns, and the tasks of the page's main thread while it ran; none is counted within another."""
    browser.start_tracing(page=page, categories=["toplevel"])
    try:
        done = work()
    finally:
        raw = browser.stop_tracing()
    return done, outermost(json.loads(raw)["traceEvents"])


def outermost(events: list[dict[str, Any]]) -> list[Task]:
    """The tasks of the renderer's main thread that are in no other."""
    names = {(each["pid"], each["tid"]): each["args"]["name"] for each in events if each["name"] == "thread_name"}
    tasks = [
        each
        for each in events
        if "RunTask" in each["name"] and "tdur" in each and names.get((each["pid"], each["tid"])) == "CrRendererMain"
    ]
    found, ends = [], dict[int, float]()
    for task in sorted(tasks, key=lambda each: (each["ts"], -each["dur"])):
        if task["ts"] >= ends.get(task["pid"], 0):
            ends[task["pid"]] = task["ts"] + task["dur"]
            found.append(Task(task["tdur"] / 1000, task["dur"] / 1000))
    return found


METRICS = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")


def metrics(session: CDPSession) -> dict[str, float]:
    """Milliseconds of the thread's own time since the session began to count."""
    found = {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in METRICS}
