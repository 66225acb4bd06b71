"""What the figures were taken on: the machine without its name, and the versions of what matters."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "nbstream", "duckdb", "pyarrow", "pandas", "httpx", "starlette", "uvicorn", "jupyter-server", "jupyterlab",
    "anywidget", "playwright", "httpx-sse", "httpx2", "anthropic", "openai", "sseclient-py",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """As JSON; what cannot be found out is left out."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
            "cores": os.cpu_count(),
            "memory": _memory(),
            "kernel": f"{platform.system()} {platform.release()}",
        },
        "versions": {"Python": platform.python_version()} | _versions(),
    }


def _field(path: str, name: str) -> str:
    """The value of the first line of that name in one of the kernel's own files."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _memory() -> str:
    kilobytes = _field("/proc/meminfo", "MemTotal").removesuffix(" kB")
    return f"{int(kilobytes) / 2**20:.0f} GB" if kilobytes.isdigit() else ""


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
