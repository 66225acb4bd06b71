"""A second turn: what goes back to the model is what the log holds, and nothing else."""

from __future__ import annotations

import json
import sys

import pytest

from api_kit import ANSWERS, Api, chat_answer, sse
from nbstream import service as nbs
from nbstream.errors import AgentBusy, SourceRefused
from nbstream.service import turns
from nbstream.sources.command import CommandSource
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource
from planted import planted
from support import STREAM_HEAD, LoopbackServer, ScriptedProxy, until

CALL = {"id": "call-1", "name": "add", "input": {"a": 1, "b": 2}}
FIELD = {"gemini": "contents", "openai-responses": "input"}


def launched(store, api, name="openai-chat", prompt="Add 1 and 2", **options):
    agent = nbs.launch(prompt, name, store=store, model="m", base_url=api.url, **options)
    assert agent.wait(60) == "completed", agent.error
    return agent


def sent(agent, *args, **options):
    following = agent.send(*args, **options)
    following.wait(60)
    return following


def messages(api, turn: int, name="openai-chat"):
    return api.bodies[turn][FIELD.get(name, "messages")]


def test_the_next_turn_is_an_agent_of_its_own_that_knows_the_one_before(store):
    with Api(chat_answer("It is 3."), chat_answer("It is 4.")) as api:
        first = launched(store, api, system="Be brief")
        second = sent(first, "And one more?")
    assert second.id != first.id
    assert second.record.parent_agent_id == first.id
    assert second.record.prompt == "And one more?"
    assert second.record.model == "m-1"
    assert second.status == "completed"
    assert store.transcript(second.id).content.tolist() == ["It is 4."]
    assert messages(api, 1) == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Add 1 and 2"},
        {"role": "assistant", "content": "It is 3."},
        {"role": "user", "content": "And one more?"},
    ]
    assert api.bodies[1]["model"] == "m"


def test_all_turns_of_a_conversation_share_its_id(store):
    with Api(chat_answer()) as api:
        first = launched(store, api)
        last = sent(sent(sent(first, "two"), "three"), "four")
    records = store.list_agents()
    assert {str(record.metadata.get(turns.CONVERSATION, record.id)) for record in records} == {str(first.id)}
    assert last.record.session_id == str(first.id)
    assert [m["content"] for m in messages(api, 3)] == [
        "Add 1 and 2",
        "Hello.",
        "two",
        "Hello.",
        "three",
        "Hello.",
        "four",
    ]


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_tools_result_goes_back_in_each_apis_shape(store, name):
    with Api(ANSWERS[name](call=CALL), ANSWERS[name]("It is 3.")) as api:
        first = launched(store, api, name)
        call_id = store.tool_calls(first.id).tool_call_id[0]
        second = sent(first, tool_results={call_id: "3"})
    assert second.status == "completed"
    said = json.dumps(messages(api, 1, name))
    assert "Add 1 and 2" in said
    assert '"add"' in said
    assert '"3"' in said
    assert turns.NOT_RUN not in said
    assert len(messages(api, 1, name)) == 3  # the prompt, the call, its result, and no empty prompt


@pytest.mark.parametrize("masked", [True, False])
def test_a_secret_in_a_result_goes_to_the_model_and_not_into_the_store(store, masked):
    secret = planted(seed=21)[0]
    with Api(chat_answer(call=CALL), chat_answer("Done.")) as api:
        first = launched(store, api, mask_secrets=masked)
        second = sent(first, tool_results={"call-1": f"KEY={secret}"})
    assert f"KEY={secret}" in json.dumps(messages(api, 1))
    assert (secret in json.dumps(dict(second.record.metadata))) is not masked


