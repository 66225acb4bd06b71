"""A small real model on loopback: no key, and no network once its file is there.

`pull` fetches the file, `serve` runs the model's HTTP server in a process of its own, and `LocalServer` is
the handle on such a process: it dies with the process that started it.
"""

from nbstream.local.child import LocalServer
from nbstream.local.model import SMOLLM2, ModelFile, find_model, pull
from nbstream.local.server import require_runtime, serve

__all__ = ["SMOLLM2", "LocalServer", "ModelFile", "find_model", "pull", "require_runtime", "serve"]
