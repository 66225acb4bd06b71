"""Tool calls and other items of OpenAI Responses."""

import json

from responses_frames import created, delta, done, item
from wires import Wire

RESPONSES = Wire("openai-responses")


def test_a_function_call_grows_and_is_named_by_its_call_id():
    frames = [
        created(),
        item("function_call", "added", {"name": "read", "call_id": "c1", "arguments": ""}),
        delta("function_call_arguments", '{"a"'),
        delta("function_call_arguments", ":1}"),
        done("function_call_arguments", "arguments", '{"a":1}'),
        item("function_call", "done", {"name": "read", "call_id": "c1", "arguments": '{"a":1}'}),
    ]
    (block,) = RESPONSES.blocks(*frames)
    assert block["content"] == '{"a":1}'
    assert block["metadata"] == {
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "m",
        "gen_ai.tool.name": "read",
        "gen_ai.tool.call.id": "c1",
    }
    assert RESPONSES.rows(*frames[:2])[0]["op"] == "append"


def test_free_text_for_a_custom_tool():
    frames = [
        item("custom_tool_call", "added", {"name": "sql", "call_id": "c"}),
        delta("custom_tool_call_input", "SELECT"),
    ]
    assert RESPONSES.seen(created(), *frames) == [("tool", "tool_call", "SELECT")]


def test_an_mcp_call_holds_its_result():
    wire = {"name": "find", "server_label": "files", "arguments": "{}", "output": "found", "status": "completed"}
    call, result = RESPONSES.blocks(created(), item("mcp_call", "done", wire))
    assert (call["content"], result["content"]) == ("{}", "found")
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "i0"
    assert (result["metadata"]["nbstream.mcp_server"], result["metadata"]["nbstream.is_error"]) == ("files", False)


def test_an_mcp_call_that_fails():
    frames = [
        item("mcp_call", "added", {"name": "find"}),
        {"type": "response.mcp_call.failed", "item_id": "i0", "output_index": 0},
        item("mcp_call", "done", {"name": "find", "arguments": "{}", "error": {"message": "gone"}, "status": "failed"}),
    ]
    result = RESPONSES.blocks(created(), *frames)[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("gone", True)


def test_an_mcp_call_that_fails_with_an_output():
    wire = {"name": "find", "arguments": "{}", "output": "half", "status": "failed"}
    result = RESPONSES.blocks(created(), item("mcp_call", "done", wire))[-1]
    assert (result["content"], result["metadata"]["nbstream.is_error"]) == ("half", True)


def test_a_code_interpreter_shows_code_and_logs():
    frames = [
        item("code_interpreter_call", "added"),
        {"type": "response.code_interpreter_call.in_progress", "output_index": 0, "item_id": "i0"},
        delta("code_interpreter_call_code", "print"),
        done("code_interpreter_call_code", "code", "print(1)"),
        {"type": "response.code_interpreter_call.interpreting", "output_index": 0, "item_id": "i0"},
        item(
            "code_interpreter_call",
            "done",
            {"code": "print(1)", "outputs": [{"type": "logs", "logs": "1"}], "status": "completed"},
        ),
    ]
    assert RESPONSES.seen(created(), *frames) == [
        ("tool", "tool_call", "print(1)"),
        ("tool", "tool_call_response", "1"),
    ]


def test_a_web_search_is_a_call_of_the_provider():
    frames = [
        item("web_search_call", "added", {"status": "in_progress"}),
        {"type": "response.web_search_call.searching", "output_index": 0, "item_id": "i0"},
        item("web_search_call", "done", {"status": "completed", "action": {"type": "search", "query": "x"}}),
    ]
    call, result = RESPONSES.blocks(created(), *frames)
    assert json.loads(call["content"]) == {"type": "search", "query": "x"}
    assert call["metadata"]["gen_ai.tool.name"] == "web_search"
    assert result["part"] == "tool_call_response"


def test_an_image_is_named_not_shown():
    wire = {"status": "completed", "result": "A" * 1200}
    frames = [item("image_generation_call", "done", wire), {"type": "response.image_generation_call.partial_image"}]
    assert RESPONSES.seen(created(), *frames)[-1] == (
        "tool",
        "tool_call_response",
        "[image, 1,200 characters of base64]",
    )


def test_a_shell_call_and_its_output():
    action = {"commands": ["ls"], "timeout_ms": 5}
    frames = [
        item("shell_call", "added", {"call_id": "c"}),
        delta("shell_call_command", "ls", command_index=0),
        item("shell_call", "done", {"call_id": "c", "action": action, "status": "completed"}),
        item("shell_call_output", "added", {"call_id": "c"}, 1),
        delta("shell_call_output_content", {"stdout": "a\n", "stderr": "b\n"}, 1),
        item("shell_call_output", "done", {"call_id": "c", "output": [{"stdout": "a\n", "stderr": "b\n"}]}, 1),
    ]
    call, result = RESPONSES.blocks(created(), *frames)
    assert (json.loads(call["content"]), result["content"]) == (action, "a\nb\n")
    assert call["metadata"]["gen_ai.tool.call.id"] == result["metadata"]["gen_ai.tool.call.id"] == "c"


def test_a_patch_call_has_its_operation():
    operation = {"type": "update_file", "path": "a.py", "diff": "-a\n+b"}
    frames = [
        item("apply_patch_call", "added", {"call_id": "c"}),
        delta("apply_patch_call_operation_diff", "-a"),
        item("apply_patch_call", "done", {"call_id": "c", "operation": operation}),
    ]
    (call,) = RESPONSES.blocks(created(), *frames)
    assert json.loads(call["content"]) == operation


def test_a_call_in_a_state_of_no_known_name_is_kept_whole():
    line = '{"type": "response.web_search_call.pondering", "item_id": "i0"}'
    assert RESPONSES.notes(line) == [("unknown", line)]


def test_an_item_of_no_known_type_is_kept_whole():
    kind, words = RESPONSES.notes(created(), item("hologram", "done", {"x": 1}))[0]
    assert (kind, json.loads(words)) == ("unknown", {"id": "i0", "type": "hologram", "x": 1})
