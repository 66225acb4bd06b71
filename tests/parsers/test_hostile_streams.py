"""No input makes any of the other parsers raise, and what they make of any input can be stored."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold import RECORDINGS, as_rows, events_of, fold, lines_of, messages_of
from nbstream.parsers import parser_named
from nbstream.parsers.lookup import PARSERS
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from pools import HANDMADE, RECORDED
from wires import run

NAMES = sorted(PARSERS.keys() - {"claude", "anthropic"})
ALL = pytest.mark.parametrize("name", NAMES)
STRICT = pytest.mark.parametrize("name", sorted(set(NAMES) - {"generic", "auto"}))


def pool_of(name):
    """Lines of one format, each shape of its recordings once."""
    lines = [json.dumps(frame) for frame in HANDMADE.get(name, [])]
    shapes = set()
    for recording in RECORDED.get(name, []):
        data = [e.data for e in events_of(recording)] if recording.endswith(".sse") else lines_of(recording)
        for line in data:
            shape = (line[:60], len(line) // 100) if not line.startswith("{") else _shape(json.loads(line))
            if shape not in shapes and len(line) < 3_000:
                shapes.add(shape)
                lines.append(line)
    return lines


def _shape(value):
    if not isinstance(value, dict):
        return type(value).__name__
    inner = tuple((key, _shape(value[key])) for key in sorted(value))
    return (str(value.get("type")), inner)


POOLS = {name: pool_of(name) for name in NAMES}


@ALL
def test_every_pool_has_lines(name):
    assert len(POOLS[name]) >= 2


@STRICT
@pytest.mark.parametrize(
    "line", ["{", '{"type": "item.comp', "not json", "\ufeff{}", "{} {}", "<html>502</html>", "\ud800"]
)
def test_an_invalid_line_is_kept_whole(name, line):
    row = run(name, [line])[0]
    assert row.metadata == {"nbstream.kind": "invalid"}
    assert row.content == line.replace("\ud800", "\ufffd")


@STRICT
@pytest.mark.parametrize(
    "line", ["null", "[]", "3", '"text"', "true", ' {"detail": "Not Found"} ', '{"type": "hologram"}']
)
def test_json_of_no_known_type_is_kept_whole(name, line):
    row = run(name, [line])[0]
    assert (row.metadata["nbstream.kind"], row.content) == ("unknown", line)


@ALL
@pytest.mark.parametrize("line", ["[DONE]", "[DONE] "])
def test_the_sentinel_makes_no_row(name, line):
    parser = parser_named(name)
    assert parser.parse(ServerSentEvent("message", line)) is None


@ALL
def test_a_last_line_cut_anywhere_is_kept(name):
    for line in POOLS[name][-3:]:
        for cut in range(2, len(line), 11):
            rows = run(name, [line[:cut]])
            assert line[:cut] in rows[0].content


@ALL
@pytest.mark.parametrize("depth", [600, 900, 950, 985, 2_000, 100_000])
def test_deep_nesting_is_kept(name, depth):
    deep = "[" * depth + "]" * depth
    for line in (
        "DEEP",
        '{"choices": [{"delta": {"tool_calls": [{"function": {"name": "f", "arguments": {"a": DEEP}}}]}}]}',
        '{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": DEEP}}}]}}]}',
        '{"type": "item.completed", "item": {"id": "i", "type": "command_execution", "command": DEEP}}',
        '{"type": "message.part.updated", "properties": {"part": {"type": "tool", "state": {"input": DEEP}}}}',
        '{"type": "response.output_item.done", "item": {"type": "custom_tool_call", "input": DEEP}}',
        '{"type": "tool_use", "tool_id": "t", "sessionID": "s", "parameters": DEEP, "part": {"state": {"input": DEEP}}}',
        '{"message": {"tool_calls": [{"function": {"arguments": {"a": DEEP}}}]}, "done": false}',
        '{"type": "tool", "content": DEEP}',
        '{"error": {"a": DEEP}}',
    ):
        assert run(name, [line.replace("DEEP", deep)])


@ALL
@pytest.mark.parametrize("junk", [None, True, 7, -1, 1.5, "x", [], [[]], {}, {"type": []}, [None], 10**30])
def test_any_value_in_any_field(name, junk):
    for line in POOLS[name]:
        if line.startswith("{"):
            for broken in _each_replaced(json.loads(line), junk):
                run(name, [json.dumps(broken), line])


def _each_replaced(value, junk):
    if isinstance(value, dict):
        for key, item in value.items():
            yield value | {key: junk}
            yield from (value | {key: broken} for broken in _each_replaced(item, junk))
    elif isinstance(value, list):
        for place, item in enumerate(value[:3]):
            yield [*value[:place], junk, *value[place + 1 :]]
            yield from ([*value[:place], broken, *value[place + 1 :]] for broken in _each_replaced(item, junk))


def _words(value):
    """Every key and every short string of a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
    elif isinstance(value, str) and len(value) < 40:
        yield value


