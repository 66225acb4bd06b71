"""Forty texts of about 60 kB that make a careless reader slow: each is short to describe and long to read."""

from __future__ import annotations

SIZE = 60_000


def fill(unit: str, size: int = SIZE) -> str:
    """The unit over and over, up to the size."""
    return (unit * (size // len(unit) + 1))[:size]


def texts() -> dict[str, str]:
    """Name → text."""
    half = SIZE // 2
    units = {
        "open brackets": "[", "close brackets": "]", "open images": "![", "stars": "*", "star a": "*a ", "underscore a": "_a_",
        "stars and words": "**a *a ", "backticks": "`a ``b ```c ", "backslashes": "\\", "quotes": ">", "quotes and lines": "> ",
        "dashes": "- ", "numbers": "1. ", "hashes": "# ", "pipes": "|", "cells": "| a ", "tildes": "~~a ", "ampersands": "&a",
        "entities": "&amp;", "angles": "<", "autolinks": "<https://a.test/", "comments": "<!-- ", "tags": "<a href=x>", "spaces": " a",
        "tabs": "\t", "lines": "\n", "returns": "\r", "links": "[a](b", "nested links": "[a](<b", "references": "[a]: b\n", "reference use": "[a] ",
        "fences": "```\n", "unclosed fences": "```py\nx\n", "lists": "- a\n", "titles": '[a](b "c', "hard breaks": "a  \n",
    }  # fmt: skip
    made = {name: fill(unit) for name, unit in units.items()}
    made["a line without a blank"] = fill("x")
    made["deep lists"] = "".join("  " * depth + "- a\n" for depth in range(240))
    made["a wide table"] = "|" * 1500 + "\n" + "|-" * 1500 + "|\n" + fill("a|\n", 50_000)
    made["brackets in and out"] = "[" * half + "]" * half
    return made
