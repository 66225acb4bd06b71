"""JSON as it comes from elsewhere: read without surprises, narrowed without exceptions.

What `load` returns can be stored: no lone surrogate (not UTF-8), no NUL (ends strings in C), no NaN or infinity
(not JSON), no integer too long to print. The bytes as received stay in `raw`, so nothing is lost by it.
"""

from __future__ import annotations

import json
import json.scanner
import math
import re
from typing import Any, Final

_ESCAPED_TROUBLE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_MAX_DIGITS: Final = 4_000
"""Digits of an integer that stays one: Python refuses to convert more than 4,300."""
_MAX_COUNT: Final = 2**63 - 1
"""The largest BIGINT, which is what a count becomes in the store."""


def _float(literal: str) -> float | str:
    value = float(literal)
    return value if math.isfinite(value) else literal


def _long_int(literal: str) -> int | str:
    return int(literal) if len(literal) <= _MAX_DIGITS else literal


# `strict=False`: a raw control character inside a string is a common slip and harms nobody.
_DECODER: Final = json.JSONDecoder(parse_float=_float, parse_constant=str, strict=False)
_scan: Final = json.scanner.make_scanner(_DECODER)  # type: ignore[arg-type]  # the stub asks for itself
_LENIENT: Final = json.JSONDecoder(parse_float=_float, parse_int=_long_int, parse_constant=str, strict=False)


def clean(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD and NUL made visible as U+2400; O(n)."""
    text = text.replace("\0", "\u2400")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def load(line: str) -> Any:
    """The JSON value of one line, every string in it fit for storage.

    Raises:
        ValueError: the line is not JSON.
        RecursionError: it nests deeper than Python's stack.
    """
    try:
        value, end = _scan(line, 0)  # 1 µs less than `decode`, which looks for white space around the value
        if end != len(line):
            value = _DECODER.decode(line)
    except json.JSONDecodeError:
        raise
    except StopIteration:
        value = _DECODER.decode(line)
    except ValueError:  # an integer beyond the limit of int()
        value = _LENIENT.decode(line)
    if ("\\u" in line and _ESCAPED_TROUBLE.search(line)) or "\0" in line or not (line.isascii() or _is_unicode(line)):
        return _cleaned(value)
    return value


def _is_unicode(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def dump(value: Any) -> str:
    """The value as JSON text on one line, readable in any script."""
    return json.dumps(value, ensure_ascii=False)


def text(value: Any) -> str:
    """The string, or a number written out; "" for anything else, null included."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return ""


def mapping(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The array, or an empty one."""
    return value if isinstance(value, list) else []


def count(value: Any) -> int | None:
    """A whole number from 0 to 2**63-1, also when written as a string; None for anything else."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= 19:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
        return value
    return None


def number(value: Any) -> float | None:
    """A number within the range of a double; None for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -1e300 < value < 1e300 else None


def present(pairs: dict[str, Any]) -> dict[str, Any]:
    """The pairs without those whose value is None, empty text or an empty collection."""
    return {key: value for key, value in pairs.items() if value is not None and value not in ("", [], {})}