WORDS = sorted(
    {w for lines in POOLS.values() for line in lines if line.startswith("{") for w in _words(json.loads(line))}
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.characters()
KEYS = st.sampled_from(WORDS)
VALUES = st.recursive(
    SCALARS | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)
CALM = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
REASONS = st.sampled_from(["exited", "eof", "stopped", "gone"])


@ALL
@CALM
@given(
    lines=st.lists(st.text(max_size=40) | VALUES.map(json.dumps), max_size=6),
    reason=REASONS,
    exit_code=st.none() | st.integers(-300, 300),
)
def test_no_text_and_no_json_value_raises(name, lines, reason, exit_code):
    run(name, lines, reason, exit_code)


@ALL
@CALM
@given(data=st.data(), reason=REASONS, exit_code=st.none() | st.integers(-300, 300))
def test_no_mutated_recording_raises(name, data, reason, exit_code):
    """Lines in any order, left out and repeated; one with a field removed or replaced at any depth; the last one cut."""
    lines = data.draw(st.lists(st.sampled_from(POOLS[name]), min_size=1, max_size=12))
    broken = json.loads(lines[0]) if lines[0].startswith("{") else {}
    target = broken
    while isinstance(target, (dict, list)) and target:
        key = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else range(len(target))))
        if not isinstance(target[key], (dict, list)) or data.draw(st.booleans()):
            if data.draw(st.booleans()):
                del target[key]
            else:
                target[key] = data.draw(VALUES)
            break
        target = target[key]
    cut = data.draw(st.integers(0, len(lines[-1])))
    run(name, [json.dumps(broken), *lines, lines[-1][:cut]], reason, exit_code)


TEXT_OF = {
    "acp": lambda words: {
        "jsonrpc": "2.0",
        "method": "session/update",
        "params": {
            "update": {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}},
        },
    },
    "ag-ui": lambda words: {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": words},
    "codex": lambda words: {"type": "item.completed", "item": {"id": "i", "type": "agent_message", "text": words}},
    "gemini": lambda words: {"candidates": [{"content": {"parts": [{"text": words}]}}]},
    "gemini-cli": lambda words: {"type": "message", "role": "assistant", "content": words, "delta": True},
    "generic": lambda words: {"type": "assistant", "content": words, "op": "append", "block": "b"},
    "langgraph": lambda words: {
        "type": "messages",
        "ns": [],
        "data": [{"type": "AIMessageChunk", "id": "a", "content": words}, {"langgraph_node": "n"}],
    },
    "ollama": lambda words: {"message": {"content": words}, "done": False},
    "openai-chat": lambda words: {"choices": [{"index": 0, "delta": {"content": words}}]},
    "openai-responses": lambda words: {"type": "response.output_text.delta", "item_id": "i", "delta": words},
    "opencode": lambda words: {
        "type": "message.part.delta",
        "properties": {"partID": "p", "messageID": "m", "field": "text", "delta": words},
    },
    "opencode-run": lambda words: {
        "type": "text",
        "sessionID": "s",
        "part": {"id": "p", "type": "text", "text": words},
    },
    "vercel": lambda words: {"type": "text-delta", "id": "1", "delta": words},
}
TEXTUAL = pytest.mark.parametrize("name", [*sorted(TEXT_OF), "auto"])


def text_of(name, words, **options):
    return json.dumps(TEXT_OF["openai-chat" if name == "auto" else name](words), **options)


def test_every_format_has_a_text():
    assert set(TEXT_OF) | {"auto"} == set(NAMES)


@TEXTUAL
def test_lone_surrogates_become_the_replacement_character(name):
    assert run(name, [text_of(name, "a\ud800b\ud83d\ude00c\udc00")])[0].content == "a\ufffdb\U0001f600c\ufffd"
    assert run(name, [text_of(name, "a\ud800b", ensure_ascii=False)])[0].content == "a\ufffdb"


@TEXTUAL
def test_nul_is_made_visible(name):
    assert run(name, [text_of(name, "a\0b")])[0].content == "a\u2400b"


@TEXTUAL
def test_line_separators_inside_a_string_stay(name):
    assert (
        run(name, [text_of(name, "a\u2028b\u2029c\u0085d", ensure_ascii=False)])[0].content == "a\u2028b\u2029c\u0085d"
    )


