"""Valid streams of OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from streams.kit import Stream, arguments, dumped, finished, identity, pieces_of, tool_name, words

Frame = dict[str, Any]


class _Item:
    """One output item: its events in order, and its final shape."""

    def __init__(self, rng: Random, index: int) -> None:
        self.rng = rng
        self.index = index
        self.events: list[Frame] = []
        self.blocks: list[tuple[str, str | None, str]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.final: Frame = {}
        make: tuple[Callable[[], None], ...] = (self._message, self._message, self._reasoning, self._call)
        rng.choice(make)()

    def _send(self, kind: str, **more: Any) -> None:
        self.events.append({"type": f"response.{kind}", "output_index": self.index, **more})

    def _within(self, start: Frame, inner: Callable[[str], Frame]) -> None:
        self._send("output_item.added", item=start)
        self.final = inner(start["id"])
        self._send("output_item.done", item=self.final)

    def _message(self) -> None:
        rng = self.rng
        start = {
            "id": identity(rng, "msg_"),
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }

        def inner(item_id: str) -> Frame:
            parts = [self._part(item_id, place) for place in range(rng.choice((1, 1, 2)))]
            return start | {"status": "completed", "content": parts}

        self._within(start, inner)

    def _part(self, item_id: str, place: int) -> Frame:
        rng = self.rng
        key, kind = ("refusal", "refusal") if rng.random() < 0.15 else ("text", "output_text")
        said, more = words(rng), {} if key == "refusal" else {"annotations": [], "logprobs": []}
        at = {"item_id": item_id, "content_index": place}
        logprobs = {} if key == "refusal" else {"logprobs": []}
        self._send("content_part.added", **at, part={"type": kind, key: "", **more})
        for piece in pieces_of(rng, said):
            self._send(f"{kind}.delta", **at, delta=piece, **logprobs)
        self._send(f"{kind}.done", **at, **{key: said}, **logprobs)
        part = {"type": kind, key: said, **more}
        self._send("content_part.done", **at, part=part)
        if said:
            self.blocks.append((key, None, said))
        return part

    def _reasoning(self) -> None:
        rng = self.rng
        start: Frame = {"id": identity(rng, "rs_"), "type": "reasoning", "summary": []}

        def inner(item_id: str) -> Frame:
            parts = []
            for place in range(rng.randint(0, 2)):
                thought, at = words(rng, least=1), {"item_id": item_id, "summary_index": place}
                self._send("reasoning_summary_part.added", **at, part={"type": "summary_text", "text": ""})
                for piece in pieces_of(rng, thought):
                    self._send("reasoning_summary_text.delta", **at, delta=piece)
                self._send("reasoning_summary_text.done", **at, text=thought)
                parts.append({"type": "summary_text", "text": thought})
                self._send("reasoning_summary_part.done", **at, part=parts[-1])
                self.blocks.append(("reasoning", None, thought))
            return start | {"summary": parts}

        self._within(start, inner)

    def _call(self) -> None:
        rng, given, name = self.rng, arguments(self.rng), tool_name(self.rng)
        written, call_id = dumped(rng, given), identity(rng, "call_")
        start = {"id": identity(rng, "fc_"), "type": "function_call", "status": "in_progress", "arguments": ""}
        start |= {"call_id": call_id, "name": name}

        def inner(item_id: str) -> Frame:
            for piece in pieces_of(rng, written):
                self._send("function_call_arguments.delta", item_id=item_id, delta=piece)
            self._send("function_call_arguments.done", item_id=item_id, arguments=written, name=name)
            return start | {"status": "completed", "arguments": written}

        self._within(start, inner)
        self.blocks.append(("tool_call", name, written))
        self.calls.append((call_id, name, given))


def _mixed(rng: Random, items: list[_Item]) -> Iterator[Frame]:
    """The events of the items: mostly one item after the other, else mixed, each item's own order kept.

    The items are added in order, because readers take an item's place in the list for its index.
    """
    queues = [list(item.events) for item in items]
    if rng.random() < 0.3:
        yield from [queue.pop(0) for queue in queues]
        while any(queues):
            yield rng.choice([queue for queue in queues if queue]).pop(0)
    else:
        yield from (frame for queue in queues for frame in queue)


def openai_responses(rng: Random) -> Stream:
    """One response: items of every kind, each told five times over as the API does, and counts."""
    stream = Stream([])
    body: Frame = {"id": identity(rng, "resp_"), "object": "response", "created_at": 1, "model": "m", "output": []}
    body |= {"status": "in_progress", "error": None, "incomplete_details": None, "usage": None, "metadata": {}}
    body |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "instructions": None}
    items = [_Item(rng, index) for index in range(rng.randint(0, 4))]
    frames: list[Frame] = [{"type": "response.created", "response": body}]
    frames += [{"type": "response.in_progress", "response": body}] * rng.randint(0, 1)
    frames += _mixed(rng, items)
    into, out, cached, thought = rng.randint(1, 9_000), rng.randint(1, 900), rng.choice((0, 64)), rng.choice((0, 9))
    usage = {"input_tokens": into, "output_tokens": out, "total_tokens": into + out}
    usage |= {"input_tokens_details": {"cached_tokens": cached}, "output_tokens_details": {"reasoning_tokens": thought}}
    stream.stop = rng.choice(("completed", "completed", "completed", "incomplete"))
    last = body | {"status": stream.stop, "output": [item.final for item in items], "usage": usage}
    if stream.stop == "incomplete":
        last["incomplete_details"] = {"reason": "max_output_tokens"}
    frames.append({"type": f"response.{stream.stop}", "response": last})
    for number, frame in enumerate(frames):
        stream.events.append((frame["type"], dumped(rng, {**frame, "sequence_number": number})))
    for item in items:
        stream.blocks += item.blocks
        stream.calls += item.calls
    stream.usage = {
        "gen_ai.usage.input_tokens": into,
        "gen_ai.usage.output_tokens": out,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.reasoning.output_tokens": thought,
    }
    return finished(rng, stream)
