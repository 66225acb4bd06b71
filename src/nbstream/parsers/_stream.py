"""What the streams of model servers have in common: a closing sentinel, counts that grow, errors in the band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers._base import JsonParser
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note, tokens_sentence
from nbstream.parsers._values import count, dump, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers._protocol import Reason
    from nbstream.sse import ServerSentEvent

LENGTH: Final = "The answer was cut off at the limit of output tokens."
FILTERED: Final = "The answer was cut off by the provider's content filter."


class ModelParser(JsonParser):
    """A parser of one model server's stream, which may hold several responses one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._error: str | None = None

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show."""
        if event.data.strip() == "[DONE]":
            return self._done() or None
        return super().parse(event)

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: complete only when the server has said so."""
        rows = self._done()
        if self._error is not None:
            return Ending(status="failed", error=self._error, messages=rows)
        if self.finished:
            return Ending(status="completed", messages=rows)
        ending = self._cut_off(reason, exit_code)
        return Ending(status=ending.status, error=ending.error, messages=rows + ending.messages)

    def _done(self) -> list[AgentMessage]:
        """What was held back until the server's closing sentinel, or the end of the stream."""
        return []


class Usage:
    """The counts of one response: they come once, late, or with every event; the last ones hold.

    Attributes:
        counts: under OpenTelemetry names.
        reasons: why the response is over.
        noted: what the last note said.
    """

    def __init__(self) -> None:
        self.counts: dict[str, Any] = {}
        self.reasons: list[str] = []
        self.noted: dict[str, Any] = {}

    def note(self, response_id: str, model: str | None, more: dict[str, Any] | None = None) -> list[AgentMessage]:
        """The usage note; none when there is nothing to say, or nothing new.

        Args:
            response_id: whose counts; the last note of a response holds.
            model: which model was counted.
            more: goes with the note, but is no reason for another one.
        """
        said = present({FINISH_REASONS: list(self.reasons), **self.counts})
        if not said or said == self.noted:
            return []
        self.noted = said
        metadata = {RESPONSE_ID: response_id, MODEL: model, **said, **(more or {})}
        return [note("usage", tokens_sentence(said), metadata)]


def openai_tokens(usage: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's counts, and those of servers like it, under OpenTelemetry names; the input has the cache in it."""
    into = mapping(usage.get("prompt_tokens_details")) or mapping(usage.get("input_tokens_details"))
    out = mapping(usage.get("completion_tokens_details")) or mapping(usage.get("output_tokens_details"))
    return present(
        {
            INPUT_TOKENS: _first(usage.get("prompt_tokens"), usage.get("input_tokens")),
            OUTPUT_TOKENS: _first(usage.get("completion_tokens"), usage.get("output_tokens")),
            CACHE_READ_TOKENS: _first(
                into.get("cached_tokens"),
                usage.get("cached_input_tokens"),
                usage.get("prompt_cache_hit_tokens"),
            ),
            CACHE_WRITE_TOKENS: _first(into.get("cache_write_tokens"), usage.get("cache_write_input_tokens")),
            REASONING_TOKENS: _first(
                out.get("reasoning_tokens"),
                usage.get("reasoning_output_tokens"),
                usage.get("reasoning_tokens"),
            ),
        }
    )


def _first(*values: Any) -> int | None:
    return next((number for value in values if (number := count(value)) is not None), None)


def error_words(error: Any) -> str:
    """An error of any shape as one sentence: its kind and its message, or its JSON."""
    if not isinstance(error, dict):
        return text(error) or dump(error)
    inner = error.get("data")
    message = text(error.get("message")) or text(mapping(inner).get("message")) or text(error.get("detail"))
    return ": ".join(filter(None, (error_kind(error), message))) if message else dump(error)


def error_kind(error: Any) -> str:
    """The name or number an error goes by; "" where it has none."""
    shape = mapping(error)
    return next((text(shape.get(key)) for key in ("type", "name", "status", "code") if text(shape.get(key))), "")
