// What JupyterLab and Notebook load of nbstream: the module container that a builder would make, written by hand.
// The view itself is the widget's own bundle, which lies beside this file.
(() => {
  const MIME = "application/vnd.nbstream.agent+json";
  const bundle = new URL("widget.js", document.currentScript.src).href;
  let shared = null;

  /** Lumino's `Widget` of the application: its layouts take no other. */
  async function luminoWidget() {
    const versions = Object.values(shared["@lumino/widgets"]);
    return (await versions[0].get())().Widget;
  }

  async function mimeExtension() {
    const [Widget, { agentRenderer }] = await Promise.all([luminoWidget(), import(bundle)]);
    const AgentOutput = agentRenderer(Widget);
    const extension = {
      id: "nbstream:agent",
      // Before the widget and the static copy of the same output.
      rank: -100,
      dataType: "json",
      // Safe: all that the output decides is which agent of this server's is shown.
      rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: () => new AgentOutput() },
    };
    return () => ({ __esModule: true, default: extension });
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.nbstream = {
    init(scope) {
      shared = scope;
    },
    get(name) {
      if (name !== "./mimeExtension") return Promise.reject(new Error(`nbstream has no module ${name}`));
      return mimeExtension();
    },
  };
})();
