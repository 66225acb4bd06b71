"""Frames taken while ten agents stream: never a torn or repeated row, here and in a process that joined."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import live_frames
from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.store import message_id
from store.given import START, agent, environment

AGENTS = 10
FRAMES = 8


def stream(store: Store, stop: threading.Event) -> int:
    """One agent that writes until it is told to stop: deltas, and now and then the whole block again."""
    who, number, saved = agent(store), 0, None
    while not stop.wait(0.06):
        rows = []
        for _ in range(1 + number % 5):
            number += 1
            event = f"1.{number}"
            rows.append(
                AgentMessage(
                    id=message_id(who, event, 0), event_id=event, type="assistant", role="assistant", part="text",
                    op="set" if number % 17 == 0 else "append", block=f"b{number // 40}", content=f"{event} ",
                    created_at=START,
                )
            )  # fmt: skip
        saved = store.save(who, rows)
    if saved:
        saved.result()
    return number


def test_no_frame_has_a_torn_or_repeated_row_while_ten_agents_stream(tmp_path) -> None:
    with Store.open(tmp_path / "history.duckdb") as store:
        stop, written = threading.Event(), [0] * AGENTS

        def run(place: int) -> None:
            written[place] = stream(store, stop)

        threads = [threading.Thread(target=run, args=(place,)) for place in range(AGENTS)]
        other = subprocess.Popen(
            [sys.executable, str(Path(live_frames.__file__)), str(store.path), str(FRAMES)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        assert other.stdout is not None
        try:
            assert other.stdout.readline() == "ready\n"
            for thread in threads:
                thread.start()
            sizes = live_frames.observe(store, FRAMES)
            said, errors = other.communicate(timeout=60)
        finally:
            stop.set()
            for thread in threads:
                if thread.is_alive():
                    thread.join()
            other.kill()
            other.wait()
        assert errors == ""
        role, *others = said.split()
        assert role == "joined"
        for taken in (sizes, [int(size) for size in others]):  # the log grew from frame to frame
            assert len(taken) == FRAMES
            assert len(set(taken)) >= 3
            assert taken == sorted(taken)
        assert live_frames.observe(store, 1) == [sum(written)]
        assert store.verify()
