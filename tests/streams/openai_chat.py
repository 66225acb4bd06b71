"""Valid streams of OpenAI's Chat Completions and of the servers that speak it."""

from __future__ import annotations

from random import Random
from typing import Any

from streams.kit import Stream, arguments, dumped, finished, identity, pieces_of, tool_name, words


class _Choice:
    """One choice while it is made: queues of deltas that may be sent in any mixture that keeps each one's order."""

    def __init__(self, rng: Random, index: int) -> None:
        self.index = index
        self.blocks: list[tuple[str, str | None, str]] = []
        self.calls: list[tuple[str, str, Any]] = []
        self.deltas: list[dict[str, Any]] = []
        if rng.random() < 0.3:
            self._say(rng, "reasoning_content", "reasoning")
        if rng.random() < 0.12:
            self._say(rng, "refusal", "refusal")
        elif rng.random() < 0.85:
            self._say(rng, "content", "text")
        if rng.random() < 0.5:
            self._call(rng, rng.randint(1, 3))
        if not self.deltas:
            self.deltas = [{"content": ""}]
        self.deltas[0] = {"role": "assistant", **self.deltas[0]}
        cut_short = rng.choice((None, None, None, "length", "content_filter"))
        self.finish = cut_short or ("tool_calls" if self.calls else "stop")

    def _say(self, rng: Random, key: str, part: str) -> None:
        said = words(rng)
        self.deltas += [{key: piece} for piece in pieces_of(rng, said)]
        if said:
            self.blocks.append((part, None, said))

    def _call(self, rng: Random, count: int) -> None:
        queues = []
        for index in range(count):
            call_id, name, given = identity(rng, "call_"), tool_name(rng), arguments(rng)
            written = dumped(rng, given)
            first = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
            rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces_of(rng, written)]
            queues.append([first, *rest])
            self.blocks.append(("tool_call", name, written))
            self.calls.append((call_id, name, given))
        if rng.random() < 0.3:  # all calls begin, in order, and their fragments mix
            mixed = [queue.pop(0) for queue in queues]
            while any(queues):
                mixed.append(rng.choice([queue for queue in queues if queue]).pop(0))
        else:
            mixed = [fragment for queue in queues for fragment in queue]
        self.deltas += [{"tool_calls": [fragment]} for fragment in mixed]


def openai_chat(rng: Random) -> Stream:
    """One response: one or two choices whose chunks mix, usage as servers send it, `[DONE]`."""
    stream = Stream([])
    shape = {"id": identity(rng, "chatcmpl-"), "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def chunk(choices: list[dict[str, Any]], **more: Any) -> None:
        stream.events.append((None, dumped(rng, {**shape, "choices": choices, **more})))

    choices = [_Choice(rng, index) for index in range(rng.choice((1, 1, 1, 2)))]
    waiting = {choice.index: list(choice.deltas) for choice in choices}
    while any(waiting.values()):
        index = rng.choice([each for each, deltas in waiting.items() if deltas])
        chunk([{"index": index, "delta": waiting[index].pop(0), "finish_reason": None}])
    prompt, answer, cached, thought = (
        rng.randint(1, 9_000),
        rng.randint(1, 900),
        rng.choice((0, 64)),
        rng.choice((0, 9)),
    )
    usage = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    usage |= {"prompt_tokens_details": {"cached_tokens": cached}}
    usage |= {"completion_tokens_details": {"reasoning_tokens": thought}}
    where = rng.choice(("none", "alone", "alone", "last"))
    for choice in choices:
        last = {"usage": usage} if where == "last" and choice is choices[-1] else {}
        chunk([{"index": choice.index, "delta": {}, "finish_reason": choice.finish}], **last)
        stream.blocks += choice.blocks
        stream.calls += choice.calls
    if where == "alone":
        chunk([], usage=usage)
    if where != "none":
        stream.usage = {
            "gen_ai.usage.input_tokens": prompt,
            "gen_ai.usage.output_tokens": answer,
            "gen_ai.usage.cache_read.input_tokens": cached,
            "gen_ai.usage.reasoning.output_tokens": thought,
        }
    stream.stop = choices[0].finish
    stream.events.append((None, "[DONE]"))
    return finished(rng, stream)