@TEXTUAL
def test_a_line_of_10_mb_is_read(name):
    huge = "x" * 10_000_000
    assert run(name, [text_of(name, huge)])[0].content == huge


@TEXTUAL
def test_null_where_the_text_is_expected(name):
    for row in run(name, [text_of(name, None)]):
        assert row.content == "" or row.op == "note"


@TEXTUAL
def test_a_delta_costs_the_same_at_the_end_of_a_long_answer(name):
    """Were the content joined again at every delta, the last thousand of 40,000 would cost tens of times the first."""
    parser = parser_named(name)
    one = ServerSentEvent("message", text_of(name, "x" * 500))

    def thousand():
        began = time.process_time()
        for _ in range(1_000):
            parser.parse(one)
        return time.process_time() - began

    costs = [thousand() for _ in range(40)]
    assert min(costs[-10:]) < 5 * min(costs[:10])


def test_huge_numbers_are_no_counts():
    huge = "9" * 5000
    line = '{"choices": [{"index": HUGE, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": HUGE}}'
    (note,) = run("openai-chat", [line.replace("HUGE", huge)])
    assert "gen_ai.usage.input_tokens" not in note.metadata
    line = '{"type": "turn.completed", "usage": {"input_tokens": HUGE, "output_tokens": 1e999}}'
    (row,) = run("codex", [line.replace("HUGE", huge)])
    assert row.content == "Completed"


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_bytes_cut_anywhere_give_the_same_rows(ends, size):
    """UTF-8 and line ends split over reads."""
    frames = [TEXT_OF["openai-chat"](words) for words in ("é", "✓", "\U0001f600", "\u2028")]
    stream = b"".join(b"data: " + json.dumps(each, ensure_ascii=False).encode() + ends + ends for each in frames)
    decoder, parser = EventStreamDecoder(), parser_named("openai-chat")
    events = [event for start in range(0, len(stream), size) for event in decoder.feed(stream[start : start + size])]
    (block,) = fold(as_rows([row for event in events for row in parser.parse(event) or ()]))
    assert block["content"] == "é✓\U0001f600\u2028"


@pytest.mark.parametrize("name", sorted(p.name for p in RECORDINGS.glob("*.sse")))
def test_a_recording_cut_byte_by_byte_gives_the_same_rows(name):
    content, decoder = (RECORDINGS / name).read_bytes(), EventStreamDecoder()
    events = [event for place in range(len(content)) for event in decoder.feed(content[place : place + 1])]
    assert as_rows(messages_of(parser_named("auto"), [event.data for event in events])) == as_rows(
        messages_of(parser_named("auto"), [event.data for event in events_of(name)])
    )


@ALL
def test_an_error_body_instead_of_a_stream(name):
    line = '{"error": {"message": "Unauthorized", "code": 401}}'
    parser = parser_named(name)
    rows = as_rows(messages_of(parser, [line]))
    ending = parser.finalize("eof")
    assert [row["type"] for row in [*rows, *as_rows(ending.messages)] if row["content"] == "401: Unauthorized"] == [
        "error"
    ]
    assert (ending.status, ending.error) == ("failed", "401: Unauthorized")


@ALL
def test_two_agents_know_nothing_of_each_other(name):
    one, other = parser_named(name), parser_named(name)
    pairs = [(list(messages_of(one, [line])), list(messages_of(other, [line]))) for line in POOLS[name] * 2]
    alone = as_rows(messages_of(parser_named(name), POOLS[name] * 2))
    assert as_rows([row for rows, _ in pairs for row in rows]) == alone
    assert as_rows([row for _, rows in pairs for row in rows]) == alone


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("codex", '{"type": "turn.completed", "usage": {"input_tokens": "3"}}'),
        ("gemini", '{"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": "3"}}'),
        ("gemini-cli", '{"type": "result", "status": "success", "stats": {"input_tokens": "3"}}'),
        ("ollama", '{"message": {}, "done": true, "prompt_eval_count": "3"}'),
        ("openai-chat", '{"choices": [], "usage": {"prompt_tokens": "3"}}'),
        ("openai-responses", '{"type": "response.completed", "response": {"usage": {"input_tokens": "3"}}}'),
        ("opencode-run", '{"type": "step_finish", "part": {"messageID": "m", "tokens": {"input": "3"}}}'),
    ],
)
def test_numbers_as_strings_are_counted(name, line):
    (note,) = [row for row in run(name, [line]) if row.metadata.get("nbstream.kind") == "usage"]
    assert note.metadata["gen_ai.usage.input_tokens"] == 3
