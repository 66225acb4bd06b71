"""Claude Code itself, from its stdin to the notebook's tables, with a Messages API on loopback."""

from __future__ import annotations

import json
import os

import pytest

from agents.messages_server import Gate, MessagesApi, Refusal, Text, ToolUse, output_tokens
from agents.scrubbed import ALLOWED, DECOYS, KEY, bearers_of, lives
from nbstream import service as nbs
from nbstream.proxy import folders
from nbstream.proxy.profiles import PASSED
from nbstream.proxy.reaper import RUN_KEY
from nbstream.sources.proxy import ProxySource
from support import until

# The first test waits for the program's installation, so the limit is above that one's.
pytestmark = [pytest.mark.agent_cli, pytest.mark.timeout(300)]

PROMPT = "--model 'x'\nWie heißt das \"Wort\"? $HOME `id` \\n ☃\n"
ANSWER = ("Das Wort ", "heißt\n\n", "*Reiher* ", "🪶, ", "nicht ", "`Heron`.")


def shown(store, agent) -> str:
    """The answer as a reader sees it now."""
    table = store.transcript(agent.id, to="arrow").to_pylist()
    return "".join(row["content"] for row in table if (row["type"], row["part"]) == ("assistant", "text"))


def until_shown(store, agent, count: int) -> None:
    """Waits until so many pieces of `ANSWER`, and no more, are in the store."""
    until(lambda: shown(store, agent) == "".join(ANSWER[:count]), what=f"{count} pieces in the store")


