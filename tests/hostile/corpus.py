"""Hostile strings: our own list, what is made of it by rule, CommonMark's examples, and others' lists where they are."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent

# Where Markdown can hold a string; the raw control reads them as HTML, where most of them change nothing.
PLACES = [
    "text {} text", "> {}", "- {}", "**{}**", "# {}", "| a |\n|-|\n| {} |", "![{}](https://evil.test/i)", "1. a\n\n   {}",
    "[{}](https://evil.test/l)", "~~{}~~", "- [ ] {}", "\\{}", "&lt;{}", "\x1b[31m{}\x1b[0m", "{}\n\n{}", "`` {} ``",
]  # fmt: skip

SCHEMES = [
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "javascript&colon;alert(1)", "java&Tab;script:alert(1)", "vbscript:x",
    "data:text/html,<script>alert(1)</script>", "data:image/svg+xml,<svg/onload=alert(1)>", "file:///etc/passwd",
    "blob:https://evil.test/a", "vscode://x", "intent://x", "//evil.test/x", "/api/kernels", "lab?reset", "#x", "ftp://evil.test",
    "https://u@evil.test", "https://good.test@evil.test", "http:evil.test", "https:///evil.test", "chrome://x", "ws://evil.test",
]  # fmt: skip

LINKS = [
    "[c]({})", "[c](<{}>)", "[c]({} 'title')", "[c][1]\n\n[1]: {}", "<{}>", "![c]({})", "[![a]({})](https://evil.test)", "{}",
    "<a href=\"{}\">c</a>", "<img src=\"{}\">", "<iframe src=\"{}\"></iframe>", "<form action=\"{}\"><button>x</button></form>",
]  # fmt: skip

TAGS = ["img", "svg", "video", "audio", "input autofocus", "details open", "body", "iframe", "object", "x-y", "a", "p"]
EVENTS = ["onerror", "onload", "onfocus", "ontoggle", "onclick", "onpointerover", "onanimationstart"]
SHAPES = ['<{tag} src=x {event}="alert(1)">', "<{tag}/src=x/{event}=alert(1)>", "<{tag} src=x\n{event}\n=\nalert(1)\n>"]


def own() -> list[str]:
    """Strings written for this project: what agents repeat, and what would misuse it."""
    return list(json.loads((HERE / "payloads.json").read_text(encoding="utf-8"))["payloads"])


def generated() -> Iterator[str]:
    """Made by rule: every own string in three places, every scheme in every link, every event on every tag."""
    for number, payload in enumerate(own()):
        for turn in range(3):
            yield PLACES[(number + turn * 5) % len(PLACES)].replace("{}", payload)
    for scheme, link in itertools.product(SCHEMES, LINKS):
        yield link.replace("{}", scheme)
    for tag, event, shape in itertools.product(TAGS, EVENTS, SHAPES):
        yield shape.format(tag=tag, event=event)


def foreign() -> list[str]:
    """Others' lists: the folder that `NBSTREAM_CORPORA` names, or `shared/corpora` beside the repository. Never copied."""
    folder = Path(os.environ.get("NBSTREAM_CORPORA", HERE.parents[2] / "shared" / "corpora"))
    payloads: list[str] = []
    for path in sorted(folder.glob("*.json")):
        payloads += json.loads(path.read_text(encoding="utf-8"))["payloads"]
    return payloads


def everything(examples: list[str]) -> list[str]:
    """All of them, each once, without what no row can hold: the empty string."""
    # A lone surrogate is no text: neither JSON on the wire nor the store would take it.
    texts = dict.fromkeys([*own(), *generated(), *examples, *foreign()])
    return [text for text in texts if text != "" and text.encode("utf-8", "ignore").decode() == text]
