// The page side of the tests: one view per agent over a scripted model, which is the seam that anywidget offers.
window.nbstream = {
  sent: [],
  broken: false,
  cleanups: [],

  async load(source) {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.widget = (await import(url)).default;
    URL.revokeObjectURL(url);
  },

  listeners: new Set(),

  /** A model of the agent; several views share what it hears, as they do in a notebook. */
  model(agentId) {
    const { listeners } = this;
    return {
      get: (name) => ({ agent_id: agentId })[name],
      send: (content) => {
        if (this.broken) throw new Error("Cannot send");
        this.sent.push(structuredClone(content));
      },
      on: (event, listener) => event === "msg:custom" && listeners.add(listener),
      off: (event, listener) => event === "msg:custom" && listeners.delete(listener),
    };
  },

  render(agentId) {
    const el = document.getElementById("cell");
    this.cleanups.push(this.widget.render({ model: this.model(agentId), el }));
  },

  /** A view of a model with these traits. */
  renderModel(traits) {
    const el = document.getElementById("cell");
    const model = { ...this.model(""), get: (name) => traits[name] };
    this.cleanups.push(this.widget.render({ model, el }));
  },

  deliver(...contents) {
    for (const content of contents) for (const listener of [...this.listeners]) listener(content);
  },

  get root() {
    return document.querySelector(".nbstream-root");
  },

  /** The text a reader sees in the transcript, without styles and marks. */
  text() {
    return this.root.shadowRoot.querySelector(".column").innerText;
  },

  /** Delivers batches, one a frame. */
  async pace(batches) {
    for (const batch of batches) {
      this.deliver(batch);
      await new Promise((done) => requestAnimationFrame(done));
    }
  },
};
