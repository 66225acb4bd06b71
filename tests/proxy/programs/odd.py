"""Prints what a line can be at its worst, then ends by what its argument says: an exit code, or a signal's name."""

import os
import signal
import sys
import time

write = sys.stdout.buffer.write
write(b'{"a": 1}\n\n{"crlf": 1}\r\n{"bad": "\xff\xfe"}\n')
write('{"sep": "\u2028\u0085"}\n'.encode())
write(b" leading space\nid: 7\nevent: complete\n")
write(b'{"long": "' + b"y" * 300_000 + b'"}\n')
write(b'{"nul": "\0"}\nno newline at the end')
sys.stdout.flush()
sys.stderr.write("e" * 70_000 + "last words\n")
sys.stderr.flush()
how = sys.argv[1]
if how.isdigit():
    sys.exit(int(how))
os.kill(os.getpid(), getattr(signal, how))
time.sleep(60)
