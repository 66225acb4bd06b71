"""Rows and metadata that parsers make alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    INPUT_TOKENS,
    KIND,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    AgentMessage,
)
from nbstream.parsers._values import clean, count, mapping, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbstream.parsers._protocol import Reason

_FIRST_SIGNAL: Final = 128
_SIGNALS: Final = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    6: "SIGABRT",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    15: "SIGTERM",
}
"""The signals that end an agent in practice; spelled out because `signal.Signals` differs by system."""


def note(kind: str, content: str, metadata: Mapping[str, Any] | None = None) -> AgentMessage:
    """A `system` row that stands alone; what is None or empty in `metadata` is left out."""
    return AgentMessage(
        type="system", role="system", op="note", content=content, metadata={KIND: kind, **present(dict(metadata or {}))}
    )


def unknown(line: str) -> AgentMessage:
    """An event of a type this version does not know, whole."""
    return note("unknown", clean(line))


def invalid(line: str) -> AgentMessage:
    """A line that is not JSON, whole."""
    return note("invalid", clean(line))


def tokens(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Anthropic's counts under OpenTelemetry names; what was not sent is not there.

    Anthropic's `input_tokens` leaves cache reads and writes out, ours has them in.
    """
    fresh = count(usage.get("input_tokens"))
    read = count(usage.get("cache_read_input_tokens"))
    write = count(usage.get("cache_creation_input_tokens"))
    thinking = mapping(usage.get("output_tokens_details")).get("thinking_tokens")
    return present(
        {
            INPUT_TOKENS: None if fresh is None else fresh + (read or 0) + (write or 0),
            OUTPUT_TOKENS: count(usage.get("output_tokens")),
            CACHE_READ_TOKENS: read,
            CACHE_WRITE_TOKENS: write,
            REASONING_TOKENS: count(thinking),
        }
    )


def tokens_sentence(counts: Mapping[str, Any]) -> str:
    """The counts for a reader, for instance `20 input tokens (5 from cache), 42 output tokens`."""
    words = []
    if INPUT_TOKENS in counts:
        cached = counts.get(CACHE_READ_TOKENS)
        words.append(_tokens(counts[INPUT_TOKENS], "input") + (f" ({cached:,} from cache)" if cached else ""))
    if OUTPUT_TOKENS in counts:
        words.append(_tokens(counts[OUTPUT_TOKENS], "output"))
    return ", ".join(words)


def _tokens(number: int, side: str) -> str:
    return f"{number:,} {side} token" + ("" if number == 1 else "s")


def cut_off(reason: Reason, exit_code: int | None) -> str:
    """Why a stream without a terminal event is over, one sentence."""
    if reason == "stopped":
        return "The agent was stopped before its answer was complete."
    signal = _signal(exit_code)
    if signal is not None:
        return f"The agent was ended by {signal} before its answer was complete."
    if exit_code:
        return f"The agent ended with exit code {exit_code} before its answer was complete."
    if reason == "gone":
        return "The agent's output cannot be had any more; its answer is not complete."
    return "The agent's output ended before its answer was complete."


def failed_by_itself(exit_code: int | None) -> bool:
    """A nonzero exit code that no signal explains."""
    return bool(exit_code) and _signal(exit_code) is None


def _signal(exit_code: int | None) -> str | None:
    # Shells and our proxy write 128 + n, Python's subprocess -n.
    if exit_code is None or exit_code < -64 or exit_code >= _FIRST_SIGNAL + 64:
        return None
    number = -exit_code if exit_code < 0 else exit_code - _FIRST_SIGNAL
    if number <= 0:
        return None
    return _SIGNALS.get(number, f"signal {number}")
