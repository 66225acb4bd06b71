"""The stream: from any line on, heartbeats, many and slow clients, and what a line can be at its worst."""

from __future__ import annotations

import concurrent.futures
import json
import os
import socket
import time
from pathlib import Path

import pytest

from proxy.process import RECORDINGS, ProxyProcess, Reading, toml
from support import until

PROFILES = (
    toml("count", "count.py", "500", "0")
    + toml("trickle", "count.py", "100000", "0.02")
    + toml("quiet", "count.py", "1000", "1000")
    + toml("odd", "odd.py", "0")
    + toml("flood", "count.py", "400000", "0", "y" * 100)
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = ProxyProcess(
        tmp_path_factory.mktemp("stream") / "p",
        PROFILES,
        limits="max_runs = 50\nmax_line_bytes = 200_000\nsend_timeout = 5.0",
    )
    proxy.start()
    yield proxy
    proxy.close()


def test_a_reader_goes_on_after_any_line(proxy):
    agent_id = proxy.start_agent("count")
    proxy.until_over(agent_id)
    whole = proxy.read(agent_id)
    assert whole.numbers == list(range(1, 501))
    epoch = whole.last_id.split(".")[0]
    for after in [0, 1, 2, 7, 250, 498, 499, 500]:
        rest = proxy.read(agent_id, f"{epoch}.{after}")
        assert rest.lines == whole.lines[after:]
        assert rest.numbers == list(range(after + 1, 501))
        assert rest.the("complete") == whole.the("complete")


def test_a_reader_that_is_cut_at_many_bytes_misses_nothing(proxy):
    agent_id = proxy.start_agent("replay:claude-tool-partial", "x")
    whole = proxy.read(agent_id)
    source = (RECORDINGS / "claude-tool-partial.jsonl").read_text().splitlines()
    assert whole.lines == source
    size = len(whole.bytes)
    for limit in [*range(1, 200, 13), *range(200, size, 997), size - 1]:
        first = proxy.read(agent_id, limit=limit)
        assert len(first.bytes) == limit
        rest = proxy.read(agent_id, first.last_id)
        assert first.lines + rest.lines == source, f"cut at byte {limit}"
        assert rest.events[-1].event == "complete"


def test_far_into_a_long_log(proxy):
    """The reader starts at an index entry, not at the beginning: the last line of 48 MB costs a fraction of them all."""
    agent_id = proxy.start_agent("flood")
    until(lambda: proxy.status(agent_id)["status"] != "running", 60)
    epoch = proxy.status(agent_id)["epoch"]
    began = time.perf_counter()
    assert proxy.read(agent_id).numbers[-1] == 400_000
    all_of_it = time.perf_counter() - began
    rest = proxy.read(agent_id, f"{epoch}.399990")
    passed = time.perf_counter() - began - all_of_it
    assert rest.numbers == list(range(399_991, 400_001))
    assert rest.lines[-1] == json.dumps({"n": 400_000, "text": "y" * 100})
    assert passed < all_of_it / 2
    assert (proxy.runs / agent_id / "stdout.log").stat().st_size > 40_000_000


@pytest.mark.parametrize(
    ("last_event_id", "status"),
    [
        ("{epoch}.501", 416),
        ("{epoch}.999999999999999", 416),
        ("00000000.3", 409),
        ("ffffffff.0", 409),
        ("{epoch}", 400),
        ("{epoch}.", 400),
        (".3", 400),
        ("3", 400),
        ("{epoch}.-1", 400),
        ("{epoch}.+1", 400),
        ("{epoch}.1.1", 400),
        ("{epoch}.\uff19", 400),
        ("{epoch}.9999999999999999999999", 400),
        ("../../etc.1", 400),
        ("x" * 5000, 400),
    ],
)
def test_last_event_ids(proxy, last_event_id, status):
    if not hasattr(proxy, "counted"):
        proxy.counted = proxy.start_agent("count")
        proxy.until_over(proxy.counted)
    epoch = proxy.status(proxy.counted)["epoch"]
    headers = {b"Last-Event-ID": last_event_id.format(epoch=epoch).encode()}
    answer = proxy.client.get(f"/agent/{proxy.counted}/stream", headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["detail"]


def test_above_the_head_of_a_run_that_goes_on(proxy):
    agent_id = proxy.start_agent("trickle")
    epoch = proxy.status(agent_id)["epoch"]
    headers = {"Last-Event-ID": f"{epoch}.99999"}
    assert proxy.client.get(f"/agent/{agent_id}/stream", headers=headers).status_code == 416
    proxy.post(f"/agent/stop/{agent_id}")


def test_heartbeats_carry_no_id(proxy):
    agent_id = proxy.start_agent("quiet")
    with proxy.client.stream("GET", f"/agent/{agent_id}/stream") as response:
        seen = b""
        for chunk in response.iter_raw():
            seen += chunk
            if seen.count(b":\n\n") >= 3:
                break
    first, *rest = seen.split(b":\n\n")
    assert first.startswith(b"id: ")
    assert first.endswith(b"\n\n")
    assert set(rest) == {b""}, "after the one line there is nothing but comments"
    proxy.post(f"/agent/stop/{agent_id}")


def test_a_line_arrives_within_20_ms_and_not_before_its_end(proxy):
    """`trickle` prints a line in two halves, 10 ms apart: only whole lines are sent, and soon."""
    agent_id = proxy.start_agent("trickle")
    with proxy.client.stream("GET", f"/agent/{agent_id}/stream") as response:
        reading = Reading()
        for chunk in response.iter_raw():
            reading.feed(chunk)
            assert all(json.loads(line) for line in reading.lines)
            if len(reading.lines) >= 60:
                break
    log = proxy.stdout(agent_id).count(b"\n")
    assert log - len(reading.lines) <= 3, "the reader is at most a poll behind the log"
    proxy.post(f"/agent/stop/{agent_id}")


def test_two_clients_read_the_same(proxy):
    agent_id = proxy.start_agent("trickle")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        readings = [pool.submit(proxy.read, agent_id) for _ in range(2)]
        until(lambda: proxy.stdout(agent_id).count(b"\n") > 20)
        proxy.post(f"/agent/stop/{agent_id}")
        first, second = (reading.result() for reading in readings)
    assert first.lines == second.lines
    assert len(first.lines) > 20
    assert first.the("complete") == second.the("complete")


def test_a_client_that_goes_away_stops_nothing(proxy):
    agent_id = proxy.start_agent("trickle")
    first = proxy.read(agent_id, limit=500)
    before = proxy.stdout(agent_id).count(b"\n")
    until(lambda: proxy.stdout(agent_id).count(b"\n") > before + 5)
    assert proxy.status(agent_id)["status"] == "running"
    proxy.post(f"/agent/stop/{agent_id}")
    rest = proxy.read(agent_id, first.last_id)
    assert (first.numbers + rest.numbers) == list(range(1, len(first.lines + rest.lines) + 1))


def open_slow_client(proxy, agent_id):
    """A client that asks for the stream and takes nothing of it."""
    host, port = proxy.url.removeprefix("http://").split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    client.settimeout(20)
    request = (
        f"GET /agent/{agent_id}/stream HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {proxy.token}\r\n\r\n"
    )
    client.sendall(request.encode())
    return client


def drain(client):
    while client.recv(65536):
        pass


def proxy_sockets(proxy, client):
    """The proxy's ends of a connection, as the kernel lists them: (state, bytes it still has to send)."""
    port = f"{client.getsockname()[1]:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [(row[3], int(row[4].split(":")[0], 16)) for row in rows if row[2].endswith(":" + port)]


def test_a_slow_client_is_cut_off_and_delays_nobody(proxy):
    agent_id = proxy.start_agent("flood")
    with open_slow_client(proxy, agent_id) as slow:
        fast = proxy.read(agent_id)
        assert fast.numbers[-1] == 400_000
        memory = int(Path(f"/proc/{proxy.process.pid}/statm").read_text().split()[1]) * 4096
        assert memory < 200_000_000, "what a client does not take is not kept in memory"
        until(lambda: not proxy_sockets(proxy, slow), 60, "the connection's end")
        with pytest.raises(ConnectionResetError):
            drain(slow)
    assert proxy.status(agent_id)["status"] == "completed"
    assert "Traceback" not in proxy.log(), "being cut off is no error of the proxy"


def test_what_a_line_can_be(proxy):
    agent_id = proxy.start_agent("odd")
    reading = proxy.read(agent_id)
    log = proxy.stdout(agent_id)
    assert reading.numbers == list(range(1, 12)), "every line has its number, also the last without an end"
    assert reading.lines == [
        '{"a": 1}',
        "",
        '{"crlf": 1}\n',
        '{"bad": "\ufffd\ufffd"}',
        '{"sep": "\u2028\u0085"}',
        " leading space",
        "id: 7",
        "event: complete",
        '{"nul": "\0"}',
        "no newline at the end",
    ]
    assert [event.event for event in reading.events].count("complete") == 1
    oversize = reading.the("oversize")
    assert oversize["bytes"] == 300_012
    assert oversize["line"] == 9
    assert len(oversize["head"]) == 65536
    start = oversize["path_in_log"]
    assert log[start : start + oversize["bytes"]].endswith(b'y"}')
    assert log[start - 1 : start] == b"\n"
    assert reading.the("complete")["messageCount"] == reading.numbers[-1]


def test_a_log_that_was_shortened_is_named_as_a_gap(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    agent_id = proxy.start_agent("count")
    proxy.until_over(agent_id)
    whole = proxy.read(agent_id)
    proxy.end()
    log = proxy.runs / agent_id / "stdout.log"
    lines = log.read_bytes().splitlines(keepends=True)
    os.truncate(log, sum(map(len, lines[:100])))
    proxy.start()
    reading = proxy.read(agent_id, whole.ids[49])
    assert reading.numbers == list(range(51, 101))
    behind = whole.ids[-1]
    assert reading.the("gap") == {"from": 101, "to": 500, "next": behind, "reason": "the log was shortened"}
    assert b"id:" not in bytes(reading.bytes).rpartition(b"event: gap")[2]
    log.unlink()
    reading = proxy.read(agent_id, whole.ids[199])
    assert reading.the("gap") == {"from": 201, "to": 500, "next": behind, "reason": "the log was shortened"}
    assert proxy.read(agent_id, behind).the("complete") == reading.the("complete")
    assert reading.the("complete")["messageCount"] == 500


def test_a_log_that_is_shortened_while_it_is_written_stops_the_run(proxy):
    agent_id = proxy.start_agent("trickle")
    until(lambda: proxy.stdout(agent_id).count(b"\n") > 30)
    os.truncate(proxy.runs / agent_id / "stdout.log", 0)
    over = proxy.until_over(agent_id)
    assert (over["status"], over["reason"]) == ("stopped", "its log was shortened while it ran")


def test_a_log_that_cannot_be_read_is_told(proxy, tmp_path):
    agent_id = proxy.start_agent("count")
    proxy.until_over(agent_id)
    log = proxy.runs / agent_id / "stdout.log"
    log.unlink()
    log.mkdir()
    reading = proxy.read(agent_id)
    assert reading.the("error")["reason"] == "log_unreadable"
    assert [event.event for event in reading.events] == ["error"]
