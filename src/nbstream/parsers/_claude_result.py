"""Claude Code's `result` frame: how a turn ended, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import COST_USD, DURATION_MS, FINISH_REASONS, IS_ERROR, TURNS, AgentMessage
from nbstream.parsers._rows import tokens
from nbstream.parsers._values import count, dump, items, mapping, number, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentStatus

MODEL_USAGE: Final = "nbstream.model_usage"
"""Running totals of this process by model, subagents included, under the names of a usage note."""

# Names inside `modelUsage`, and the names of the same counts elsewhere on the wire.
_CAMEL: Final = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheCreationInputTokens": "cache_creation_input_tokens",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended.

    Args:
        words: for a reader: the error, or a summary of a turn that went well.
        answer: the text the source gives as the turn's result.
    """

    status: AgentStatus
    words: str
    answer: str
    metadata: dict[str, Any]

    def row(self, *, answer_shown: bool) -> AgentMessage:
        """The `response` row; it carries the answer only where no other row has shown it."""
        content = self.words
        if self.answer and not answer_shown and self.answer != self.words:
            content = self.answer if self.status == "completed" else f"{self.words}\n{self.answer}"
        return AgentMessage(type="response", op="note", content=content, metadata=self.metadata)


def outcome(frame: dict[str, Any]) -> Outcome:
    """The outcome a `result` frame tells of.

    One field never says it: an API error is subtype `success` with `is_error`, an interrupt is an error with
    `terminal_reason` aborted_*, and older versions leave `is_error` false when turns ran out.
    """
    subtype, reason = text(frame.get("subtype")), text(frame.get("terminal_reason"))
    answer = text(frame.get("result"))
    errors = [text(error) or dump(error) for error in items(frame.get("errors"))]
    status: AgentStatus = "failed"
    if reason.startswith("aborted"):
        status = "stopped"
        words = f"Stopped: {_figures(frame)}"
    elif frame.get("is_error") is True or subtype not in ("success", ""):
        words = (
            "\n".join(errors) or answer or text(frame.get("error")) or f"The agent reported {subtype or 'an error'}."
        )
    else:
        status = "completed"
        words = f"Completed: {_figures(frame)}"
    return Outcome(status, words.removesuffix(": "), answer, _metadata(frame, errors))


def _figures(frame: dict[str, Any]) -> str:
    turns, took, cost = (
        count(frame.get("num_turns")),
        number(frame.get("duration_ms")),
        number(frame.get("total_cost_usd")),
    )
    words = [
        "" if turns is None else f"{turns} turn" + ("" if turns == 1 else "s"),
        "" if took is None else f"{took / 1000:.1f} s",
        "" if cost is None else f"${cost:.4f}",
    ]
    return ", ".join(word for word in words if word)


def _metadata(frame: dict[str, Any], errors: list[str]) -> dict[str, Any]:
    by_model = {name: _model_usage(mapping(counts)) for name, counts in mapping(frame.get("modelUsage")).items()}
    usage = tokens(mapping(frame.get("usage")))
    if not any(usage.values()):
        usage = {}  # an interrupted turn reports zeros, whatever it used
    stop_reason, structured = text(frame.get("stop_reason")), frame.get("structured_output")
    return {IS_ERROR: frame.get("is_error") is True} | present(
        {
            "gen_ai.conversation.id": text(frame.get("session_id")),
            "nbstream.result": text(frame.get("subtype")),
            "nbstream.terminal_reason": text(frame.get("terminal_reason")),
            "nbstream.errors": errors,
            "error.type": text(frame.get("api_error_type")) or text(frame.get("api_error_status")),
            FINISH_REASONS: [stop_reason] if stop_reason else None,
            DURATION_MS: number(frame.get("duration_ms")),
            COST_USD: number(frame.get("total_cost_usd")),
            TURNS: count(frame.get("num_turns")),
            **usage,
            MODEL_USAGE: by_model,
            "nbstream.permission_denials": len(items(frame.get("permission_denials"))) or None,
            # As text: a value of any depth must not break whoever writes the metadata.
            "nbstream.structured_output": None if structured is None else dump(structured),
        }
    )


def _model_usage(counts: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {name: counts.get(camel) for camel, name in _CAMEL.items()}
    plain["output_tokens_details"] = {"thinking_tokens": counts.get("thinkingTokens")}
    return tokens(plain) | present({COST_USD: number(counts.get("costUSD"))})
