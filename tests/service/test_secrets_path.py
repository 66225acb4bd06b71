"""Planted secrets on the whole path: none of them is in any byte that nbstream writes."""

from __future__ import annotations

import json
import logging
import random

import pytest

import frames
from nbstream import service as nbs
from nbstream.messages import MASKED
from nbstream.secrets import LABEL
from nbstream.sources.replay import ReplaySource
from nbstream.widget import copy_of
from planted import heart, planted
from support import ScriptedProxy

SECRETS = planted(seed=5)


def session(secrets: list[str], size: int = 7) -> list[str]:
    """A Claude Code run that says each secret in every place that it can: in deltas, whole, and in tools."""
    lines = [frames.system("init", model="claude-x", cwd="/w", tools=[])]
    for number, secret in enumerate(secrets):
        message = f"msg_{number}"
        call = f"toolu_{number}"
        said = f"Your key {number} is `{secret}`; keep it."
        lines.append(frames.event(frames.message_start(message)))
        lines.append(frames.event(frames.block_start(0)))
        lines += [frames.event(frames.words(0, said[at : at + size])) for at in range(0, len(said), size)]
        lines.append(frames.assistant(frames.text(said), message_id=message, uuid=f"a{number}"))
        lines += [frames.event(frames.block_stop(0)), frames.event(frames.tool_start(1, call, "Bash"))]
        command = json.dumps({"command": f"export KEY='{secret}'"})
        lines += [
            frames.event(frames.delta(1, "input_json_delta", command[at : at + size]))
            for at in range(0, len(command), size)
        ]
        used = frames.tool_use(call, "Bash", command=f"export KEY='{secret}'")
        lines.append(frames.assistant(used, message_id=message, uuid=f"b{number}"))
        lines += [frames.event(frames.block_stop(1)), frames.event(frames.message_delta("tool_use", output_tokens=9))]
        lines.append(frames.event(frames.MESSAGE_STOP))
        output = f"KEY={secret}\n"
        lines.append(
            frames.user(frames.tool_result(output, call), uuid=f"u{number}", tool_use_result={"stdout": output})
        )
    lines.append(frames.result(result=f"The last is {secrets[-1]}", num_turns=len(secrets)))
    return [json.dumps(line) for line in lines]


@pytest.fixture
def recording(tmp_path):
    """The session as a file elsewhere than the store."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    path = folder / "session.jsonl"
    path.write_text("\n".join(session(SECRETS)) + "\n", encoding="utf-8")
    return path


def written(folder) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_planted_secret_is_in_file_wal_logs_or_notebook(tmp_path, recording, caplog):
    caplog.set_level(logging.DEBUG)
    folder = tmp_path / "store"
    folder.mkdir()
    store = nbs.connect(folder / "store.duckdb")
    prompt = f"rotate {SECRETS[0]} please"
    agent = nbs.launch(prompt, ReplaySource(recording), store=store)
    assert agent.wait(timeout=60) == "completed"
    while_open = written(folder)
    copy = json.dumps(copy_of(agent), ensure_ascii=False)
    frames_text = store.messages(raw=True).to_csv() + store.transcript().to_csv() + store.agents().to_csv()
    count = sum(row.metadata.get(MASKED, 0) for row in store.read(agent.id))
    report = store.verify()
    nbs.close_all()
    closed = written(folder)
    for secret in SECRETS:
        for place in (while_open, closed, copy.encode(), frames_text.encode(), caplog.text.encode()):
            assert heart(secret).encode() not in place, secret
    assert LABEL.search(copy)
    assert count >= 5 * len(SECRETS)
    assert report, str(report)


def test_what_is_no_secret_is_kept_to_the_letter(store, recording):
    plain = session(["nothing", "to hide", "sk-learn"], size=3)
    recording.write_text("\n".join(plain) + "\n", encoding="utf-8")
    agent = nbs.launch("x", ReplaySource(recording), store=store)
    assert agent.wait(timeout=60) == "completed"
    assert "\n".join(store.raw(agent.id)).split("\n") == plain
    assert not any(MASKED in row.metadata for row in store.read(agent.id))


def test_it_can_be_switched_off(store, recording):
    agent = nbs.launch(SECRETS[0], ReplaySource(recording), store=store, mask_secrets=False)
    assert agent.wait(timeout=60) == "completed"
    assert "\n".join(store.raw(agent.id)).split("\n") == session(SECRETS)
    assert agent.record.prompt == SECRETS[0]


def test_a_cut_anywhere_gives_the_same_masked_rows(store, proxied):
    lines = session([SECRETS[0], SECRETS[-1]], size=5)

    def rows(agent):
        return [(m.op, m.block, m.content, m.raw, m.event_id, dict(m.metadata)) for m in store.read(agent.id, raw=True)]

    whole = rows(proxied(ScriptedProxy(lines)))
    dice = random.Random(9)
    for _ in range(20):
        share = dice.random()
        script = ScriptedProxy(lines, cut=lambda n, left, share=share: int(share * left) if n == 1 else None)
        assert rows(proxied(script)) == whole
    assert heart(SECRETS[0]) not in str(whole)


def test_a_reader_that_starts_again_inside_a_secret_masks_it_whole(tmp_path, store):
    """What waits for the end of a secret is not stored, so the next reader gets it again from the source."""
    from datetime import UTC, datetime
    from uuid import uuid4

    from nbstream.parsers import parser_named
    from nbstream.service.masker import Masker
    from nbstream.service.recorder import Recorder
    from nbstream.sse import ServerSentEvent

    lines = session([SECRETS[0]], size=4)
    events = [ServerSentEvent("message", line, f"1.{number}") for number, line in enumerate(lines, 1)]
    who = uuid4()

    def recorder():
        return Recorder(who, parser_named("claude"), lambda: datetime(2026, 1, 1, tzinfo=UTC), Masker())

    first = recorder()
    whole = [row for event in events for row in first.rows([event])]
    for stop in range(1, len(events)):
        before = recorder()
        stored = [row for event in events[:stop] for row in before.rows([event])]
        cursor = stored[-1].event_id if stored else None
        after = recorder()
        after.rebuild([row.raw for row in stored if row.raw is not None], cursor, [])
        place = int(cursor.rpartition(".")[2]) if cursor else 0
        rest = [row for event in events[place:] for row in after.rows([event])]
        assert stored + rest == whole
