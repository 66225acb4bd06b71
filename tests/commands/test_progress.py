"""Long work tells how far it is on a terminal, and nowhere else."""

import os
import pty
import subprocess
import sys
import threading

import pytest

from nbstream.commands.progress import Progress

WORK = """
import sys, threading
from nbstream.commands.progress import working
with working("counting", 4, "rows") as progress:
    for _ in progress.each(range(4)):
        threading.Event().wait(float(sys.argv[1]))
print("done")
"""


def run_on_a_terminal(pause):
    """What the work writes to a terminal on stderr, and to a pipe on stdout."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(pause)], stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    pieces = []

    def read():
        try:
            while piece := os.read(ours, 4096):
                pieces.append(piece)
        except OSError:  # Linux's word for the end of a terminal
            return

    reader = threading.Thread(target=read)
    reader.start()
    out, _ = process.communicate(timeout=60)
    reader.join()
    os.close(ours)
    return out, b"".join(pieces).decode()


def test_a_terminal_sees_one_line_that_grows_and_goes():
    out, told = run_on_a_terminal(0.4)
    assert out == "done\n"
    assert "counting [######" in told
    assert " of 4 rows " in told
    assert told.endswith("\r\x1b[K"), "the line is taken away"
    assert "\n" not in told


def test_quick_work_is_not_told():
    assert run_on_a_terminal(0) == ("done\n", "")


def test_without_a_terminal_nothing_is_told():
    done = subprocess.run([sys.executable, "-c", WORK, "0.15"], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")


@pytest.mark.parametrize(
    ("total", "done", "line"),
    [
        (None, 1200, "reading 1,200 rows 3 s"),
        (4, 1, "reading [######                  ]  25% 1 of 4 rows 3 s"),
        (4, 9, "reading [########################] 100% 9 of 4 rows 3 s"),
        (0, 0, "reading 0 rows 3 s"),
    ],
)
def test_the_line(total, done, line):
    progress = Progress("reading", total, "rows")
    progress.done = done
    assert progress.line(3.2) == line