def test_results_are_remembered_in_later_turns(store):
    with Api(chat_answer(call=CALL), chat_answer("It is 3."), chat_answer("Bye.")) as api:
        last = sent(sent(launched(store, api), tool_results={"call-1": "3"}), "Thanks")
    assert last.status == "completed"
    assert messages(api, 2) == [
        {"role": "user", "content": "Add 1 and 2"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "call-1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}]},
        {"role": "tool", "tool_call_id": "call-1", "content": "3"},
        {"role": "assistant", "content": "It is 3."},
        {"role": "user", "content": "Thanks"},
    ]  # fmt: skip


def test_a_call_without_a_result_goes_back_as_not_run(store):
    with Api(chat_answer(call=CALL), chat_answer("Well.")) as api:
        sent(launched(store, api), "Never mind")
    assert [m["role"] for m in messages(api, 1)] == ["user", "assistant", "tool", "user"]
    assert messages(api, 1)[2]["content"] == turns.NOT_RUN


def test_a_result_for_a_call_that_nobody_made_is_refused(store):
    with Api(chat_answer(call=CALL)) as api:
        first = launched(store, api)
        with pytest.raises(SourceRefused, match=r"expected results for \['call-1'\], got one for \['call-9'\]"):
            first.send(tool_results={"call-9": "3"})
        with pytest.raises(SourceRefused, match="empty prompt and no tool_results"):
            first.send()
    assert len(store.list_agents()) == 1


def test_thoughts_do_not_go_back(store):
    base = {"id": "c", "object": "chat.completion.chunk", "model": "m"}
    thought = {**base, "choices": [{"index": 0, "delta": {"reasoning_content": "Hmm."}}]}
    said = {**base, "choices": [{"index": 0, "delta": {"content": "3."}, "finish_reason": "stop"}]}
    with Api(sse(thought, said, "[DONE]"), chat_answer()) as api:
        sent(launched(store, api), "Sure?")
    assert "Hmm." not in json.dumps(messages(api, 1))
    assert messages(api, 1)[1] == {"role": "assistant", "content": "3."}


def test_while_it_runs_it_says_to_wait_or_to_stop(store):
    async def handler(_request, writer):
        writer.write(STREAM_HEAD + b'data: {"choices": [{"index": 0, "delta": {"content": "One"}}]}\n\n')
        await writer.drain()
        await writer.wait_closed()

    with LoopbackServer(handler) as server:
        agent = nbs.launch("Count", "openai-chat", store=store, base_url=server.url)
        until(lambda: agent.status == "running", what="running")
        with pytest.raises(AgentBusy, match=r"is still running: wait for it \(agent.wait\(\)\) or agent.stop\(\) it"):
            agent.send("Faster")
        until(lambda: store.head(agent.id), what="a first row")
        agent.stop()
        assert agent.wait(30) == "stopped"
        following = agent.send("Go on")
        until(lambda: len(server.requests) == 2, what="the second request")
        following.stop()
        following.wait(30)
    said = server.requests[1].json["messages"]
    assert [m["content"] for m in said] == ["Count", "One", "Go on"]


def test_after_a_restart_the_conversation_goes_on(tmp_path):
    store = nbs.connect(tmp_path / "store.duckdb")
    with Api(chat_answer("It is 3."), chat_answer("It is 4.")) as api:
        first = launched(store, api)
        nbs.close_all()
        store = nbs.connect(tmp_path / "store.duckdb")
        try:
            assert sent(nbs.attach(first.id, store=store), "More").status == "completed"
        finally:
            nbs.close_all()
    assert [m["content"] for m in messages(api, 1)] == ["Add 1 and 2", "It is 3.", "More"]


def test_headers_that_were_not_stored_are_asked_for_after_a_restart(store):
    with Api(chat_answer()) as api:
        first = launched(store, api, headers={"x-team": "blue-team"})
        again = nbs.attach(first.id, store=store)
        refused = sent(again, "More")
        assert (refused.status, len(api.requests)) == ("failed", 1)
        assert "headers held secrets, so they were not stored: give them again" in refused.error
        assert sent(again, "More", headers={"x-team": "red-team"}).status == "completed"
        assert sent(first, "More").status == "completed"
        assert [request.headers["x-team"] for request in api.requests] == ["blue-team", "red-team", "blue-team"]


def test_a_program_with_sessions_is_asked_to_go_on_with_its_own(store):
    line = '{"type": "system", "subtype": "init", "session_id": "11111111-2222-3333-4444-555555555555"}'
    result = '{"type": "result", "subtype": "success", "is_error": false, "result": "ok"}'
    starts = []

    class Proxy(ScriptedProxy):
        async def __call__(self, request, writer):
            if request.path == "/agent/start":
                starts.append(request.json)
            await super().__call__(request, writer)

    with LoopbackServer(Proxy([line, result])) as server:
        first = nbs.launch("One", ProxySource(server.url, token="t", heartbeat=1.0), store=store)
        assert first.wait(60) == "completed"
        second = sent(first, "Two")
    assert second.status == "completed"
    assert "session_id" not in starts[0]
    assert (starts[1]["session_id"], starts[1]["prompt"]) == ("11111111-2222-3333-4444-555555555555", "Two")


def test_sources_without_a_second_turn_say_so(store, tmp_path):
    (tmp_path / "r.jsonl").write_text("one\n")
    recording = ReplaySource(tmp_path / "r.jsonl", parser="generic", exit_code=0)
    command = CommandSource([sys.executable, "-c", "print(1)"], parser="generic")
    for source in (recording, command):
        agent = nbs.launch("x", source, store=store)
        assert agent.wait(60) == "completed"
        with pytest.raises(SourceRefused, match=f"the source '{source.name}' takes one prompt and no second one"):
            agent.send("y")


def test_a_program_that_named_no_session_cannot_go_on(store):
    with LoopbackServer(ScriptedProxy(["{}"])) as server:
        first = nbs.launch("One", ProxySource(server.url, token="t", heartbeat=1.0), store=store)
        first.wait(60)
        with pytest.raises(SourceRefused, match="has named no session to go on with"):
            first.send("Two")
        with pytest.raises(SourceRefused, match="runs its tools itself"):
            first.send("Two", tool_results={"a": "b"})
