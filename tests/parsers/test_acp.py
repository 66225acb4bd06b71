"""ACP's lines: chunks with and without ids, tool calls filled in by updates, turns that end with a response."""

import pytest

from wires import Wire

ACP = Wire("acp")


def update(kind, session="s1", **more):
    params = {"sessionId": session, "update": {"sessionUpdate": kind, **more}}
    return {"jsonrpc": "2.0", "method": "session/update", "params": params}


def say(words, kind="agent_message_chunk", message_id=None, session="s1"):
    more = {"messageId": message_id} if message_id else {}
    return update(kind, session, content={"type": "text", "text": words}, **more)


def tool(call_id="c1", kind="tool_call_update", **more):
    return update(kind, toolCallId=call_id, **more)


def answer(reason="end_turn", **more):
    return {"jsonrpc": "2.0", "id": 3, "result": {"stopReason": reason, **more}}


def output(words):
    return [{"type": "content", "content": {"type": "text", "text": words}}]


PROMPT = {
    "jsonrpc": "2.0",
    "id": 3,
    "method": "session/prompt",
    "params": {"sessionId": "s1", "prompt": [{"type": "text", "text": "Go"}]},
}


def shown(*frames):
    return [entry for entry in ACP.seen(*frames) if entry[0] != "system"]


def test_chunks_without_an_id_are_one_message_until_another_kind_comes():
    frames = [say("a"), say("b"), say("t", "agent_thought_chunk"), say("c")]
    assert shown(*frames) == [
        ("assistant", "text", "ab"),
        ("assistant", "reasoning", "t"),
        ("assistant", "text", "c"),
    ]


def test_a_tool_call_ends_a_message_without_an_id():
    frames = [say("a"), tool(kind="tool_call", title="read", rawInput={}), say("b")]
    assert [content for _, _, content in shown(*frames)] == ["a", "{}", "b"]


def test_noise_between_two_chunks_ends_nothing():
    noise = [update("usage_update", used=1, size=2), update("available_commands_update", availableCommands=[])]
    assert shown(say("a"), *noise, say("b")) == [("assistant", "text", "ab")]


def test_chunks_with_an_id_belong_to_it():
    frames = [say("a", message_id="m1"), say("x", message_id="m2"), say("b", message_id="m1")]
    assert [content for _, _, content in shown(*frames)] == ["ab", "x"]


def test_two_turns_are_two_messages_though_no_id_says_so():
    frames = [PROMPT, say("a"), answer(), say("b"), answer()]
    assert [content for _, _, content in shown(*frames)] == ["Go", "a", "b"]


def test_what_the_user_said():
    assert shown(say("Hi", "user_message_chunk")) == [("user", "text", "Hi")]


def test_content_that_is_no_text():
    image = {"type": "image", "mimeType": "image/png", "data": "AAAA"}
    resource = {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}}
    link = {"type": "resource_link", "uri": "file:///b", "name": "b"}
    frames = [
        update("agent_message_chunk", content=content, messageId=str(n))
        for n, content in enumerate((image, resource, link))
    ]
    assert [content for _, _, content in shown(*frames)] == ["[image/png]", "inside", "[resource_link, b, file:///b]"]


def test_a_tool_call_is_filled_in_by_its_updates():
    frames = [
        tool(kind="tool_call", title="read", kind_="x", status="pending"),
        tool(rawInput={"p": 1}, title=None, status="in_progress"),
        tool(content=output("part"), status=None),
        tool(content=output("whole"), rawOutput={"output": "raw"}, status="completed"),
    ]
    frames[0]["params"]["update"]["kind"] = "read"
    call, result = [block for block in ACP.blocks(*frames) if block["part"]]
    assert (call["content"], call["metadata"]["gen_ai.tool.name"], call["metadata"]["nbstream.tool_kind"]) == (
        '{"p": 1}',
        "read",
        "read",
    )
    assert (result["content"], result["metadata"]["gen_ai.tool.call.id"]) == ("whole", "c1")
    assert result["metadata"]["nbstream.is_error"] is False


def test_null_in_an_update_changes_nothing():
    frames = [tool(kind="tool_call", title="read", rawInput={"p": 1})]
    frames.append(tool(title=None, rawInput=None, content=None, status=None, kind="tool_call_update"))
    assert shown(*frames) == [("tool", "tool_call", '{"p": 1}')]
    assert len(ACP.rows(*frames)) == len(ACP.rows(frames[0]))


def test_an_update_before_its_call():
    frames = [tool(status="completed", rawOutput="x"), tool(kind="tool_call", title="read", rawInput={})]
    call, result = [block for block in ACP.blocks(*frames) if block["part"]]
    assert (call["content"], call["metadata"]["gen_ai.tool.name"], result["content"]) == ("{}", "read", "x")


