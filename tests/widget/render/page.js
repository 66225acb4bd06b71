// The page side of the renderer's tests: draws whole and in pieces, and writes a tree as a line to compare.
window.tree = {
  /** Draws all at once, as a block that is read from the store. */
  whole(text) {
    const view = new draw.RichText("prose");
    view.append(text);
    view.flush();
    return view.element;
  },

  /** Draws piece by piece, each in a task of its own as far as the view can tell. */
  async pieces(parts) {
    const view = new draw.RichText("prose");
    let changes = 0;
    const watcher = new MutationObserver(() => (changes += 1));
    watcher.observe(view.element, { childList: true, characterData: true, subtree: true });
    for (const part of parts) {
      view.append(part);
      await this.drawn();
    }
    await null;
    this.drawings += changes;
    watcher.disconnect();
    view.flush();
    return view.element;
  },

  /** Lets every drawing that waits happen now: time is the test's, so nothing is put off. */
  async drawn() {
    await null;
    this.clock += 2000;
  },

  clock: 0,
  /** How often a text was drawn while it came: streaming that only draws at its end proves nothing. */
  drawings: 0,

  write(node) {
    // A long text stands in parts, which say nothing of it.
    for (const part of node.querySelectorAll(".part")) part.replaceWith(...part.childNodes);
    node.normalize();
    return [...node.childNodes].map((child) => this.one(child)).join("");
  },

  one(node) {
    if (node.nodeType === 3) return node.data.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
    const attributes = [...node.attributes].map((a) => ` ${a.name}="${a.value}"`).sort().join("");
    return `<${node.localName}${attributes}>${this.write(node)}</${node.localName}>`;
  },

  /** What both trees are reduced to: blocks and text, without what is ours alone (bars, notes) or theirs alone. */
  plain(root, theirs) {
    const copy = root.cloneNode(true);
    if (theirs) this.asOurs(copy);
    for (const part of copy.querySelectorAll(".part")) part.replaceWith(...part.childNodes);
    for (const extra of copy.querySelectorAll(".bar, .target, .cut")) extra.remove();
    for (const task of copy.querySelectorAll(".task")) task.replaceWith(task.classList.contains("done") ? "[x]" : "[ ]");
    for (const box of copy.querySelectorAll("div.code, div.wide, span.nolink, span.alt, span.image, pre span")) box.replaceWith(...box.childNodes);
    for (const element of copy.querySelectorAll("*")) {
      const keep = { a: ["href"], ol: ["start"], code: ["class"], th: ["class"], td: ["class"] }[element.localName] ?? [];
      for (const { name } of [...element.attributes]) if (!keep.includes(name)) element.removeAttribute(name);
    }
    copy.normalize();
    for (const code of copy.querySelectorAll("pre > code")) code.textContent = code.textContent.replace(/\n+$/, "");
    return this.write(copy);
  },

  /** markdown-it's HTML says some things in another way: brings it to ours. */
  asOurs(copy) {
    for (const image of copy.querySelectorAll("img")) image.replaceWith(image.alt === "" ? "image" : image.alt);
    for (const link of copy.querySelectorAll("a")) {
      const href = link.getAttribute("href");
      if (/^(https?:\/\/[^/\\]|mailto:.)/i.test(href) && URL.canParse(href)) link.setAttribute("href", new URL(href).href);
      else link.replaceWith(...link.childNodes);
    }
    for (const cell of copy.querySelectorAll("th, td")) if (cell.style.textAlign !== "") cell.className = cell.style.textAlign;
    for (const code of copy.querySelectorAll("pre > code")) {
      code.className = code.className.toLowerCase();
      if (!/^language-[a-z0-9+#-]{1,20}$/.test(code.className)) code.removeAttribute("class");
    }
    const blocks = "div, ul, ol, li, blockquote, table, thead, tbody, tr";
    for (const box of [copy, ...copy.querySelectorAll(blocks)]) {
      for (const child of [...box.childNodes]) {
        if (child.nodeType !== 3) continue;
        const byBlock = (n) => n === null || (n.nodeType === 1 && n.matches("p, ul, ol, li, blockquote, pre, hr, table, thead, tbody, tr, th, td, h1, h2, h3, h4, h5, h6"));
        if (byBlock(child.nextSibling)) child.data = child.data.replace(/\n$/, "");
        if (byBlock(child.previousSibling)) child.data = child.data.replace(/^\n/, "");
      }
    }
    for (const br of copy.querySelectorAll("br")) if (br.nextSibling?.nodeType === 3) br.nextSibling.data = br.nextSibling.data.replace(/^\n/, "");
  },
};
const now = performance.now.bind(performance);
performance.now = () => now() + tree.clock;
