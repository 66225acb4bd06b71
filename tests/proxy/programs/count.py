"""Prints numbered JSON lines: COUNT PAUSE [TEXT [FILE]]; now and then in two writes, so that half lines are seen.

With FILE it goes on beyond COUNT until that file is there.
"""

import itertools
import sys
import time
from pathlib import Path

count, pause = int(sys.argv[1]), float(sys.argv[2])
text = sys.argv[3] if len(sys.argv) > 3 else "x" * 20
file = sys.argv[4] if len(sys.argv) > 4 else None
for number in itertools.count(1):
    if number > count and (file is None or Path(file).exists()):
        break
    line = f'{{"n": {number}, "text": "{text}"}}\n'
    cut = len(line) // 2 if number % 3 == 0 else 0
    for part in (line[:cut], line[cut:]):
        sys.stdout.write(part)
        sys.stdout.flush()
        if pause and part:
            time.sleep(pause / 2)
