"""The recordings of Claude Code through the real proxy, real SSE over loopback, decoder, parser and store."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from support import until

TESTS = Path(__file__).parent.parent
RECORDINGS = TESTS / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("claude-*.jsonl"))
EXIT_CODES = {
    Path(row["file"]).stem: int(row["exit"])
    for row in csv.DictReader((RECORDINGS / "MANIFEST.tsv").read_text("utf-8").splitlines(), delimiter="\t")
    if row["file"] in {f"{name}.jsonl" for name in NAMES}
}


class Proxy:
    """A proxy process whose configuration names the folder of the recordings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state.json"
        absent = '[profiles.absent]\ncommand = ["no-such-agent", "--json"]\ninstall = "install it with pip"\n'
        (folder / "proxy.toml").write_text(f'recordings = "{RECORDINGS}"\npace = 0\n{absent}')

    def start(self) -> None:
        argv = [sys.executable, "-m", "nbstream.proxy", "proxy", "--config", "proxy.toml"]
        argv += ["--state-file", str(self.state), "--runs-dir", str(self.folder / "runs")]
        with (self.folder / "proxy.log").open("ab") as log:
            self.process = subprocess.Popen(argv, cwd=self.folder, stdout=log, stderr=log)
        until(self.state.exists, what="the proxy")
        found = json.loads(self.state.read_text())
        self.url, self.token = found["url"], found["token"]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    process = Proxy(tmp_path_factory.mktemp("proxy"))
    process.start()
    yield process
    process.stop()


def played(proxy: Proxy, store, name: str):
    source = ProxySource(proxy.url, token=proxy.token, profile=f"replay:{name}")
    agent = nbs.launch("as recorded", source, store=store)
    agent.wait(timeout=60)
    return agent


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_comes_out_as_it_was_read(proxy, store, name):
    agent = played(proxy, store, name)
    golden = json.loads((TESTS / f"golden/parsers/{name}.json").read_text("utf-8"))
    assert (agent.status, agent.error) == (golden["status"], golden["error"])
    assert agent.record.metadata["end"]["exit_code"] == EXIT_CODES[name]
    shown = [
        {key: json.loads(block[key]) if key == "metadata" else block[key] for key in golden["blocks"][0]}
        for block in store.transcript(agent.id, to="arrow").to_pylist()
    ]
    assert shown == golden["blocks"]
    lines = (RECORDINGS / f"{name}.jsonl").read_text("utf-8").splitlines()
    assert "\n".join(store.raw(agent.id)).split("\n") == lines
    assert store.verify(), str(store.verify())


def test_each_answer_stands_once_and_each_tool_call_has_its_result(proxy, store):
    agent = played(proxy, store, "claude-parallel-partial")
    texts = [
        block["content"] for block in store.transcript(agent.id, to="arrow").to_pylist() if block["part"] == "text"
    ]
    assert texts == ["Two at once.", "One worked, one failed."]
    calls = store.tool_calls(agent.id, to="arrow").to_pylist()
    assert [(call["tool_call_id"], call["is_error"]) for call in calls] == [
        ("toolu_fakeA", False),
        ("toolu_fakeB", True),
    ]
    assert "hello nbstream" in calls[0]["output"]
    assert "File does not exist" in calls[1]["output"]


@pytest.mark.parametrize(
    ("profile", "says"),
    [("absent", "no-such-agent.*install it with pip"), ("unheard-of", "404.*unheard-of")],
)
def test_a_program_or_profile_that_is_not_there_is_a_clear_error(proxy, store, profile, says):
    agent = nbs.launch("x", ProxySource(proxy.url, token=proxy.token, profile=profile), store=store)
    assert agent.wait(timeout=30) == "failed"
    assert re.search(says, agent.error), agent.error
    [row] = store.read(agent.id)
    assert (row.type, row.content) == ("error", agent.error)


def test_a_wrong_token_is_a_clear_error(proxy, store):
    agent = nbs.launch("x", ProxySource(proxy.url, token="wrong", profile="replay"), store=store)
    assert agent.wait(timeout=30) == "failed"
    assert "401" in agent.error
    assert "check the token" in agent.error


def test_a_proxy_killed_in_the_middle_costs_nothing(tmp_path, store):
    proxy = Proxy(tmp_path)
    (tmp_path / "proxy.toml").write_text(f'recordings = "{RECORDINGS}"\npace = 0.05\n')
    proxy.start()
    port = proxy.url.rsplit(":", 1)[1]
    source = ProxySource(proxy.url, profile="replay:claude-tool-partial", heartbeat=1.0)
    os.environ["NBSTREAM_PROXY_TOKEN"] = proxy.token
    try:
        agent = nbs.launch("x", source, store=store)
        until(lambda: store.head(agent.id) >= 3, what="the first messages")
        proxy.process.kill()
        proxy.process.wait()
        proxy.state.unlink()
        argv = [sys.executable, "-m", "nbstream.proxy", "proxy", "--config", "proxy.toml", "--port", port]
        argv += ["--state-file", str(proxy.state), "--runs-dir", str(tmp_path / "runs")]
        proxy.process = subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(proxy.state.exists, what="the proxy again")
        os.environ["NBSTREAM_PROXY_TOKEN"] = json.loads(proxy.state.read_text())["token"]
        assert agent.wait(timeout=60) == "completed"
    finally:
        del os.environ["NBSTREAM_PROXY_TOKEN"]
        proxy.stop()
    lines = (RECORDINGS / "claude-tool-partial.jsonl").read_text("utf-8").splitlines()
    assert "\n".join(store.raw(agent.id)).split("\n") == lines
