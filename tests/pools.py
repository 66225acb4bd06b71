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
    "ag-ui": [
        {"type": "RUN_STARTED", "threadId": "t", "runId": "r"},
        {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"},
        {"type": "TEXT_MESSAGE_CHUNK", "messageId": "m", "role": "user", "delta": "a", "subagentRunId": "s"},
        {"type": "REASONING_MESSAGE_CONTENT", "messageId": "m", "delta": "a"},
        {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "a"},
        {"type": "TOOL_CALL_CHUNK", "toolCallId": "c", "toolCallName": "f", "parentMessageId": "m", "delta": "{"},
        {"type": "TOOL_CALL_END", "toolCallId": "c"},
        {"type": "TOOL_CALL_RESULT", "messageId": "m", "toolCallId": "c", "content": [{"type": "text", "text": "x"}]},
        {
            "type": "MESSAGES_SNAPSHOT",
            "messages": [
                {"id": "m", "role": "assistant", "content": "a", "toolCalls": [{"id": "c", "function": {"name": "f"}}]},
                {"id": "r", "role": "tool", "toolCallId": "c", "content": "x", "error": "e"},
                {"id": "u", "role": "user", "content": [{"type": "image", "source": {"mimeType": "m", "value": "v"}}]},
                {"id": "a", "role": "activity", "activityType": "PLAN", "content": {}},
            ],
        },
        {"type": "SUBAGENT_STARTED", "subagentRunId": "s", "parentToolCallId": "c", "name": "n"},
        {"type": "CUSTOM", "name": "n", "value": {}},
        {"type": "RUN_FINISHED", "outcome": {"type": "interrupt", "interrupts": [{"reason": "r", "message": "m"}]}},
        {"type": "RUN_FINISHED", "usage": [{"model": "m", "inputTokens": 1, "outputTokens": 2}]},
        {"type": "RUN_ERROR", "message": "m", "code": "c"},
    ],
    "vercel": [
        {"type": "start", "messageId": "m", "messageMetadata": {"model": "x", "usage": {"inputTokens": 1}}},
        {"type": "start-step"},
        {"type": "text-start", "id": "1"},
        {"type": "text-delta", "id": "1", "delta": "a"},
        {"type": "reasoning-delta", "id": "2", "delta": "a"},
        {"type": "tool-input-start", "toolCallId": "c", "toolName": "f"},
        {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": "{"},
        {"type": "tool-input-available", "toolCallId": "c", "toolName": "f", "input": {"a": 1}},
        {"type": "tool-output-available", "toolCallId": "c", "output": {"x": [1]}, "preliminary": True},
        {"type": "tool-output-error", "toolCallId": "c", "errorText": "e"},
        {"type": "tool-approval-response", "approvalId": "a", "toolCallId": "c", "approved": True},
        {"type": "file", "url": "data:x;base64,AA", "mediaType": "image/png"},
        {"type": "source-url", "sourceId": "s", "url": "u", "title": "t"},
        {"type": "data-chart", "id": "d", "data": {"x": 1}, "transient": False},
        {"type": "steering-message", "id": "s", "parts": [{"type": "text", "text": "a"}]},
        {"type": "reset-step"},
        {"type": "abort", "reason": "r"},
        {"type": "error", "errorText": "e"},
        {"type": "finish-step"},
        {"type": "finish", "finishReason": "length", "messageMetadata": {"totalUsage": {"outputTokens": 1}}},
    ],
    "acp": [
        {"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": "s", "update": update}}
        for update in (
            {"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": "a"}},
            {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "a"}, "messageId": "m"},
            {
                "sessionUpdate": "agent_thought_chunk",
                "content": {"type": "resource", "resource": {"uri": "u", "text": "t"}},
            },
            {"sessionUpdate": "tool_call", "toolCallId": "c", "title": "t", "kind": "read", "rawInput": {"p": 1}},
            {
                "sessionUpdate": "tool_call_update",
                "toolCallId": "c",
                "status": "completed",
                "content": [
                    {"type": "content", "content": {"type": "text", "text": "x"}},
                    {"type": "diff", "path": "p"},
                ],
                "rawOutput": {"output": "x"},
            },
            {"sessionUpdate": "plan", "entries": [{"content": "a", "status": "completed"}]},
            {"sessionUpdate": "usage_update", "used": 1, "size": 2, "cost": {"amount": 0.5, "currency": "USD"}},
            {"sessionUpdate": "compaction_update", "status": "completed"},
        )
    ]
    + [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "session/prompt",
            "params": {"sessionId": "s", "prompt": [{"text": "a"}]},
        },
        {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"stopReason": "end_turn", "usage": {"inputTokens": 1, "totalTokens": 1}},
        },
        {"jsonrpc": "2.0", "id": 2, "method": "session/request_permission", "params": {"toolCall": {"title": "t"}}},
        {"jsonrpc": "2.0", "id": 3, "result": {"sessionId": "s", "models": {"currentModelId": "m"}}},
        {"jsonrpc": "2.0", "id": 4, "error": {"code": -32000, "message": "m", "data": {"message": "x"}}},
    ],
    "langgraph": [
        {"type": "metadata", "ns": [], "data": {"run_id": "r"}},
        {"type": "custom", "ns": ["a"], "data": {"k": 1}},
        {"type": "error", "ns": [], "data": {"error": "E", "message": "m"}},
        {"type": "updates", "ns": [], "data": {"node": {"messages": [{"type": "human", "content": "q", "id": "h"}]}}},
        {"type": "values", "ns": [], "data": {"messages": [], "__interrupt__": [{"value": "ok?"}]}},
    ]
    + [
        {"type": "messages", "ns": ["a", "b"], "data": [message, {"langgraph_node": "n", "ls_model_name": "m"}]}
        for message in (
            {
                "type": "AIMessageChunk",
                "id": "a",
                "content": [{"type": "text", "text": "x"}, {"type": "thinking", "thinking": "t"}],
                "tool_call_chunks": [{"index": 0, "id": "c", "name": "f", "args": "{"}],
                "usage_metadata": {"input_tokens": 1, "output_tokens": 2, "input_token_details": {"cache_read": 1}},
                "response_metadata": {"finish_reason": "stop", "model_name": "m"},
                "additional_kwargs": {"reasoning_content": "r"},
            },
            {"type": "ai", "id": "a", "content": "x", "tool_calls": [{"id": "c", "name": "f", "args": {"a": 1}}]},
            {"type": "tool", "tool_call_id": "c", "name": "f", "content": "x", "status": "error"},
        )
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
