"""Whether a reader still reads, as another process sees it."""

from __future__ import annotations

import os
import subprocess
import sys

from nbstream.proxy.supervise import start_of
from nbstream.service.reader import close_reader, is_alive, open_reader
from support import until


def of(process: subprocess.Popen) -> dict:
    return {"pid": process.pid, "start": start_of(process.pid), "token": "x"}


def test_a_reader_of_this_process_lives_until_it_is_closed():
    reader = open_reader()
    assert is_alive(reader)
    close_reader(reader)
    assert not is_alive(reader)


def test_no_reader_is_not_alive():
    assert not is_alive(None)


def test_another_process_reads_until_it_ends_even_when_nobody_has_asked_after_it():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        reader = of(process)
        assert is_alive(reader)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended and stays unasked after
        until(lambda: not is_alive(reader), what="the end of a zombie")
    assert not is_alive(reader)


def test_a_pid_that_was_given_to_another_process_does_not_count():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not is_alive(of(process) | {"start": "1"})
        process.kill()
