"""The source of known content: COUNT numbered lines of Claude Code's stream, as far as the gate file allows.

    emit.py COUNT PAUSE GATE        (standard input: the prompt, which is in every line)

Line n is a function of the prompt and n alone, so the harness knows every byte without asking. The gate file holds how
much of the run may be printed by now, from 0 to 1; the harness opens it with each kill, so that the lines come while
processes die and not before or after. Only the standard library: run with `python -I -S`.
"""

# ruff: noqa: UP031 - JSON is full of braces

import sys
import time

GATE_POLL_S = 0.02


def line(prompt: str, number: int, count: int) -> str:
    """Line `number`, from 1, of the answer to a prompt; it ends with a result."""
    if number == count:
        return '{"type":"result","subtype":"success","is_error":false,"result":"%s %d"}' % (prompt, number)
    turn, step = divmod(number - 1, 8)
    message = f"msg-{prompt}-{turn}"
    if step == 0:
        event = '{"type":"message_start","message":{"id":"%s","role":"assistant","n":%d}}' % (message, number)
    elif step == 1:
        event = '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""},"n":%d}' % number
    elif step == 6:
        text = "".join(f"{prompt} {turn * 8 + n + 1} " for n in range(2, 6))
        content = '[{"type":"text","text":"%s"}]' % text
        return '{"type":"assistant","message":{"id":"%s","content":%s},"n":%d}' % (message, content, number)
    elif step == 7:
        event = '{"type":"content_block_stop","index":0,"n":%d}' % number
    else:
        delta = '{"type":"text_delta","text":"%s %d "}' % (prompt, number)
        event = '{"type":"content_block_delta","index":0,"delta":%s}' % delta
    return '{"type":"stream_event","event":%s}' % event


def main(count: int, pause: float, gate: str) -> None:
    prompt = sys.stdin.read()
    allowed = 0
    for number in range(1, count + 1):
        while number > allowed:
            with open(gate, encoding="ascii") as file:  # noqa: PTH123 - no pathlib, it costs 10 ms at each start
                allowed = int(count * float(file.read() or 0))
            if number > allowed:
                time.sleep(GATE_POLL_S)
        text = line(prompt, number, count) + "\n"
        cut = len(text) // 2 if number % 7 == 0 else 0
        for part in (text[:cut], text[cut:]):  # now and then in two writes, so that half lines are in the log
            sys.stdout.write(part)
            sys.stdout.flush()
        time.sleep(pause)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
