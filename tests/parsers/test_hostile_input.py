"""No input makes a parser raise, and what it makes of any input can be stored."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold import RECORDINGS, events_of, lines_of, messages_of, texts, transcript
from frames import (
    assistant,
    block_start,
    event,
    message_delta,
    message_start,
    result,
    system,
    text,
    tool_result,
    user,
    words,
)
from nbstream.parsers import parser_named
from nbstream.sse import ServerSentEvent
from wires import played_out

BOTH = pytest.mark.parametrize("name", ["claude", "anthropic"])
REASONS = ["exited", "eof", "stopped", "gone"]


def run(name, lines, reason="eof", exit_code=None):
    """Every row of a run, without those of its end."""
    return played_out(name, lines, reason, exit_code)[0]


@BOTH
@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"type": "assistant", "mess',
        "not json",
        "\ufeff{}",
        "{} {}",
        "<html>502</html>",
        "{'a': 1}",
        '"\x00',
        "\ud800",
    ],
)
def test_an_invalid_line_is_kept_whole(name, line):
    (row,) = run(name, [line])
    assert row.metadata == {"nbstream.kind": "invalid"}
    assert row.content == line.replace("\0", "\u2400").replace("\ud800", "\ufffd")


@BOTH
@pytest.mark.parametrize("line", ["", "  ", "[DONE]", "[DONE] "])
def test_nothing_and_the_sentinel_are_skipped(name, line):
    assert run(name, [line]) == []


@BOTH
@pytest.mark.parametrize("line", ["null", "[]", "3", '"text"', "true", " {} ", '{"detail": "Not Found"}'])
def test_json_of_no_known_type_is_kept_whole(name, line):
    (row,) = run(name, [line])
    assert (row.metadata["nbstream.kind"], row.content) == ("unknown", line)


def test_white_space_around_an_object_is_no_error():
    assert texts(transcript("claude", [" " + json.dumps(assistant(text("Hi"))) + "\r"])) == [
        ("assistant", "text", "Hi")
    ]


def test_null_where_a_string_is_expected():
    frames = [
        assistant(text(None), {"type": "thinking"}, {"type": "tool_use", "id": None, "name": None, "input": None}),
        user(tool_result(None, call_id=None)),
        user(text(None)),
        event({"type": None}),
        {"type": "assistant", "message": None, "session_id": None},
        {"type": "user", "message": {"content": None}, "uuid": None},
        system(None),
        result(result=None, errors=None, usage=None, modelUsage=None),
        event(message_start()),
        event(words(0, None)),
        event(message_delta()) | {"api_message_id": None},
    ]
    run("claude", [json.dumps(frame) for frame in frames])
    assert texts(transcript("claude", frames[:2])) == [("tool", "tool_call", "{}"), ("tool", "tool_call_response", "")]


def test_numbers_as_strings_and_of_any_size():
    huge = "9" * 5000
    usage = f'{{"input_tokens": "12", "output_tokens": {huge}, "cache_read_input_tokens": 1e999, "x": NaN}}'
    ends = f'"usage": {usage}, "duration_ms": 1e400, "num_turns": {huge}'
    (row,) = run("claude", [f'{{"type": "result", "subtype": "success", "is_error": false, {ends}}}'])
    assert row.metadata["gen_ai.usage.input_tokens"] == 12
    assert "gen_ai.usage.output_tokens" not in row.metadata
    assert "nbstream.duration_ms" not in row.metadata
    (note,) = run("anthropic", [json.dumps(message_delta(output_tokens=-3, input_tokens=2**63))])
    assert "gen_ai.usage.output_tokens" not in note.metadata


def test_a_huge_number_in_a_tools_input_survives():
    line = json.dumps(assistant({"type": "tool_use", "id": "t", "name": "n", "input": {"n": 0}}))
    rows = run("claude", [line.replace('"n": 0', '"n": ' + "1" * 400), line.replace('"n": 0', '"n": ' + "1" * 5000)])
    assert rows[0].content == '{"n": ' + "1" * 400 + "}"


def test_numbers_that_json_does_not_know_become_text():
    line = json.dumps(assistant({"type": "tool_use", "id": "t", "name": "n", "input": {"n": 0, "m": 1}}))
    rows = run("claude", [line.replace('"n": 0', '"n": NaN').replace('"m": 1', '"m": -1e999')])
    assert rows[0].content == '{"n": "NaN", "m": "-1e999"}'


def test_lone_surrogates_become_the_replacement_character():
    line = r'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a\ud83db\ud83d\ude00\udc00"}}'
    (row,) = run("anthropic", [line])
    assert row.content == "a\ufffdb\U0001f600\ufffd"
    (raw,) = run("anthropic", [json.dumps(words(0, "a\ud800b"), ensure_ascii=False)])
    assert raw.content == "a\ufffdb"


def test_lone_surrogates_in_names_and_keys():
    frame = user(tool_result("x", "t\ud800"), uuid="u\udc00", tool_use_result={"k\ud800": ["v\udfff"]})
    (row,) = run("claude", [json.dumps(frame)])
    assert row.block == "/t\ufffd/result"
    assert row.metadata["nbstream.tool_use_result"] == {"k\ufffd": ["v\ufffd"]}


def test_nul_is_made_visible():
    (row,) = run("anthropic", [json.dumps(words(0, "a\0b"))])
    assert row.content == "a\u2400b"
    (raw,) = run("anthropic", [json.dumps(words(0, "a-b")).replace("-", "\0")])
    assert raw.content == "a\u2400b"


def test_a_backslash_before_u0000_is_text():
    (row,) = run("anthropic", [json.dumps(words(0, r"a\u0000b"))])
    assert row.content == r"a\u0000b"


def test_line_separators_inside_a_string_stay():
    (row,) = run("anthropic", [json.dumps(words(0, "a\u2028b\u2029c\u0085d"), ensure_ascii=False)])
    assert row.content == "a\u2028b\u2029c\u0085d"


@BOTH
@pytest.mark.parametrize("depth", [600, 900, 985, 995, 2_000, 100_000])
def test_deep_nesting_is_kept_whole(name, depth):
    for line in (
        "[" * depth + "]" * depth,
        '{"type": "assistant", "message": {"id": "m", "content": [{"type": "tool_use", "input": %s}]}}'
        % ("[" * depth + "]" * depth),
        '{"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "input": %s}}'
        % ("[" * depth + '"\\u0000"' + "]" * depth),
    ):
        (row, *_) = run(name, [line])
        assert row.content


def test_what_can_be_read_but_is_too_deep_to_be_written_is_kept_whole():
    """Reading takes less of the stack than writing, so a few depths below the limit pass one and not the other."""
    for depth in range(500, 1_000):
        content = '{"type": "tool_use", "input": %s}' % ("[" * depth + "]" * depth)
        line = f'{{"type": "assistant", "message": {{"id": "m", "content": [{content}]}}}}'
        (row, *_) = run("claude", [line])
        assert row.type == "tool" or row.content == line


@BOTH
@pytest.mark.parametrize("junk", [None, True, 7, -1, 1.5, "x", [], [[]], {}, {"type": []}, [None]])
def test_any_value_in_any_field(name, junk):
    lines = lines_of("claude-tool-partial.jsonl") + lines_of("claude-subagent.jsonl") + lines_of("claude-denied.jsonl")
    events = [event.data for event in events_of("llama-anthropic-messages.sse")]
    for line in [*dict.fromkeys(lines), *events[:3], *events[-3:]]:
        for broken in _each_replaced(json.loads(line), junk):
            run(name, [json.dumps(broken)])


def _each_replaced(value, junk):
    if isinstance(value, dict):
        for key, item in list(value.items())[:20]:
            yield value | {key: junk}
            if key not in ("tools", "slash_commands", "skills", "plugins", "capabilities", "subagent_stats"):
                yield from (value | {key: broken} for broken in _each_replaced(item, junk))
    elif isinstance(value, list):
        for place, item in enumerate(value[:3]):
            yield [*value[:place], junk, *value[place + 1 :]]
            yield from ([*value[:place], broken, *value[place + 1 :]] for broken in _each_replaced(item, junk))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.characters()
KEYS = st.sampled_from(
    [
        "type",
        "subtype",
        "message",
        "content",
        "event",
        "index",
        "delta",
        "text",
        "id",
        "model",
        "usage",
        "uuid",
        "input",
        "name",
        "tool_use_id",
        "content_block",
        "parent_tool_use_id",
        "session_id",
        "error",
        "patch",
        "status",
        "abandoned_blocks",
        "from_block_index",
        "supersedes",
        "result",
    ]
)
NAMES = st.sampled_from(
    [
        "assistant",
        "user",
        "system",
        "result",
        "stream_event",
        "text",
        "thinking",
        "tool_use",
        "tool_result",
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "text_delta",
        "input_json_delta",
        "init",
        "api_retry",
        "task_updated",
        "success",
        "error",
        "rate_limit_event",
    ]
)
VALUES = st.recursive(
    SCALARS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)
CALM = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@BOTH
@CALM
@given(
    lines=st.lists(st.text(max_size=40) | VALUES.map(json.dumps), max_size=6),
    reason=st.sampled_from(REASONS),
    exit_code=st.none() | st.integers(-300, 300),
)
def test_no_text_and_no_json_value_raises(name, lines, reason, exit_code):
    run(name, lines, reason, exit_code)


POOL = [line for path in sorted(RECORDINGS.glob("claude-*.jsonl")) for line in lines_of(path.name) if len(line) < 3_000]
POOL += [event.data for event in events_of("llama-anthropic-messages.sse")][:6]


@st.composite
def mutated(draw):
    lines = draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=12))
    line = json.loads(lines[0])
    target = line
    while isinstance(target, dict) and target:
        key = draw(st.sampled_from(sorted(target)))
        if not isinstance(target[key], dict) or draw(st.booleans()):
            if draw(st.booleans()):
                del target[key]
            else:
                target[key] = draw(VALUES)
            break
        target = target[key]
    cut = draw(st.integers(0, len(lines[-1])))
    return [json.dumps(line), *lines, lines[-1][:cut]]


@BOTH
@CALM
@given(lines=mutated())
def test_no_mutated_recording_raises(name, lines):
    run(name, lines)


@pytest.mark.parametrize("name", sorted(path.name for path in RECORDINGS.glob("claude-*.jsonl")))
def test_every_line_cut_anywhere_is_kept(name):
    """The last line of a killed program."""
    for line in lines_of(name)[-1:]:
        for cut in range(1, len(line), 7):
            (row,) = run("claude", [line[:cut]])
            assert row.content == line[:cut]


@pytest.mark.parametrize(
    "name", sorted(path.name for path in RECORDINGS.glob("claude-*.jsonl") if "partial" not in path.name)
)
def test_a_recording_read_twice_by_one_parser_shows_the_same_words(name):
    """Only complete frames name themselves; deltas read twice are refused by their event ids, in the store."""
    lines = lines_of(name)

    def shown(data):
        return [entry for entry in transcript("claude", data) if entry["block"]]

    assert texts(shown(lines * 2)) == texts(shown(lines))


@BOTH
def test_a_line_of_10_mb_is_read(name):
    huge = "x" * 10_000_000
    frames = {"claude": assistant(text(huge)), "anthropic": words(0, huge)}
    row, *_ = run(name, [json.dumps(frames[name])])
    assert row.content == huge


@pytest.mark.parametrize("name", ["claude", "anthropic"])
def test_a_delta_costs_the_same_at_the_end_of_a_long_answer(name):
    """Were the content joined again at every delta, the last thousand of 40,000 would cost tens of times the first."""
    wrap = event if name == "claude" else dict
    parser = parser_named(name)
    list(messages_of(parser, [wrap(message_start()), wrap(block_start(0))]))
    one = ServerSentEvent("message", json.dumps(wrap(words(0, "x" * 500))))

    def thousand():
        began = time.process_time()
        for _ in range(1_000):
            parser.parse(one)
        return time.process_time() - began

    costs = [thousand() for _ in range(40)]
    assert min(costs[-10:]) < 5 * min(costs[:10])
