"""Valid streams of Anthropic's Messages API."""

from __future__ import annotations

from random import Random
from typing import Any

from streams.kit import Stream, arguments, dumped, finished, identity, pieces_of, tool_name, words

STOPS = (
    "end_turn",
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "refusal",
    "pause_turn",
    "model_context_window_exceeded",
)


class _Message:
    """One message while it is made."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.stream = Stream([])
        self.index = -1

    def send(self, frame: dict[str, Any]) -> None:
        if self.rng.random() < 0.08:
            self.stream.events.append(("ping", '{"type": "ping"}'))
        self.stream.events.append((frame["type"], dumped(self.rng, frame)))

    def block(self, start: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
        self.index += 1
        self.send({"type": "content_block_start", "index": self.index, "content_block": start})
        for delta in deltas:
            self.send({"type": "content_block_delta", "index": self.index, "delta": delta})
        self.send({"type": "content_block_stop", "index": self.index})

    def text(self) -> None:
        said = words(self.rng)
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(self.rng, said)]
        if self.rng.random() < 0.2:
            citation = {"type": "char_location", "cited_text": "x", "document_index": 0, "document_title": None}
            citation |= {"start_char_index": 0, "end_char_index": 1, "file_id": None}
            deltas.append({"type": "citations_delta", "citation": citation})
        self.block({"type": "text", "text": ""}, deltas)
        if said:
            self.stream.blocks.append(("text", None, said))

    def thinking(self) -> None:
        thought = words(self.rng)
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(self.rng, thought)]
        deltas.append({"type": "signature_delta", "signature": "c2ln"})
        self.block({"type": "thinking", "thinking": "", "signature": ""}, deltas)
        if thought:
            self.stream.blocks.append(("reasoning", None, thought))

    def redacted(self) -> None:
        self.block({"type": "redacted_thinking", "data": "eA=="}, [])
        self.stream.blocks.append(("reasoning", None, "[redacted by the provider]"))

    def tool(self, wire: str = "tool_use") -> str:
        given, name = arguments(self.rng), tool_name(self.rng)
        call_id = identity(self.rng, "toolu_" if wire == "tool_use" else "srvtoolu_")
        written = dumped(self.rng, given) if given or self.rng.random() < 0.5 else ""
        pieces = ["", *pieces_of(self.rng, written)]  # the API begins with an empty fragment
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        self.block({"type": wire, "id": call_id, "name": name, "input": {}}, deltas)
        self.stream.blocks.append(("tool_call", name, written or "{}"))
        self.stream.calls.append((call_id, name, given))
        return call_id

    def search(self) -> None:
        call_id = self.tool("server_tool_use")
        found = [
            {"type": "web_search_result", "title": "T", "url": "https://example.org/", "encrypted_content": "eA=="}
            for _ in range(self.rng.randint(1, 2))
        ]
        self.block({"type": "web_search_tool_result", "tool_use_id": call_id, "content": found}, [])
        shown = "\n".join("T https://example.org/" for _ in found)
        self.stream.blocks.append(("tool_call_response", self.stream.blocks[-1][1], shown))


def anthropic(rng: Random) -> Stream:
    """One message: blocks of every kind, counts, a reason to stop."""
    made = _Message(rng)
    fresh, read, write = rng.randint(1, 5_000), rng.choice((0, 0, 700)), rng.choice((0, 0, 40))
    usage = {"input_tokens": fresh, "output_tokens": rng.randint(1, 3)}
    usage |= {"cache_read_input_tokens": read, "cache_creation_input_tokens": write}
    shape = {"id": identity(rng, "msg_"), "type": "message", "role": "assistant", "model": "claude-x", "content": []}
    made.send(
        {"type": "message_start", "message": shape | {"stop_reason": None, "stop_sequence": None, "usage": usage}}
    )
    kinds = (made.text, made.text, made.thinking, made.redacted, made.tool, made.tool, made.search)
    for _ in range(rng.randint(0, 5)):
        rng.choice(kinds)()
    stop = rng.choice(STOPS) if not made.stream.calls else rng.choice(("tool_use", "max_tokens"))
    out = rng.randint(1, 900)
    counts = {"output_tokens": out}
    if rng.random() < 0.4:  # newer servers repeat all of them, the input a little higher
        fresh += rng.randint(0, 20)
        counts |= {"input_tokens": fresh, "cache_read_input_tokens": read, "cache_creation_input_tokens": write}
    sequence = "END" if stop == "stop_sequence" else None
    made.send({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": sequence}, "usage": counts})
    made.send({"type": "message_stop"})
    made.stream.usage = {
        "gen_ai.usage.input_tokens": fresh + read + write,
        "gen_ai.usage.output_tokens": out,
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_write.input_tokens": write,
    }
    made.stream.stop = stop
    return finished(rng, made.stream)
