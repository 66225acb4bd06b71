"""The real model over each of its three protocols, through the source and the store; and Stop, which stops it."""

from __future__ import annotations

import json
import time

import psutil
import pytest

from nbstream import service as nbs
from nbstream.errors import SourceRefused
from nbstream.local import LocalServer, find_model
from nbstream.sources import source_from, source_named
from support import until

pytestmark = pytest.mark.local_llm

FUNCTION = {"name": "run_cell", "description": "Run Python code in the notebook kernel and return its output"}
SCHEMA = {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}
TOOLS = {
    "chat": [{"type": "function", "function": {**FUNCTION, "parameters": SCHEMA}}],
    "messages": [{**FUNCTION, "input_schema": SCHEMA}],
    "responses": [{"type": "function", **FUNCTION, "parameters": SCHEMA}],
}
EXAMPLES = [
    {"prompt": "Run print('hi')", "tool": "run_cell", "input": {"code": "print('hi')"}, "output": "hi", "answer": "It printed hi."},
    {"prompt": "Run len([1,2,3])", "tool": "run_cell", "input": {"code": "len([1,2,3])"}, "output": "3", "answer": "The length is 3."},
]  # fmt: skip
PARSERS = {"chat": "openai-chat", "messages": "anthropic", "responses": "openai-responses"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    yield nbs.connect(tmp_path_factory.mktemp("local") / "store.duckdb")
    nbs.close_all()


def launched(store, prompt: str, protocol: str, **options):
    agent = nbs.launch(prompt, "local", store=store, protocol=protocol, **options)
    assert agent.wait(90) == "completed", agent.error
    return agent


@pytest.mark.parametrize("protocol", sorted(PARSERS))
def test_an_answer_streams_and_the_next_turn_knows_it(store, protocol):
    first = launched(store, "Name one colour.", protocol, max_tokens=24)
    assert first.record.type == PARSERS[protocol]
    deltas = store.messages(first.id).query("op == 'append' and part == 'text'")
    assert len(deltas) >= 3
    text = store.transcript(first.id).query("part == 'text'").content
    assert "".join(deltas.content) == text.iloc[0]
    usage = store.usage(first.id)
    assert usage.output_tokens.iloc[0] >= len(deltas) - 1
    second = first.send("And another one?")
    assert second.wait(90) == "completed", second.error
    assert store.usage(second.id).input_tokens.iloc[0] > usage.input_tokens.iloc[0] + 5  # it was told the first turn


@pytest.mark.parametrize("protocol", sorted(PARSERS))
def test_a_tool_call_streams_in_pieces_and_its_result_goes_back(store, protocol):
    options = {"max_tokens": 96, "tools": TOOLS[protocol], "examples": EXAMPLES}
    agent = launched(store, "Run print(1+1)", protocol, **options)
    pieces = store.messages(agent.id).query("op == 'append' and part == 'tool_call'")
    assert len(pieces) >= 4
    calls = store.tool_calls(agent.id)
    assert calls.tool.tolist() == ["run_cell"]
    assert json.loads(calls.input[0]).keys() == {"code"}
    second = agent.send(tool_results={calls.tool_call_id[0]: "2"})
    assert second.wait(90) == "completed", second.error
    assert "2" in "".join(store.transcript(second.id).query("part == 'text'").content)


def seconds_of_work(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


@pytest.mark.parametrize("protocol", sorted(PARSERS))
def test_stop_ends_the_generation_and_the_server_rests(store, protocol):
    agent = nbs.launch("Write a very long story.", "local", store=store, protocol=protocol, max_tokens=3000)
    until(lambda: len(store.read(agent.id)) > 5, timeout=60, what="its first words")
    pid = LocalServer.ensure().pid
    before = seconds_of_work(pid)
    until(lambda: seconds_of_work(pid) > before + 0.1, timeout=60, what="the server at work")
    agent.stop()
    assert agent.wait(30) == "stopped"
    marks = [(time.monotonic(), seconds_of_work(pid))]

    def rests() -> bool:
        """A whole second of the clock in which the server computed for less than 0.05 s."""
        marks.append((time.monotonic(), seconds_of_work(pid)))
        began = [work for when, work in marks if when <= marks[-1][0] - 1.0]
        return bool(began) and marks[-1][1] - began[-1] < 0.05

    until(rests, timeout=20, what="the server at rest")
    assert len(store.transcript(agent.id).query("part == 'text'").content.iloc[0]) < 9000


def test_a_file_that_a_person_names_is_served_under_its_own_name(store, tmp_path):
    mine = tmp_path / "my-own-model.gguf"
    mine.symlink_to(find_model())
    agent = launched(store, "Say hi.", "chat", model_path=str(mine), max_tokens=8)
    assert agent.record.model == "my-own-model"
    LocalServer.ensure(mine).stop()


def test_the_source_is_found_again_by_its_description():
    source = source_named("local", protocol="responses", tools=TOOLS["responses"], examples=EXAMPLES)
    assert source_from(source.describe()).describe() == source.describe()
    with pytest.raises(SourceRefused, match="expected protocol to be one of chat, messages, responses"):
        source_named("local", protocol="telepathy")
