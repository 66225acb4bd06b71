"""LangGraph server: what an event is stands in its `event:` line, with the subgraph behind a bar (`messages|ns`).

`messages` brings pieces of a message and what they belong to, `messages/partial` the whole so far, `values` and
`updates` the messages of a state; all of them name a message by its id. So an event's type is part of what was
received, and `raw` keeps it. A part in the shape of version 2 of the library (`type`, `ns`, `data`) needs none.

A run has no event that ends it: it is complete when its last message is an answer that has ended and calls no tool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.parsers._langgraph_messages import Messages
from nbstream.parsers._rows import invalid, note, unknown
from nbstream.parsers._stream import error_kind, error_words
from nbstream.parsers._turns import TurnParser, output_of
from nbstream.parsers._values import items, load, mapping, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.sse import ServerSentEvent

Frame = dict[str, Any]

_SILENT: Final = frozenset({"checkpoints", "debug", "events", "feedback", "messages/metadata", "tasks"})
MODES: Final = _SILENT | {
    "custom",
    "end",
    "error",
    "messages",
    "messages/complete",
    "messages/partial",
    "metadata",
    "updates",
    "values",
}
"""Every event type this version knows."""


class LangGraphParser(TurnParser):
    """Reads the events of one run; several may follow one another."""

    named = True

    def __init__(self) -> None:
        super().__init__()
        self._messages = Messages()

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show."""
        line = event.data
        if line.strip() in ("", "[DONE]"):
            return None
        try:
            value = load(line)
        except (ValueError, RecursionError):
            return [invalid(line)]
        mode, _, namespace = event.event.partition("|")
        if mode not in MODES:
            mode, namespace, value = _version_2(value)
        try:
            return self._mode(mode, namespace, value, line) or None
        except RecursionError:  # nests so deep that it can be read but not written
            return [unknown(line)]

    def _rows(self, frame: Frame, line: str) -> list[AgentMessage] | None:
        return self._mode("", "", frame, line)

    def _mode(self, mode: str, namespace: str, value: Any, line: str) -> list[AgentMessage] | None:
        if mode in _SILENT:
            return None
        if mode == "metadata":
            return self._run_began(mapping(value))
        if mode in ("messages", "messages/partial", "messages/complete"):
            return self._spoken(mode, namespace, items(value), line)
        if mode == "values":
            return self._state(mapping(value), namespace)
        if mode == "updates":
            return self._updated(mapping(value), namespace)
        if mode == "custom":
            return [note("notice", output_of(value))]
        if mode == "end":
            self.finished = True
            return None
        error = mapping(value)
        if mode == "error" or error.get("error"):
            kind, message = text(error.get("error")), text(error.get("message"))
            if message:
                return self._failed(": ".join(filter(None, (kind, message))), kind)
            inner = error.get("error") or value
            return self._failed(error_words(inner), error_kind(inner))
        return [unknown(line)]

    def _run_began(self, run: Frame) -> list[AgentMessage]:
        self._goes_on()
        return self._began(text(run.get("thread_id")) or text(run.get("run_id")))

    def _spoken(self, mode: str, namespace: str, values: list[Any], line: str) -> list[AgentMessage]:
        wires = values[:1] if mode == "messages" else values
        if not wires or not all(isinstance(wire, dict) for wire in wires):
            return [unknown(line)]
        whole = {"messages": None, "messages/partial": False, "messages/complete": True}[mode]
        about = mapping(values[1]) if mode == "messages" and len(values) > 1 else {}
        model = text(about.get("ls_model_name"))
        return self._rest([row for wire in wires for row in self._messages.show(wire, namespace, whole, model)])

    def _state(self, state: Frame, namespace: str) -> list[AgentMessage]:
        wires = [wire for wire in items(state.get("messages")) if isinstance(wire, dict)]
        rows = [row for wire in wires for row in self._messages.show(wire, namespace, whole=True)]
        return (self._rest(rows) if wires else rows) + self._interrupted(state)

    def _updated(self, update: Frame, namespace: str) -> list[AgentMessage]:
        """What each node has changed; a node may give one change or several."""
        rows = self._interrupted(update)
        for node, changes in update.items():
            for change in items(changes) if isinstance(changes, list) else [changes]:
                if node != "__interrupt__" and isinstance(change, dict):
                    rows += self._state(change, namespace)
        return rows

    def _interrupted(self, state: Frame) -> list[AgentMessage]:
        """The run waits for a person: it is over, and another one goes on."""
        interrupts = items(state.get("__interrupt__"))
        if not interrupts:
            return []
        self.finished = True
        asked = (mapping(wire).get("value", wire) for wire in interrupts)
        return [note("notice", f"Waiting for an answer: {output_of(value)}") for value in asked]

    def _rest(self, rows: list[AgentMessage]) -> list[AgentMessage]:
        """Whether the run may be over, and which model answers, after these rows."""
        self.model = self.model or self._messages.model or None
        if self._error is None:
            self.finished = self._messages.complete
        return rows


def _version_2(value: Any) -> tuple[str, str, Any]:
    """Mode, namespace and data of an event without a type of its own."""
    shape = mapping(value)
    mode = text(shape.get("type"))
    if mode in MODES and "data" in shape:
        return mode, "|".join(text(name) for name in items(shape.get("ns"))), shape["data"]
    if is_piece(value):
        return "messages", "", value
    return "", "", value


def is_piece(value: Any) -> bool:
    """Whether it is a message with what it belongs to, as `messages` sends it."""
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(each, dict) for each in value):
        return False
    return isinstance(value[0].get("type"), str) and any(key.startswith("langgraph_") for key in value[1])
