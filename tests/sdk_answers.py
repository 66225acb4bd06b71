"""One answer as a program would use it, read from our store and from the official clients' own objects."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
import pandas as pd
from openai.lib.streaming.chat import ChatCompletionStreamState


@dataclass
class Answer:
    """What both sides must agree on.

    Args:
        texts: each text block that says something, sorted: readers order mixed blocks differently.
        thoughts: the same for thinking.
        refusals: the same for refusals.
        calls: id, name and input of each tool call, sorted.
        stops: why each choice is over.
        usage: counts by OpenTelemetry names, without zeros.
    """

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)


def made(texts, thoughts, refusals, calls, stops, usage) -> Answer:
    said = [sorted(text for text in group if text) for group in (texts, thoughts, refusals)]
    shown = sorted((call_id, name, json.dumps(given, sort_keys=True)) for call_id, name, given in calls)
    return Answer(*said, shown, list(stops), {key: count for key, count in usage.items() if count})


REDACTED = "[redacted by the provider]"
"""Our words where a provider sent thinking that nobody may read; the clients keep a block without words."""
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def ours(store) -> dict[str, Answer]:
    """From the store, by the methods a person uses: the answer of every agent in it, by its prompt."""
    names = dict(zip(store.agents().id, store.agents().prompt, strict=True))
    blocks = store.transcript().to_dict("records")
    calls = store.tool_calls().to_dict("records")
    counted = store.usage().to_dict("records")

    def of(agent_id: str) -> Answer:
        said = [block for block in blocks if block["agent_id"] == agent_id]
        texts, thoughts, refusals = (
            [block["content"] for block in said if block["part"] is not pd.NA and block["part"] == part]
            for part in ("text", "reasoning", "refusal")
        )
        asked = [call for call in calls if call["agent_id"] == agent_id]
        given = [(call["tool_call_id"], call["tool"], json.loads(call["input"])) for call in asked]
        mine = [row for row in counted if row["agent_id"] == agent_id]
        usage = {name: int(row[name]) for row in mine for name in COUNTS if not pd.isna(row[name])}
        stops = [stop for row in mine for stop in json.loads(row["finish_reasons"])]
        shown = [thought for thought in thoughts if thought != REDACTED]
        return made(texts, shown, refusals, given, stops, usage)

    return {prompt: of(agent_id) for agent_id, prompt in names.items()}


def by_anthropic(client: anthropic.Anthropic) -> Answer:
    """From `messages.stream` and its final message."""
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    with client.messages.stream(**asked) as stream:
        message = stream.get_final_message()
    blocks, used = message.content, message.usage
    read, write = used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0
    return made(
        [block.text for block in blocks if block.type == "text"],
        [block.thinking for block in blocks if block.type == "thinking"],
        [],
        [(block.id, block.name, block.input) for block in blocks if block.type in ("tool_use", "server_tool_use")],
        [message.stop_reason],
        {"input_tokens": used.input_tokens + read + write, "output_tokens": used.output_tokens, "cache_read_tokens": read, "cache_write_tokens": write},
    )  # fmt: skip


def by_openai_chat(client: openai.OpenAI) -> Answer:
    """From `create(stream=True)` and the client's own accumulator.

    `chat.completions.stream` has the same one, and raises at its end when an answer was cut short.
    """
    state = ChatCompletionStreamState()
    for chunk in client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stream=True):
        state.handle_chunk(chunk)
    completion = state.current_completion_snapshot
    messages = [choice.message for choice in completion.choices]
    calls = [call for message in messages for call in message.tool_calls or []]
    return made(
        [message.content or "" for message in messages],
        [(message.model_extra or {}).get("reasoning_content") or "" for message in messages],
        [message.refusal or "" for message in messages],
        [(call.id, call.function.name, json.loads(call.function.arguments)) for call in calls],
        [choice.finish_reason for choice in completion.choices],
        _openai_usage(completion.usage, "prompt_tokens", "completion_tokens"),
    )


def by_openai_responses(client: openai.OpenAI, *, accumulate: bool = True) -> Answer:
    """From `responses.stream`, or from the last event of `create(stream=True)`."""
    if accumulate:
        with client.responses.stream(model="m", input="x") as stream:
            events = list(stream)
    else:
        events = list(client.responses.create(model="m", input="x", stream=True))
    response = next(e.response for e in reversed(events) if e.type in ("response.completed", "response.incomplete"))
    output = response.output
    contents = [part for item in output if item.type == "message" for part in item.content]
    why = response.incomplete_details.reason if response.incomplete_details else response.status
    return made(
        [part.text for part in contents if part.type == "output_text"],
        [part.text for item in output if item.type == "reasoning" for part in [*item.summary, *(item.content or [])]],
        [part.refusal for part in contents if part.type == "refusal"],
        [(item.call_id, item.name, json.loads(item.arguments)) for item in output if item.type == "function_call"],
        [why],
        _openai_usage(response.usage, "input_tokens", "output_tokens"),
    )


def _openai_usage(usage: Any, into: str, out: str) -> dict[str, int]:
    if usage is None:
        return {}
    asked, answered = getattr(usage, f"{into}_details", None), getattr(usage, f"{out}_details", None)
    return {
        "input_tokens": getattr(usage, into),
        "output_tokens": getattr(usage, out),
        "cache_read_tokens": getattr(asked, "cached_tokens", 0) or 0,
        "reasoning_tokens": getattr(answered, "reasoning_tokens", 0) or 0,
    }
