"""The static copy: the whole story in order, equal to the store's transcript, and bounded with a word about the rest."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from fold import RECORDINGS
from nbstream.messages import IS_ERROR, PARENT, TOOL_CALL_ID, TOOL_NAME
from nbstream.service import close_all, connect, launch
from nbstream.sources.replay import ReplaySource
from nbstream.widget.static_copy import static_copy
from nbstream.widget.static_limits import DEPTH, HTML_LIMIT, MARKDOWN_LIMIT, OUTPUT_LIMIT, PLAIN_LIMIT, TEXT_LIMIT
from nbstream.widget.words import visible
from widget.rows import AGENT, START, Log, record, story
from widget.static_kit import FINISHED, Block, blocks_of, read, text_block, words

LIMITS = {"text/html": HTML_LIMIT, "text/markdown": MARKDOWN_LIMIT, "text/plain": PLAIN_LIMIT}


def sizes(copy: dict[str, str]) -> dict[str, int]:
    return {kind: len(text.encode()) for kind, text in copy.items()}


def test_it_tells_the_story() -> None:
    copy = static_copy(FINISHED, blocks_of(story().rows), head=1036, duplicates=3)
    texts = {kind: read(text).text if kind == "text/html" else text for kind, text in copy.items()}
    for kind, text in texts.items():
        for part in (
            "claude-sonnet-4-5", "finished", "0:58", "Why is the import test slow?", "Thought for 1.6 s",
            "python -X importtime", "318220 | app.loader", "Time the import", "Explore", "no files matched", "failed",
            "subagent · 2 tools" if kind != "text/plain" else "Read", "attempt 2 of 10", "def plugins()", "18,204",
            "15,880", "1,131", "$0.041", "58 s", "seq 1\N{EN DASH}1,036 · 0 holes · 3 duplicates refused",
        ):  # fmt: skip
            assert part in text, (kind, part)
    assert copy["text/html"].count("<details") == 5
    assert "```python\n@cache" in copy["text/markdown"]
    assert "60 lines" in copy["text/markdown"]


def test_an_edit_is_a_difference() -> None:
    log = Log()
    log.call("c", "Edit", json.dumps({"file_path": "a.py", "old_string": "one\ntwo\n", "new_string": "one\n2\n"}))
    log.call("m", "MultiEdit", json.dumps({"file_path": "b.py", "edits": [{"old_string": "x", "new_string": "y"}]}))
    log.call("o", "edit", json.dumps({"filePath": "c.py", "oldString": "p", "newString": "q", "replaceAll": True}))
    copy = static_copy(FINISHED, blocks_of(log.rows))
    assert '<pre class="nbs-diff">  one\n<del>- two</del>\n<ins>+ 2</ins></pre>' in copy["text/html"]
    assert "<del>- x</del>\n<ins>+ y</ins>" in copy["text/html"]
    assert "```diff\n  one\n- two\n+ 2\n```" in copy["text/markdown"]
    text = read(copy["text/html"]).text
    assert "replaceAll" in text, "what an edit says beside its texts"
    assert "old_string" not in text


def test_results_are_with_their_calls_and_subagents_under_theirs() -> None:
    html = static_copy(FINISHED, blocks_of(story().rows))["text/html"]
    lane = html[html.index('<blockquote class="nbs-lane">') : html.index("attempt 2 of 10")]
    assert "Grep" in lane
    assert "no files matched" in lane
    assert "The plug-in scan in loader.py runs at import" in html[html.index("<b>Agent") : html.index('"nbs-lane"')]


def test_metadata_may_be_json_text() -> None:
    blocks = blocks_of(story().rows)
    told = static_copy(FINISHED, blocks)
    assert static_copy(FINISHED, [{**block, "metadata": json.dumps(block["metadata"])} for block in blocks]) == told


def test_the_prompt_is_shown_once() -> None:
    prompt = {"type": "user", "role": "user", "part": "text", "content": record().prompt, "metadata": {}}
    for text in static_copy(FINISHED, [prompt]).values():
        assert text.count("Why is the import test slow?") == 1


def test_a_running_agent_says_how_to_see_it() -> None:
    for text in static_copy(record(), []).values():
        assert f'nbs.attach("{AGENT}")' in text.replace("&quot;", '"')


def test_a_failure_without_an_error_row_is_told() -> None:
    for text in static_copy(record("failed", error="the key was refused"), []).values():
        assert text.count("the key was refused") == 1


def test_an_error_that_a_row_tells_is_told_once() -> None:
    block = {"type": "error", "role": None, "part": None, "content": "the key was refused", "metadata": {}}
    for text in static_copy(record("failed", error="the key was refused"), [block]).values():
        assert text.count("the key was refused") == 1


def test_a_gap_is_a_hole() -> None:
    gap = {"type": "system", "content": "lines 3 to 9 are gone", "metadata": {"nbstream.kind": "gap"}}
    assert "1 hole " in read(static_copy(FINISHED, [gap], head=4)["text/html"]).text


# --- equal to the store ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Every recording of an agent program, run through the service into a store: its record and its transcript."""
    store = connect(tmp_path_factory.mktemp("copy") / "history.duckdb")
    agents = [
        launch(path.stem, source=ReplaySource(path, parser=PARSERS[path.stem.split("-")[0]]), store=store)
        for path in sorted(RECORDINGS.glob("*.jsonl"))
    ]
    for agent in agents:
        agent.wait(30)
    yield {agent.record.prompt: (agent.record, store.transcript(agent.id, to="arrow").to_pylist()) for agent in agents}
    close_all()


