"""Every hostile string, as every kind of block, whole, one character at a time and at random cuts, twice each.

    python tests/hostile/run.py [--every N] [--modes whole,characters,cuts]

Live through a real store and again after a reload; first plain, then under trusted types. Exit code 1 when anything was
executed, asked for, or off the lists; 2 when the control was not bad enough, which makes the run void.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from hostile.corpus import everything, generated, own
from hostile.kit import KINDS, PER_TURN, Bench, Verdict, control
from nbstream.store import MessageStore
from widget.conftest import ARGUMENTS, CHROMIUM
from widget.render_kit import built


def run(browser, payloads: list[str], mode: str, strict: bool, folder: Path) -> Verdict:
    with MessageStore.open(folder / f"{mode}-{strict}.duckdb") as store:
        bench = Bench(browser, store)
        # A character a row makes many rows: fewer payloads in one view.
        size = PER_TURN // 3 if mode == "characters" else PER_TURN // 2
        for start in range(0, len(payloads), size):
            bench.turn(payloads[start : start + size], KINDS, mode, strict=strict)
        bench.close()
        return bench.verdict


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--every", type=int, default=1, help="take every Nth string")
    options.add_argument("--modes", default="whole,characters,cuts")
    chosen = options.parse_args()
    payloads = everything([example["markdown"] for example in built().examples])[:: chosen.every]
    worst = 0
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        executed, requests = control(browser, [*own(), *generated()])
        print(f"control by innerHTML: {executed} executed, {requests} asked the network", flush=True)
        if executed < 40 or requests < 90:
            return 2
        for mode in chosen.modes.split(","):
            for strict in (False, True):
                start = time.monotonic()
                texts = [text for text in payloads if mode != "characters" or len(text) < 2000]
                seen = run(browser, texts, mode, strict, Path(folder))
                print(
                    f"{mode:10} {'trusted types' if strict else 'plain':13} {seen.payloads:5} payloads {seen.deliveries:6} deliveries:"
                    f" {len(seen.executed)} executed, {len(seen.requests)} requests, {len(seen.off_list)} off the lists,"
                    f" {len(seen.complaints)} complaints, {len(seen.lost)} lost  ({time.monotonic() - start:.0f} s)",
                    flush=True,
                )
                if not seen.clean:
                    print(seen)
                    worst = 1
        browser.close()
    return worst


if __name__ == "__main__":
    sys.exit(main())
