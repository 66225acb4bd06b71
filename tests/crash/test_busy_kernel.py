"""While a cell sleeps, and while one computes, the stream goes on: what the source sends arrives meanwhile."""

from __future__ import annotations

import pytest

from crash.busy import measure

SECONDS = 3.0


@pytest.mark.crash
@pytest.mark.parametrize("how", ["sleep", "compute"])
def test_ingestion_goes_on_while_the_kernel_is_busy(tmp_path, how):
    seen = measure(tmp_path / "store.duckdb", how, SECONDS)
    print(seen)
    assert seen.arrived >= 0.9 * seen.sent, f"{seen}: the stream waited for the cell"
    assert seen.p99_ms < 1_000