def assert_complete(store, agent, proxy) -> None:
    """The table is the program's output, line for line, with no hole."""
    assert "\n".join(store.raw(agent.id)).split("\n") == proxy.log(agent).splitlines()
    numbers = [message.sequence_number for message in store.read(agent.id)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert not any(message.metadata.get("nbstream.kind") in {"gap", "unknown"} for message in store.read(agent.id))
    report = store.verify()
    assert report, str(report)


def assert_stayed_here(api) -> None:
    """The program used the test's key, and asked for nothing beyond the Messages API of the test."""
    assert api.strangers == []
    assert {request.headers.get("x-api-key") for request in api.seen} == {KEY}
    assert not any("authorization" in request.headers for request in api.seen)


def test_the_answer_is_in_the_store_token_by_token_while_the_program_still_streams(stage, store):
    api = MessagesApi([Text(ANSWER)], Gate(2))
    proxy = stage(api)
    agent = nbs.launch(PROMPT, proxy.source(), store=store)
    for number in range(2, len(ANSWER)):
        api.gate.open_to(number)
        until_shown(store, agent, number)
        assert api.sent == number
        assert agent.status == "running"
        assert lives(proxy.program(agent))
    api.gate.open_to()
    assert agent.wait(timeout=20) == "completed"

    blocks = store.transcript(agent.id, to="arrow").to_pylist()
    answer = "".join(ANSWER)
    assert [block["content"] for block in blocks if answer in block["content"]] == [answer]
    appended = [m.content for m in store.read(agent.id) if (m.part, m.op) == ("text", "append") and m.content]
    assert appended == list(ANSWER)
    assert_complete(store, agent, proxy)
    assert api.asked[0]["messages"][0]["content"][-1]["text"] == PROMPT
    assert_stayed_here(api)


def test_usage_is_what_the_api_counted(stage, store):
    call, answer = ToolUse("Read", {"file_path": "/nonexistent/file"}, "toolu_01"), Text(ANSWER)
    api = MessagesApi([call, answer])
    agent = nbs.launch("x", stage(api).source(), store=store)
    assert agent.wait(timeout=20) == "completed"
    rows = store.usage(agent.id, to="arrow").to_pylist()
    model = api.asked[0]["model"]
    columns = ("response_id", "model", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("msg_0001", model, 29, 5, 3, output_tokens(call)),
        ("msg_0002", model, 29, 5, 3, output_tokens(answer)),
    ]
    (total,) = store.usage(agent.id, by="model", to="arrow").to_pylist()
    assert (total["input_tokens"], total["output_tokens"]) == (58, output_tokens(call) + output_tokens(answer))
    result = json.loads(list(store.raw(agent.id))[-1].split("\n")[-1])
    assert total["cost_usd"] == pytest.approx(result["total_cost_usd"])
    assert (agent.record.model, agent.record.session_id) == (model, result["session_id"])


def test_a_tool_call_and_its_result_are_one_row(stage, store):
    api = MessagesApi([])
    proxy = stage(api)
    note = proxy.work / "note.txt"
    note.write_text("the secret word is heron\n")
    api.play([ToolUse("Read", {"file_path": str(note)}, "toolu_01"), Text(("It is ", "heron."))])
    agent = nbs.launch("Which word?", proxy.source(), store=store)
    assert agent.wait(timeout=20) == "completed"

    (call,) = store.tool_calls(agent.id, to="arrow").to_pylist()
    assert (call["tool_call_id"], call["tool"]) == ("toolu_01", "Read")
    assert json.loads(call["input"]) == {"file_path": str(note)}
    assert "the secret word is heron" in call["output"]
    assert not call["is_error"]
    assert call["seconds"] >= 0
    assert shown(store, agent) == "It is heron."
    (sent_back,) = api.asked[1]["messages"][-1]["content"]
    assert (sent_back["type"], sent_back["tool_use_id"]) == ("tool_result", "toolu_01")
    assert_complete(store, agent, proxy)
    assert_stayed_here(api)


def test_an_overloaded_api_is_shown_as_a_retry_and_not_as_a_failure(stage, store):
    api = MessagesApi([Refusal(529, "overloaded_error", "Overloaded"), Text(ANSWER)])
    proxy = stage(api)
    agent = nbs.launch("x", proxy.source(), store=store)
    assert agent.wait(timeout=20) == "completed"
    retries = [line for line in proxy.log(agent).splitlines() if json.loads(line).get("subtype") == "api_retry"]
    (told,) = [m for m in store.read(agent.id, raw=True) if m.raw and retries[0] in m.raw.split("\n")]
    assert (len(retries), told.type, told.op) == (1, "system", "note")
    assert "529" in told.content
    assert len(api.asked) == 2
    assert shown(store, agent) == "".join(ANSWER)
    assert_complete(store, agent, proxy)


def test_an_api_error_is_a_failed_run_with_its_words(stage, store):
    words = "messages: the loopback server does not like this prompt"
    api = MessagesApi([Refusal(400, "invalid_request_error", words)] * 20)  # the program tries plainer requests first
    proxy = stage(api)
    agent = nbs.launch("x", proxy.source(), store=store)
    assert agent.wait(timeout=20) == "failed"
    assert words in agent.error
    assert agent.record.metadata["end"]["exit_code"] == 1
    blocks = store.transcript(agent.id, to="arrow").to_pylist()
    assert [block["type"] for block in blocks if words in block["content"]] == ["error", "response"]
    assert shown(store, agent) == ""
    assert_complete(store, agent, proxy)


def test_stop_in_the_middle_of_an_answer_leaves_what_came_and_no_process(stage, store):
    api = MessagesApi([Text(ANSWER)], Gate(3))
    proxy = stage(api)
    agent = nbs.launch("x", proxy.source(), store=store)
    until_shown(store, agent, 3)
    token, processes = proxy.run_token(agent), proxy.processes(agent)
    assert proxy.program(agent) in processes
    assert {process.pid for process in processes} <= set(bearers_of(token))
    agent.stop()
    assert agent.wait(timeout=20) == "stopped"
    assert [process for process in processes if lives(process)] == []
    assert bearers_of(token) == []
    assert shown(store, agent) == "".join(ANSWER[:3])
    assert_complete(store, agent, proxy)


def test_stop_while_a_tool_runs_ends_it_and_what_it_has_detached(stage, store):
    call = ToolUse(
        "Bash", {"command": "setsid -f tail -f /dev/null; tail -f /dev/null", "description": "Wait"}, "toolu_01"
    )
    api = MessagesApi([call, Text(ANSWER)])
    proxy = stage(api, settings={"permissions": {"allow": ["Bash"]}})
    agent = nbs.launch("x", proxy.source(), store=store)

    def tails():
        return [process for process in proxy.processes(agent) if lives(process) and process.name() == "tail"]

    until(lambda: store.head(agent.id) and len(tails()) == 2, what="the tool and what it has detached")
    token, processes = proxy.run_token(agent), proxy.processes(agent)
    groups = {os.getpgid(process.pid) for process in tails()}
    assert proxy.program(agent).pid not in groups  # so that it takes more than a signal to the program's group
    agent.stop()
    assert agent.wait(timeout=20) == "stopped"
    assert [process for process in processes if lives(process)] == []
    assert bearers_of(token) == []


def test_the_program_gets_the_named_variables_and_no_other(stage, store):
    api = MessagesApi([Text(ANSWER)], Gate(1))
    proxy = stage(api)
    agent = nbs.launch(PROMPT, proxy.source(), store=store)
    until_shown(store, agent, 1)
    program = proxy.program(agent)
    environ = program.environ()
    assert set(environ) <= {*PASSED, *ALLOWED, RUN_KEY}
    assert environ == {name: proxy.environ[name] for name in environ if name != RUN_KEY} | {RUN_KEY: environ[RUN_KEY]}
    assert set(environ.values()).isdisjoint(DECOYS.values())
    assert set(ALLOWED) <= set(environ)
    assert program.cmdline() == proxy.argv
    assert program.cwd() == str(proxy.work)
    peers = {peer.raddr.ip for peer in program.net_connections("inet") if peer.raddr}
    assert peers == {"127.0.0.1"}
    api.gate.open_to()
    assert agent.wait(timeout=20) == "completed"


@pytest.mark.crash
@pytest.mark.parametrize("found_by", ["its folder", "its address"])
def test_the_run_outlives_its_proxy_and_the_table_is_complete(stage, store, monkeypatch, found_by):
    api = MessagesApi([Text(ANSWER)], Gate(2))
    proxy = stage(api)
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(proxy.runtime))
    for name in ("NBSTREAM_PROXY", "NBSTREAM_PROXY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    by_address = found_by == "its address"
    source = ProxySource(proxy.url if by_address else None, directory=str(proxy.work), profile="claude", heartbeat=1.0)
    agent = nbs.launch("x", source, store=store)
    until_shown(store, agent, 2)
    program, token = proxy.program(agent), proxy.token

    # As whoever starts a proxy does, the test holds the folder's lock; else the source would start one of its own.
    with until(lambda: folders.try_lock(proxy.state.with_suffix(".lock")), what="the lock"):
        proxy.kill()
        api.gate.open_to(4)
        until(lambda: proxy.said(agent) == "".join(ANSWER[:4]), what="two more pieces, said to no proxy")
        assert shown(store, agent) == "".join(ANSWER[:2])
        proxy.start(proxy.port if by_address else 0)
    until_shown(store, agent, 4)  # what was said while there was no proxy
    assert proxy.token != token
    assert lives(program)
    assert agent.status == "running"
    api.gate.open_to()
    assert agent.wait(timeout=20) == "completed"
    assert shown(store, agent) == "".join(ANSWER)
    assert_complete(store, agent, proxy)
    assert len(api.asked) == 1
