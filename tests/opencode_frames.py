"""What several events of opencode hold."""

from __future__ import annotations

TOKENS = {"total": 27, "input": 11, "output": 9, "reasoning": 2, "cache": {"read": 4, "write": 1}}
ABORTED = {"name": "MessageAbortedError", "data": {"message": "The operation was aborted."}}
BROKEN = {"name": "APIError", "data": {"message": "Overloaded"}}
