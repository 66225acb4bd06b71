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
        if path.suffix in {".ts", ".css"}
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
NETWORK = ["XMLHttpRequest", "EventSource", "sendBeacon", ".src =", "@import", "url("]


@pytest.mark.parametrize("sink", SINKS)
def test_it_has_no_way_from_text_to_markup_or_code(sink: str) -> None:
    assert sink not in BUNDLE


OURS = re.sub(r"^// vendor\.js\n.*?(?=^// \w+\.ts\n)", "", BUNDLE, flags=re.MULTILINE | re.DOTALL)
"""The bundle without markdown-it, which calls its own text `src` and touches neither page nor network."""


def test_markdown_it_touches_neither_page_nor_network() -> None:
    found = re.search(r"^// vendor\.js\n(.*?)(?=^// \w+\.ts\n)", BUNDLE, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert len(found[1]) > 50_000
    assert not re.search(r"\b(document|window|globalThis|navigator|location|localStorage)\s*[.\[]|\bfetch\(", found[1])


@pytest.mark.parametrize("word", NETWORK)
def test_it_asks_the_network_for_nothing(word: str) -> None:
    assert word not in OURS


def test_it_asks_one_server_in_one_place_each() -> None:
    """REST and the WebSocket of the page's own Jupyter server: `baseUrl` takes no other origin's."""
    assert len(re.findall(r"(?<![#.\w])fetch\(", BUNDLE)) == 1
    assert re.findall(r"new WebSocket\((.*?)\)", BUNDLE) == ["url"]
    assert "url.origin === origin" in BUNDLE


def test_elements_are_made_from_a_fixed_list() -> None:
    made = set(re.findall(r'\bel\("([a-z0-9]+)"', BUNDLE))
    assert made <= {
        "a", "br", "button", "code", "dd", "details", "div", "dl", "dt", "footer", "header", "hr", "input", "label", "p",
        "pre", "section", "span", "style", "summary", "textarea",
    }  # fmt: skip
    assert re.findall(r"createElement\((.*?)\)", BUNDLE) == ["tag"]


def test_it_is_one_module_and_small() -> None:
    assert len(BUNDLE.encode()) < 340_000
    assert len(gzip.compress(BUNDLE.encode())) < 100_000
    assert re.search(r"^import\b|\bimport\(|require\(", BUNDLE, re.MULTILINE) is None
    assert "as default" in BUNDLE
    assert max(len(line) for line in OURS.split("\n")) < 400, "unminified, so that a reader can check it"


def test_the_lock_file_names_no_registry() -> None:
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    bundled = {name.removeprefix("node_modules/") for name, entry in packages.items() if name and not entry.get("dev")}
    # Of these only markdown-it, mdurl and punycode.js are: package.json has stand-ins for the others.
    assert bundled == {"argparse", "entities", "linkify-it", "markdown-it", "mdurl", "punycode.js", "uc.micro"}