def test_a_tool_that_fails():
    frames = [tool(kind="tool_call", title="rm"), tool(content=output("x")), tool(status="failed")]
    result = ACP.blocks(*frames)[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("x", True)


def test_a_diff_and_a_terminal_are_named():
    content = [{"type": "diff", "path": "/a", "oldText": "1", "newText": "2"}, {"type": "terminal", "terminalId": "t"}]
    assert shown(tool(content=content))[-1] == ("tool", "tool_call_response", "[diff, /a]\n[terminal, t]")


def test_a_plan_is_one_block():
    entries = [{"content": "a", "status": "completed"}, {"content": "b", "status": "in_progress"}]
    frames = [update("plan", entries=entries[:1]), update("plan", entries=entries)]
    assert ("system", "text", "[x] a\n[~] b") in ACP.seen(*frames)


@pytest.mark.parametrize(
    "kind", ["available_commands_update", "current_mode_update", "config_option_update", "session_info_update"]
)
def test_noise_makes_no_row(kind):
    assert ACP.rows(say("a"), update(kind))[2:] == []


def test_whole_messages_of_version_2():
    frames = [
        say("Hel", message_id="m1"),
        update("agent_message", messageId="m1", content=[{"type": "text", "text": "Hello"}]),
        update("tool_call_content_chunk", toolCallId="c", content={"type": "text", "text": "1"}),
        update("tool_call_content_chunk", toolCallId="c", content={"type": "text", "text": "2"}),
    ]
    assert [content for _, _, content in shown(*frames)] == ["Hello", "", "12"]


def test_what_the_editor_serves_says_nothing():
    frames = [
        {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": 1}},
        {"jsonrpc": "2.0", "id": 0, "result": {"protocolVersion": 1, "agentCapabilities": {}}},
        {"jsonrpc": "2.0", "id": 9, "method": "fs/read_text_file", "params": {"path": "/a"}},
        {"jsonrpc": "2.0", "id": 9, "result": {"content": "x"}},
    ]
    assert ACP.rows(*frames) == []


def test_an_error_of_a_file_is_the_agents_to_deal_with():
    asked = {"jsonrpc": "2.0", "id": 9, "method": "fs/read_text_file", "params": {}}
    refused = {"jsonrpc": "2.0", "id": 9, "error": {"code": -32002, "message": "not found"}}
    assert ACP.notes(asked, refused) == [("notice", "-32002: not found")]
    assert ACP.status(asked, refused, answer()) == "completed"


def test_a_question_of_permission_is_a_notice():
    params = {"sessionId": "s1", "toolCall": {"toolCallId": "c1"}, "options": []}
    asked = {"jsonrpc": "2.0", "id": 5, "method": "session/request_permission", "params": params}
    assert ACP.notes(tool(kind="tool_call", title="rm -r"), asked)[-1] == ("notice", "Permission asked: rm -r")


def test_session_and_model_are_known():
    result = {"sessionId": "s1", "models": {"currentModelId": "x", "availableModels": []}}
    parser = ACP.parser({"jsonrpc": "2.0", "id": 1, "result": result})
    assert (parser.session_id, parser.model) == ("s1", "x")
    assert ACP.notes({"jsonrpc": "2.0", "id": 1, "result": result}, say("a")) == [("init", "Session started")]


def test_two_sessions_stay_apart():
    blocks = ACP.blocks(say("a"), say("x", session="s2"), say("b"))
    assert [b["content"] for b in blocks[1:]] == ["ab", "x"]
    assert [b["metadata"].get("gen_ai.conversation.id") for b in blocks[1:]] == [None, "s2"]


def test_counts_are_totals_that_include_the_cache():
    usage = {"inputTokens": 10, "cachedReadTokens": 5, "cachedWriteTokens": 1, "outputTokens": 4, "thoughtTokens": 2}
    apart = ACP.usage(say("a"), answer(usage=usage | {"totalTokens": 22}))[-1]
    assert (apart["gen_ai.usage.input_tokens"], apart["gen_ai.usage.output_tokens"]) == (16, 6)
    within = ACP.usage(say("a"), answer(usage=usage | {"totalTokens": 14}))[-1]
    assert (within["gen_ai.usage.input_tokens"], within["gen_ai.usage.output_tokens"]) == (10, 4)
    assert within["gen_ai.response.id"] == "s1"


def test_the_context_in_use_and_the_cost():
    frame = update("usage_update", used=1000, size=200000, cost={"amount": 0.25, "currency": "USD"})
    assert ACP.notes(frame)[-1] == ("usage", "1,000 of 200,000 tokens of context in use")
    assert ACP.usage(frame)[-1]["nbstream.cost_usd"] == 0.25
    euros = update("usage_update", used=1, size=2, cost={"amount": 0.25, "currency": "EUR"})
    assert "nbstream.cost_usd" not in ACP.usage(euros)[-1]


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([PROMPT, say("a"), answer()], "completed"),
        ([PROMPT, say("a"), answer("max_tokens")], "completed"),
        ([PROMPT, say("a"), answer("refusal")], "completed"),
        ([PROMPT, say("a"), answer("cancelled")], "stopped"),
        ([PROMPT, say("a")], "interrupted"),
        ([PROMPT, answer(), PROMPT, say("a")], "interrupted"),
        ([PROMPT, {"jsonrpc": "2.0", "id": 3, "error": {"code": -32603, "message": "no"}}], "failed"),
    ],
)
def test_the_status_of_a_turn(frames, status):
    assert ACP.status(*frames) == status


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("max_tokens", "The answer was cut off at the limit of output tokens."),
        ("max_turn_requests", "The agent stopped at the limit of requests for one turn."),
        ("refusal", "The model refused to go on."),
    ],
)
def test_an_answer_cut_short_says_so(reason, words):
    assert ACP.notes(say("a"), answer(reason))[-1] == ("notice", words)


@pytest.mark.parametrize(
    "frame", [update("hologram"), {"jsonrpc": "2.0", "method": "other/thing"}, {"jsonrpc": "2.0", "id": 1}]
)
def test_what_is_unknown_is_kept_whole(frame):
    assert ACP.rows(frame)[-1]["metadata"] == {"nbstream.kind": "unknown"}


def test_null_where_a_value_is_expected():
    frames = [update("agent_message_chunk", content=None), update("plan", entries=None), tool(None, title=None)]
    assert [content for _, _, content in shown(*frames)] == [""]
