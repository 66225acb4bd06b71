"""What hostile input is made of: frames of each format by hand, and the recordings of each."""

from __future__ import annotations

HANDMADE = {
    "gemini": [
        {"candidates": [{"content": {"parts": [{"text": "a", "thought": True}, {"text": "b"}]}}], "responseId": "r"},
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}, "id": "i"}}]}, "index": 0}]},
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {
                                "functionCall": {
                                    "name": "f",
                                    "willContinue": True,
                                    "partialArgs": [{"jsonPath": "$.a[0].b", "stringValue": "x"}],
                                }
                            }
                        ]
                    }
                }
            ]
        },
        {"candidates": [{"content": {"parts": [{"executableCode": {"code": "1"}}]}, "finishReason": "STOP"}]},
        {"candidates": [{"content": {"parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}]}}]},
        {"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}, "modelVersion": "m"},
        {"promptFeedback": {"blockReason": "SAFETY"}},
    ],
    "ollama": [
        {"model": "m", "message": {"content": "a", "thinking": "t"}, "done": False},
        {"model": "m", "message": {"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, "done": False},
        {"model": "m", "response": "a", "done": True, "done_reason": "stop", "eval_count": 1, "total_duration": 5},
        {"error": "no"},
    ],
    "openai-responses": [
        {"type": "response.output_item.done", "output_index": 0, "item": {"id": "i", "type": kind, **more}}
        for kind, more in (
            ("mcp_call", {"name": "f", "arguments": "{}", "output": "x", "error": None}),
            ("reasoning", {"summary": [{"text": "a"}], "content": [{"text": "b"}]}),
            ("code_interpreter_call", {"code": "1", "outputs": [{"logs": "x"}], "status": "completed"}),
            ("web_search_call", {"action": {"query": "x"}, "status": "completed"}),
            ("function_call_output", {"call_id": "c", "output": [{"text": "x"}]}),
        )
    ],
    "codex": [
        {
            "type": "item.completed",
            "item": {"id": "i", "type": "mcp_tool_call", "tool": "t", "result": {"content": []}},
        },
        {"type": "item.updated", "item": {"id": "i", "type": "todo_list", "items": [{"text": "a", "completed": True}]}},
        {
            "type": "item.completed",
            "item": {"id": "i", "type": "file_change", "changes": [{"path": "p", "kind": "add"}]},
        },
        {"type": "error", "message": "Reconnecting... 1/5"},
        {"type": "turn.failed", "error": {"message": "m"}},
    ],
    "opencode": [
        {"type": "permission.asked", "properties": {"permission": "bash", "patterns": ["x"]}},
        {"type": "todo.updated", "properties": {"todos": [{"content": "a", "status": "pending"}]}},
        {"type": "session.error", "properties": {"error": {"name": "E", "data": {"message": "m"}}}},
        {"type": "message.removed", "properties": {"messageID": "m"}},
    ],
    "generic": [
        {"type": "tool", "content": "a", "op": "append", "block": "b", "part": "tool_call", "metadata": {"k": 1}},
        {"error": {"message": "m", "code": 1}},
    ],
}
RECORDED = {
    "codex": ["codex-tool.jsonl"],
    "gemini-cli": ["gemini-tool.jsonl"],
    "openai-chat": ["llama-openai-tools.sse"],
    "openai-responses": ["llama-openai-responses.sse"],
    "opencode": ["opencode-serve-event.sse"],
    "opencode-run": ["opencode-tool.jsonl"],
    "auto": [
        "gemini-tool.jsonl",
        "codex-tool.jsonl",
        "llama-openai-tools.sse",
        "opencode-tool.jsonl",
        "claude-tool.jsonl",
    ],
}
