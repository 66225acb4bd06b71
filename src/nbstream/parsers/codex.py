"""Codex, `exec --json`: one JSON object a line; items come whole, without deltas.

A turn ends with `turn.completed` or `turn.failed`; a signal ends the program without either. A top-level `error` that
says "Reconnecting" is a retry: what the model had said in the request that broke off comes again under new ids, so
its first copy is withdrawn when the second begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import IS_ERROR, AgentMessage
from nbstream.parsers import _codex_items as views
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._base import JsonParser
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note, tokens_sentence, unknown
from nbstream.parsers._stream import Usage, error_kind, error_words, openai_tokens
from nbstream.parsers._values import dump, mapping, present, text

if TYPE_CHECKING:
    from nbstream.parsers._content_block import ContentBlock
    from nbstream.parsers._protocol import Reason

_CONVERSATION_ID: Final = "gen_ai.conversation.id"
_ITEM_EVENTS: Final = frozenset({"item.started", "item.updated", "item.completed"})
_MODELS_OWN: Final = frozenset({"agent_message", "reasoning", "web_search"})
"""Items that are part of one answer of the model, so that a retry repeats them."""
_INTERRUPTED: Final = 1
"""The exit code after SIGINT, and also after an error before the first turn."""


class CodexParser(JsonParser):
    """Reads one stream of Codex events."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: dict[str, ContentBlock] = {}
        self._nameless = 0
        self._turns = 0
        self._in_turn = False
        self._error: str | None = None
        self._said: dict[str, ContentBlock] = {}
        self._retrying = False

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: the last turn's own end rules, then the exit code."""
        if self.finished and self._error is None:
            return Ending(status="completed")
        if self._error is not None and (self.finished or reason != "stopped"):
            return Ending(status="failed", error=self._error)
        if exit_code == _INTERRUPTED and self._in_turn and reason != "stopped":
            words = "The agent was interrupted before its answer was complete (exit code 1)."
            return Ending(status="interrupted", error=words, messages=[note("end", words)])
        return self._cut_off(reason, exit_code)

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        kind = text(frame.get("type"))
        if kind in _ITEM_EVENTS:
            return self._item(mapping(frame.get("item")), line, done=kind == "item.completed")
        if kind == "thread.started":
            return self._thread(frame)
        if kind == "turn.started":
            self._in_turn, self.finished, self._error = True, False, None
            self._said.clear()
            return None
        if kind == "turn.completed":
            return self._completed(frame)
        if kind == "turn.failed":
            return self._turn_failed(frame.get("error"))
        if kind == "error" or (not kind and frame.get("error")):
            return self._trouble(frame)
        return [unknown(line)]

    def _thread(self, frame: dict[str, Any]) -> list[AgentMessage] | None:
        thread = text(frame.get("thread_id"))
        again, self.session_id = thread == self.session_id, thread or self.session_id
        if again:
            return None
        return [note("init", "Thread started", {_CONVERSATION_ID: thread})]

    def _item(self, item: dict[str, Any], line: str, *, done: bool) -> list[AgentMessage]:
        kind = text(item.get("type"))
        if kind == "error":
            words = text(item.get("message")) or dump(item)
            return [note("notice", words, {"nbstream.level": "warning"})]
        view = views.VIEWS.get(kind)
        if view is None:
            return [unknown(line)]
        item_id = text(item.get("id"))
        if not item_id:
            self._nameless += 1
        key = f"{self.session_id or ''}/{item_id or f'?{self._nameless}'}"
        rows = self._repeated(key) if kind in _MODELS_OWN else []
        if kind not in _MODELS_OWN and kind != "todo_list":
            self._said.clear()
        for suffix, made, content in view(key, item, done):
            block = self._blocks.setdefault(key + suffix, made)
            block.describe(made.metadata)
            rows += block.grow(content)
            if kind in _MODELS_OWN:
                self._said[block.key] = block
        return rows

    def _repeated(self, key: str) -> list[AgentMessage]:
        """After a retry the model speaks anew: what it had said in the request that broke off is withdrawn."""
        if not self._retrying or key in self._blocks:
            return []
        self._retrying = False
        rows = [row for block in self._said.values() for row in block.drop()]
        self._said.clear()
        return rows

    def _completed(self, frame: dict[str, Any]) -> list[AgentMessage]:
        """The end of a turn: its counts are noted as those of one response, and shown as the run's totals."""
        self.finished, self._error, self._retrying = True, None, False
        self._turns += 1
        usage = Usage()
        usage.counts = openai_tokens(mapping(frame.get("usage")))
        rows = usage.note(f"{self.session_id or ''}/turn-{self._turns}", self.model)
        words = f"Completed: {tokens_sentence(usage.counts)}".removesuffix(": ")
        metadata = {IS_ERROR: False, **present({_CONVERSATION_ID: self.session_id, **usage.counts})}
        return [*rows, AgentMessage(type="response", op="note", content=words, metadata=metadata)]

    def _turn_failed(self, error: Any) -> list[AgentMessage]:
        self.finished = True
        return self._failed(error or "The turn failed.")

    def _trouble(self, frame: dict[str, Any]) -> list[AgentMessage]:
        words = text(frame.get("message"))
        if words.startswith("Reconnecting"):
            self._retrying = True
            return [note("retry", words)]
        return self._failed(frame.get("error") or words or dump(frame))

    def _failed(self, error: Any) -> list[AgentMessage]:
        """The error, shown once: `turn.failed` repeats the `error` before it."""
        words, again = error_words(error), self._error
        self._error = words
        return [] if again == words else [blocks.error_note(words, {"error.type": error_kind(error)})]
