"""The wire format of a stream, found by the keys of its first objects, never by how a line begins.

Until an event decides, what came is held back: it makes no row, and is read by the parser that is chosen in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.parsers import ag_ui, vercel
from nbstream.parsers._protocol import Ending
from nbstream.parsers._values import load, mapping, text
from nbstream.parsers.acp import AcpParser
from nbstream.parsers.ag_ui import AgUiParser
from nbstream.parsers.anthropic import AnthropicParser
from nbstream.parsers.claude import ClaudeParser
from nbstream.parsers.codex import CodexParser
from nbstream.parsers.gemini import GeminiParser
from nbstream.parsers.gemini_cli import GeminiCliParser
from nbstream.parsers.generic import TYPES, GenericParser
from nbstream.parsers.langgraph import MODES, LangGraphParser, is_piece
from nbstream.parsers.ollama import OllamaParser
from nbstream.parsers.openai_chat import OpenAIChatParser
from nbstream.parsers.openai_responses import OpenAIResponsesParser
from nbstream.parsers.opencode import OpencodeParser, OpencodeRunParser
from nbstream.parsers.vercel import VercelParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.messages import AgentMessage
    from nbstream.parsers._protocol import MessageParser, Reason
    from nbstream.sse import ServerSentEvent

HELD_EVENTS: Final = 4
"""Events that may wait for one that decides: a ping, a banner, a keep-alive; more would hide what a program says."""
HELD_CHARS: Final = 64 * 1024
"""Characters that may wait; a single line longer than this is read at once."""

FORMATS: Final[dict[str, Callable[[], MessageParser]]] = {
    "acp": AcpParser,
    "ag-ui": AgUiParser,
    "anthropic": AnthropicParser,
    "claude": ClaudeParser,
    "codex": CodexParser,
    "gemini": GeminiParser,
    "gemini-cli": GeminiCliParser,
    "generic": GenericParser,
    "langgraph": LangGraphParser,
    "ollama": OllamaParser,
    "openai-chat": OpenAIChatParser,
    "openai-responses": OpenAIResponsesParser,
    "opencode": OpencodeParser,
    "opencode-run": OpencodeRunParser,
    "vercel": VercelParser,
}
"""Every wire format by name."""

_ANTHROPIC: Final = frozenset(
    {"message_start", "message_delta", "content_block_start", "content_block_delta", "content_block_stop"}
)
_CODEX: Final = frozenset({"thread.started", "turn.started", "turn.completed", "turn.failed"})
_LANGGRAPH: Final = frozenset(
    {"messages", "messages/complete", "messages/metadata", "messages/partial", "updates", "values"}
)
"""Event types that no other format names so."""
_OPENCODE_RUN: Final = frozenset({"step_start", "step_finish", "text", "reasoning", "tool_use", "error"})


def sniff(frame: Any) -> str | None:
    """The name of the wire format that one object gives away; None when it does not decide."""
    if is_piece(frame):
        return "langgraph"
    if not isinstance(frame, dict):
        return None
    kind = frame.get("type")
    return (_by_type(kind, frame) if isinstance(kind, str) else None) or _by_keys(frame)


def sniff_event(name: str, frame: Any) -> str | None:
    """As `sniff`, of an event with its type: one format says there what the data is."""
    mode, bar, _ = name.partition("|")
    if mode in MODES and (bar or mode in _LANGGRAPH or (mode == "metadata" and "run_id" in mapping(frame))):
        return "langgraph"
    return sniff(frame)


def _by_type(kind: str, frame: dict[str, Any]) -> str | None:
    if kind in ag_ui.TYPES:
        return "ag-ui"
    if kind in vercel.TYPES or (kind == "start" and frame.keys() <= {"type", "messageId", "messageMetadata"}):
        return "vercel"
    if kind in MODES and isinstance(frame.get("ns"), list) and "data" in frame:
        return "langgraph"
    if kind in _ANTHROPIC:
        return "anthropic"
    if kind in _CODEX or (kind.startswith("item.") and isinstance(frame.get("item"), dict)):
        return "codex"
    if kind.startswith("response.") and frame.keys() & {
        "response",
        "item",
        "item_id",
        "output_index",
        "sequence_number",
    }:
        return "openai-responses"
    if isinstance(frame.get("properties"), dict) and "." in kind:
        return "opencode"
    if kind in _OPENCODE_RUN and "sessionID" in frame:
        return "opencode-run"
    return _by_lines(kind, frame)


def _by_lines(kind: str, frame: dict[str, Any]) -> str | None:
    """The programs that print lines of `type` and a session."""
    if kind == "stream_event" or (kind == "system" and "subtype" in frame):
        return "claude"
    if kind in ("assistant", "user") and isinstance(frame.get("message"), dict):
        return "claude"
    if kind == "result" and frame.keys() & {"subtype", "is_error", "total_cost_usd"}:
        return "claude"
    if kind == "init" and "session_id" in frame and "subtype" not in frame:
        return "gemini-cli"
    if (kind == "message" and "role" in frame) or (kind in ("tool_use", "tool_result") and "tool_id" in frame):
        return "gemini-cli"
    if kind == "result" and isinstance(frame.get("stats"), dict):
        return "gemini-cli"
    return "generic" if kind in TYPES and "content" in frame else None


def _by_keys(frame: dict[str, Any]) -> str | None:
    if frame.get("jsonrpc") == "2.0":
        return _by_method(frame)
    if isinstance(frame.get("choices"), list) or text(frame.get("object")).startswith("chat.completion"):
        return "openai-chat"
    if isinstance(frame.get("candidates"), list) or frame.keys() & {"usageMetadata", "promptFeedback"}:
        return "gemini"
    if isinstance(frame.get("done"), bool) and frame.keys() & {"message", "response", "model"}:
        return "ollama"
    return None


def _by_method(frame: dict[str, Any]) -> str | None:
    """The agent protocols that speak JSON-RPC; others do too, for instance MCP."""
    answer = mapping(frame.get("result"))
    if text(frame.get("method")).startswith("session/") or "agentCapabilities" in answer or "stopReason" in answer:
        return "acp"
    return "acp" if "sessionId" in answer and answer.keys() & {"modes", "models", "configOptions"} else None


class AutoParser:
    """Reads a stream of any format that `sniff` tells apart, and all others as text.

    Attributes:
        chosen: the name of the format, once it is known.
    """

    def __init__(self) -> None:
        self.session_id: str | None = None
        self.model: str | None = None
        self.finished = False
        self.chosen: str | None = None
        self._parser: MessageParser | None = None
        self._held: list[ServerSentEvent] = []
        self._held_chars = 0

    @property
    def named(self) -> bool:
        """Until the format is known, an event's type may tell it."""
        return self._parser is None or self._parser.named

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, with those of the events held back before; None while none decides."""
        if self._parser is not None:
            rows = self._parser.parse(event)
            self._learn(self._parser)
            return rows
        self._held.append(event)
        self._held_chars += len(event.data)
        name = _sniffed(event)
        if name is None and len(self._held) < HELD_EVENTS and self._held_chars <= HELD_CHARS:
            return None
        return self._choose(name or "generic") or None

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the chosen parser makes of the end; a stream in which nothing decided is read as text."""
        rows = [] if self._parser is not None else self._choose("generic")
        assert self._parser is not None
        ending = self._parser.finalize(reason, exit_code)
        self._learn(self._parser)
        return Ending(status=ending.status, error=ending.error, messages=rows + ending.messages)

    def _choose(self, name: str) -> list[AgentMessage]:
        self.chosen = name
        self._parser = FORMATS[name]()
        rows = [row for event in self._held for row in self._parser.parse(event) or ()]
        self._held.clear()
        self._learn(self._parser)
        return rows

    def _learn(self, parser: MessageParser) -> None:
        self.session_id, self.model, self.finished = parser.session_id, parser.model, parser.finished


def _sniffed(event: ServerSentEvent) -> str | None:
    try:
        return sniff_event(event.event, load(event.data))
    except (ValueError, RecursionError):
        return None
