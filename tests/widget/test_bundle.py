"""The committed bundle: made of the sources beside it, small, and without any way from text to markup or code."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

import nbstream.widget

WIDGET = Path(nbstream.widget.__file__).parent
FRONTEND = WIDGET / "frontend"
BUNDLE = (WIDGET / "static" / "widget.js").read_text(encoding="utf-8")


def test_it_is_made_of_these_sources() -> None:
    names = sorted(
        path.name
        for path in FRONTEND.iterdir()
        if path.suffix in {".ts", ".mjs", ".css"}
        or path.name in {"package.json", "package-lock.json"}
        or path.match("tsconfig*.json")
    )
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (FRONTEND / name).read_bytes() + b"\0")
    first = BUNDLE.split("\n", 1)[0]
    assert first == f"// nbstream widget · sources sha256:{digest.hexdigest()}", (
        "the bundle is older than its sources: python src/nbstream/widget/frontend/build.py"
    )


SINKS = [
    "innerHTML", "outerHTML", "insertAdjacentHTML", "setHTML", "setHTMLUnsafe", "parseHTMLUnsafe", "document.write",
    "DOMParser", "createContextualFragment", "srcdoc", "eval(", "new Function", "Function(", "importScripts",
]  # fmt: skip
NETWORK = [
    "XMLHttpRequest",
    "EventSource",
    "sendBeacon",
    r"\.src\s*=(?!=)",
    "srcset",
    "@import",
    r"url\(",
    r"\bimport\(",
]


@pytest.mark.parametrize("sink", SINKS)
def test_it_has_no_way_from_text_to_markup_or_code(sink: str) -> None:
    assert sink not in BUNDLE


_before, _rest = BUNDLE.split("/*! markdown-it\n")
VENDOR, _after = _rest.split("/*! nbstream */")
OURS = _before + _after
"""What is our own; markdown-it, which calls its own text `src`, is between the mark of its licences and ours."""


def test_markdown_it_touches_neither_page_nor_network() -> None:
    assert "Copyright (c) 2014 Vitaly Puzrin" in VENDOR, "its licence goes with it"
    assert len(VENDOR) > 30_000
    words = r"\b(document|window|globalThis|self|navigator|location|localStorage)\s*[.\[]|\bfetch\("
    assert not re.search(words, VENDOR)
    assert re.search(words, OURS), "and these words are found where they are"


@pytest.mark.parametrize("word", NETWORK)
def test_it_asks_the_network_for_nothing(word: str) -> None:
    assert not re.search(word, OURS)


def test_it_asks_one_server_in_one_place_each() -> None:
    """REST and the WebSocket of the page's own Jupyter server: `baseUrl` takes no other origin's."""
    assert len(re.findall(r"(?<![#.\w$])fetch\(", BUNDLE)) == 1
    assert len(re.findall(r"new WebSocket\([\w$]+\)", BUNDLE)) == len(re.findall(r"\bWebSocket\(", BUNDLE)) == 1
    assert re.search(r"[\w$]+\.origin===[\w$]+", OURS)
    assert "url.origin === origin" in (FRONTEND / "server.ts").read_text()


def test_elements_are_made_from_a_fixed_list() -> None:
    """Minified names are found by what they do: one function makes every element, of a name that it is given."""
    makers = re.findall(r"function ([\w$]+)\(([\w$]+)[^)]*\)\{[^{}]*document\.createElement\(([\w$]+)\)", BUNDLE)
    assert len(makers) == len(re.findall(r"createElement(?:NS)?\b", BUNDLE)) == 1
    name, parameter, tag = makers[0]
    assert parameter == tag
    made = set(re.findall(rf"(?<![\w$.#]){re.escape(name)}\(\"([^\"]*)\"", BUNDLE))
    assert len(made) > 15
    assert made <= {
        "a", "br", "button", "code", "dd", "details", "div", "dl", "dt", "footer", "header", "hr", "input", "label", "option", "p",
        "pre", "section", "select", "span", "style", "summary", "textarea",
    }  # fmt: skip


def test_it_is_one_module_and_small() -> None:
    assert len(BUNDLE.encode()) < 250_000
    assert len(gzip.compress(BUNDLE.encode())) < 60 * 1024
    assert re.search(r"^import\b|\bimport\(|\brequire\(", BUNDLE, re.MULTILINE) is None
    assert re.search(r"export\{.*\bas default\b", BUNDLE)


def test_the_lock_file_names_no_registry() -> None:
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    bundled = {name.removeprefix("node_modules/") for name, entry in packages.items() if name and not entry.get("dev")}
    # Of these only markdown-it is: bundle.mjs has stand-ins for the others.
    assert bundled == {"argparse", "entities", "linkify-it", "markdown-it", "mdurl", "punycode.js", "uc.micro"}
