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

  model(agentId) {
    const listeners = new Set();
    this.listeners = listeners;
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

  /** Delivers batches one a frame and measures each task: handling, painting and layout. */
  async pace(batches) {
    const tasks = [];
    for (const batch of batches) {
      const start = performance.now();
      this.deliver(batch);
      let spent = performance.now() - start;
      await new Promise((done) =>
        requestAnimationFrame(() => {
          // After the view's own frame callback: forcing layout here makes its cost part of the measure.
          const before = performance.now();
          void this.root.shadowRoot.querySelector(".scroller").scrollHeight;
          spent += performance.now() - before;
          done();
        }),
      );
      tasks.push(spent);
    }
    return tasks;
  },
};
