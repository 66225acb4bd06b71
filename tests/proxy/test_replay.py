"""Every recording of Claude Code comes through the proxy byte for byte, with the exit code it had."""

from __future__ import annotations

import csv
import subprocess
import sys
import time

import pytest

from nbstream.proxy import replay
from nbstream.proxy.programs import builtin_profiles
from proxy.process import RECORDINGS, ProxyProcess

ROWS = csv.DictReader((RECORDINGS / "MANIFEST.tsv").read_text().splitlines(), delimiter="\t")
MANIFEST = {row["file"]: row for row in ROWS}
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = ProxyProcess(tmp_path_factory.mktemp("replay") / "p").start()
    yield proxy
    proxy.close()


def test_there_is_something_to_play():
    assert len([name for name in NAMES if name.startswith("claude-")]) >= 13


@pytest.mark.parametrize("name", NAMES)
def test_a_recording(proxy, name):
    source = (RECORDINGS / f"{name}.jsonl").read_bytes()
    agent_id = proxy.start_agent(f"replay:{name}")
    reading = proxy.read(agent_id)
    assert proxy.stdout(agent_id) == source
    assert "\n".join(reading.lines).encode() == source.removesuffix(b"\n")
    row = MANIFEST[f"{name}.jsonl"]
    complete = reading.the("complete")
    assert complete["exit_code"] == int(row["exit"])
    assert complete["status"] == ("failed" if complete["exit_code"] else "completed")
    assert complete["messageCount"] == int(row["lines"])
    assert complete["signal"] is None


def test_the_shipped_recording_streams_visibly(proxy):
    profile = next(profile for profile in builtin_profiles() if profile.name == "replay")
    assert profile.argv[-1] == "0.03"
    began = time.monotonic()
    done = subprocess.run(profile.argv, capture_output=True, check=True)
    assert done.stdout == (RECORDINGS / "claude-tool-partial.jsonl").read_bytes()
    assert time.monotonic() - began >= 49 * 0.03


def test_as_a_module():
    recording = RECORDINGS / "claude-err400.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "nbstream.proxy.replay", recording, "0"], capture_output=True, check=False
    )
    assert done.stdout == recording.read_bytes()
    assert done.returncode == 1


def test_its_own_pace(tmp_path, capfdbinary):
    stamped = [
        '{"timestamp": "2026-01-01T00:00:00.000Z"}',
        "{}",
        '{"timestamp": "2026-01-01T00:00:00.300Z"}',
        "no json",
    ]
    recording = tmp_path / "own.jsonl"
    recording.write_text("\n".join(stamped))
    began = time.monotonic()
    assert replay.main([str(recording), "own"]) == 0
    assert 0.3 <= time.monotonic() - began < 15
    assert capfdbinary.readouterr().out == recording.read_bytes()