PARSERS = {"claude": "claude", "codex": "codex", "gemini": "gemini-cli", "opencode": "opencode"}
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value if isinstance(value, str) else json.dumps(value)]


def parts_of(block: Block) -> list[str]:
    """What of a block must be in its copy."""
    content = visible(block["content"])
    if block["type"] == "response":
        return []
    if block["part"] == "tool_call":
        return [line for leaf in leaves(json.loads(content)) for line in leaf.split("\n")]
    if block["part"] in {"text", "reasoning"} and block["type"] == "assistant":
        from markdown_it import MarkdownIt

        return [read_any(MarkdownIt("commonmark", {"html": False}).enable("table").render(content))]
    return [content.rstrip()]


def read_any(html: str) -> str:
    return (
        re.sub(r"<[^>]+>", " ", html)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&amp;", "&")
    )


@pytest.mark.parametrize("name", NAMES)
def test_each_block_of_a_recording_is_in_its_copy_whole_and_in_order(recorded: Any, name: str) -> None:
    agent, blocks = recorded[name]
    assert blocks
    # A headline is a field's beginning and fields are by name: letters, not the spaces between them, are compared.
    shown = re.sub(r"\s", "", read(static_copy(agent, blocks, head=len(blocks))["text/html"]).text)
    plain = re.sub(r"\s", "", static_copy(agent, blocks)["text/plain"])
    place = 0
    for block in blocks:
        for part in parts_of(block):
            expected = re.sub(r"\s", "", part)
            assert expected in shown, block
            if block["part"] != "tool_call":
                assert re.sub(r"\s", "", visible(block["content"])) in plain, block
        if block["part"] == "text" and block["type"] == "assistant" and not json.loads(block["metadata"]).get(PARENT):
            found = shown.find(re.sub(r"\s", "", parts_of(block)[0]), place)
            assert found >= place, "out of order"
            place = found


def test_a_tools_output_is_kept_to_the_letter() -> None:
    output = "\n  two  spaces\ttab\n\n<b>&amp;\x1b[1m`x`\n"
    log = Log()
    log.call("c", "Bash", '{"command": "x"}')
    log.result("c", output)
    copy = static_copy(FINISHED, blocks_of(log.rows))
    assert read(copy["text/html"]).pres == ["\n  two  spaces\ttab\n\n<b>&amp;`x`"]
    assert "```\n\n  two  spaces\ttab\n\n<b>&amp;`x`\n```" in copy["text/markdown"]


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_long_block_is_cut_at_its_limit_with_a_word() -> None:
    for kind, text in static_copy(FINISHED, [text_block("y" * TEXT_LIMIT)]).items():
        assert "more character" not in text, kind
        assert text.count("y" * TEXT_LIMIT) == 1
    for kind, text in static_copy(FINISHED, [text_block("y" * (TEXT_LIMIT + 1))]).items():
        assert "… 1 more character in the store" in text, kind


def test_a_long_output_is_cut_at_its_limit_with_a_word() -> None:
    for extra, told in ((0, False), (7, True)):
        log = Log()
        log.call("c", "Bash", '{"command": "x"}')
        log.result("c", "Z" * (OUTPUT_LIMIT + extra))
        for text in static_copy(FINISHED, blocks_of(log.rows)).values():
            assert ("… 7 more characters in the store" in text) is told
            assert text.count("Z") == OUTPUT_LIMIT


