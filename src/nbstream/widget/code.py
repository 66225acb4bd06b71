"""The code of the view: the bundle, and what stands for it where the page is likely to have it already.

The bundle is sent with every widget, 177 kB each, and again to every page that is loaded while it runs. Where the
Jupyter server knows the agent, the notebook's extension has brought the same bundle, so a loader goes in its place.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

BUNDLE: Final = Path(__file__).parent / "static" / "widget.js"

# The text, not the path: anywidget watches a path for changes, which only its own developers need.
VIEW: Final = BUNDLE.read_text(encoding="utf-8")
"""An ES module for anywidget; it leaves itself in the page under the hash of its sources."""


def _loader() -> str:
    """Takes the view from the page, or asks the kernel for its code.

    It does so in `render`: anywidget holds a model's messages back until `initialize` has ended. It asks again until
    it is answered: what is sent before JupyterLab has a subshell for comms waits behind the cell that runs.
    """
    found = re.match(r"// .*sha256:([0-9a-f]{64})$", VIEW.split("\n", 1)[0])
    if found is None:
        raise RuntimeError(f"expected {BUNDLE} to name the hash of its sources: reinstall nbstream")
    return _LOADER.replace("KEY", found[1])


_LOADER: Final = """// nbstream: the view that the page has already, else the kernel's.
const code = (model) => new Promise((done, fail) => {
  let timer;
  const listen = (said) => {
    if (said?.type !== "agent:code") return;
    clearTimeout(timer);
    model.off("msg:custom", listen);
    done(said.code);
  };
  const ask = (wait) => {
    timer = setTimeout(ask, wait, Math.min(2 * wait, 16000));
    try {
      model.send({ type: "code", agent_id: model.get("agent_id") ?? model.get("agent_ids")[0] });
    } catch (error) {
      clearTimeout(timer);
      fail(error);
    }
  };
  model.on("msg:custom", listen);
  ask(1000);
});
const made = async (model) => {
  const url = URL.createObjectURL(new Blob([await code(model)], { type: "text/javascript" }));
  return (await import(url).finally(() => URL.revokeObjectURL(url))).default;
};
export default {
  async render(context) {
    const view = globalThis[Symbol.for("nbstream.views")]?.get("KEY") ?? (await made(context.model));
    return view.render(context);
  },
};
"""

LOADER: Final = _loader()
"""An ES module for anywidget that is the view once it is rendered."""