@pytest.mark.parametrize("letter", ["x", "😀", "<", "`"])
@pytest.mark.parametrize("length", [60, 90_000])
def test_no_kind_of_text_is_larger_than_its_limit(letter: str, length: int) -> None:
    blocks = [text_block(f"block {n} " + letter * length) for n in range(480_000 // min(length, TEXT_LIMIT))]
    blocks.append({"type": "response", "content": "", "metadata": {IS_ERROR: False}})
    copy = static_copy(FINISHED, blocks, head=len(blocks))
    for kind, limit in LIMITS.items():
        assert sizes(copy)[kind] <= limit
        text = read(copy[kind]).text if kind == "text/html" else copy[kind]
        shown = len(set(re.findall(r"block \d+ ", text)))
        named = re.search(r"… ([\d,]+) more blocks in the store", text)
        assert named is not None
        assert shown + int(named[1].replace(",", "")) == len(blocks) - 1, "each block is shown or counted"
        assert "finished" in text[-400:], "how it ended is shown whatever else is cut"
        assert "block 0 " in text or length == 90_000
        assert f'nbs.attach("{AGENT}")' in text


def test_a_copy_that_just_fits_is_whole() -> None:
    def copied(count: int) -> str:
        return static_copy(FINISHED, [text_block("w" * 1000)] * count)["text/html"]

    whole, cut = 100, 300
    while cut - whole > 1:
        middle = (whole + cut) // 2
        whole, cut = (middle, cut) if "more block" not in copied(middle) else (whole, middle)
    assert HTML_LIMIT - 1100 < len(copied(whole).encode()) <= HTML_LIMIT
    assert "more block" in copied(cut)


def nested(levels: int, each: int) -> list[Block]:
    """Subagents inside of subagents, with `each` texts at every level."""
    log = Log()
    parent = None
    for level in range(levels):
        for n in range(each):
            log.add(f"text {level}.{n}.", block=f"t{level}.{n}", metadata={PARENT: parent} if parent else {})
        log.call(f"c{level}", f"Agent{level}", "{}", parent=parent)
        parent = f"c{level}"
    return blocks_of(log.rows)


def test_subagents_are_nested_and_the_deepest_are_on_the_last_level() -> None:
    html = static_copy(FINISHED, nested(2_000, 1)[:400])["text/html"]
    assert html.count('<blockquote class="nbs-lane">') == DEPTH
    assert re.findall(r"text (\d+)\.0\.", read(html).text) == [str(level) for level in range(200)]


def test_a_large_subagent_leaves_room_for_the_rest() -> None:
    copy = static_copy(FINISHED, [*nested(3, 4_000), text_block("the answer")])
    for kind, text in copy.items():
        assert "the answer" in text, kind
        assert "text 0.0." in text
        assert sizes(copy)[kind] <= LIMITS[kind]
        assert re.search(r"… [\d,]+ more blocks in the store", text)


def test_a_call_that_names_itself_as_its_parent_is_shown() -> None:
    metadata = {TOOL_NAME: "Loop", TOOL_CALL_ID: "c", PARENT: "c"}
    block = {"type": "tool", "part": "tool_call", "content": "{}", "metadata": metadata}
    assert "Loop" in static_copy(FINISHED, [block])["text/html"]


def test_ten_thousand_blocks_are_copied_in_a_second() -> None:
    log = Log()
    for n in range(3_334):
        log.add(
            f"Step **{n}**: read `file{n}.py` and [look](https://x.test/{n}).\n\n- a\n- b\n", block=f"t{n}", op="set"
        )
        log.call(f"c{n}", "Bash", '{"command": "cat file", "description": "read it"}')
        log.result(f"c{n}", "line one\nline two\n" * 5)
    blocks = blocks_of(log.rows)
    assert len(blocks) == 10_002
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        static_copy(FINISHED, blocks, head=10_002)
        best = min(best, time.process_time() - start)
    assert best < 1.0


PATHOLOGICAL = {
    "brackets": "[" * TEXT_LIMIT,
    "images": "![[]()" * 3_000,
    "emphasis": "*a_ " * 5_000,
    "stars": "a**b" + "c* " * 6_000,
    "ticks": "".join("e" + "`" * n for n in range(195)),
    "quotes": "> " * 10_000,
    "lists": "- " * 10_000,
    "links": "[a](" * 5_000,
    "table": "|a" * 600 + "\n" + "|-" * 600 + "\n" + "|\n" * 9_000,
    "references": "[a]: u\n" * 2_800,
    "entities": "&#0;" * 5_000,
    "fences": "```\n" * 5_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_no_text_takes_long(name: str) -> None:
    start = time.process_time()
    copy = static_copy(FINISHED, [text_block(PATHOLOGICAL[name])])
    assert time.process_time() - start < 1.0
    read(copy["text/html"])
    assert "more block" not in copy["text/html"], "it is shown, at worst without its form"
    assert copy["text/html"].count("<td") <= 5_000


# --- the style ---------------------------------------------------------------------------------------------------


def test_the_style_is_scoped_to_the_copy() -> None:
    css = (Path(__file__).parents[2] / "src/nbstream/widget/static/copy.css").read_text()
    rules = re.sub(r"/\*.*?\*/|@media[^{]*\{", "", css, flags=re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", rules) for part in rule.split(",")]
    assert selectors
    assert all(selector.startswith(".nbstream-copy") for selector in selectors)
    assert "url(" not in css
    assert "<" not in css


def test_every_class_of_the_copy_is_styled_and_every_styled_class_is_used() -> None:
    folder = Path(__file__).parents[2] / "src/nbstream/widget"
    css = (folder / "static/copy.css").read_text()
    code = "".join(path.read_text() for path in folder.glob("static_*.py"))
    styled = set(re.findall(r"\.(nbs-[a-z]+)", css))
    assert styled == set(re.findall(r"\bnbs-[a-z]+", code))


def test_time_is_not_in_the_copy_twice() -> None:
    """The same run gives the same bytes, whenever it is copied: a saved notebook does not change by being shown."""
    blocks = blocks_of(story().rows)
    assert static_copy(FINISHED, blocks) == static_copy(FINISHED, blocks)
    assert str(START.year) not in words(read(static_copy(FINISHED, blocks)["text/html"]).text)
