// Counts what hostile text has done: executions, new globals, and what is in the tree that is on no list.
window.watch = {
  executed: [],
  current: null,
  start() {
    for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => void this.executed.push(this.current);
    this.globals = new Set(Object.getOwnPropertyNames(window));
  },
  newGlobals() {
    return Object.getOwnPropertyNames(window).filter((name) => !this.globals.has(name));
  },

  /** Puts each text into the page as HTML, the way a renderer must not; each is known by its number wherever it calls. */
  control(texts, first) {
    window.alert = (number) => console.log(`executed ${number}`);
    texts.forEach((text, index) => {
      const box = document.createElement("div");
      document.body.append(box);
      box.innerHTML = text.replaceAll("alert(1)", `alert(${first + index})`)
        .replaceAll("evil.test", `p${first + index}.evil.test`).replaceAll("src=x", `src=p${first + index}.`);
    });
  },
};

// What text of an agent may become (by the renderer), and what the view itself is made of.
const TEXT = new Set(("a blockquote br button code dd details div dl dt em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong " +
  "summary table tbody td th thead tr ul").split(" "));
const VIEW = new Set([...TEXT, ..."footer header h2 input label nav option p section select style article kbd time output".split(" ")]);
const TEXT_ATTRIBUTES = {
  "*": ["class"], a: ["href", "target", "rel", "referrerpolicy"], ol: ["start"], pre: ["tabindex"], div: ["tabindex"],
  button: ["type", "hidden", "aria-expanded", "disabled"], details: ["open"], span: ["aria-hidden", "hidden"], code: [],
};
const VIEW_ATTRIBUTES = /^(class|style|role|hidden|tabindex|type|title|open|disabled|part|placeholder|value|for|checked|id|name|spellcheck|autocomplete|lang|dir|aria-[a-z]+|data-[a-z-]+)$/;
const WORDS = /^[A-Za-z0-9_+# -]*$/;

/** Everything off the lists in a tree, through every shadow root. */
window.offList = function (root) {
  const found = [];
  const visit = (element, inText) => {
    const text = inText || element.matches(".prose, .terminal, .output, .error, .diff, .json, .fields, .line, .stack");
    const names = text ? TEXT : VIEW;
    if (!names.has(element.localName)) found.push(`<${element.localName}>`);
    for (const { name, value } of element.attributes) {
      const allowed = text && !element.matches(".stack")
        ? [...TEXT_ATTRIBUTES["*"], ...(TEXT_ATTRIBUTES[element.localName] ?? [])].includes(name) || /^(aria-|data-(?:kind|outcome|tone)|role$|tabindex$|hidden$)/.test(name)
        : VIEW_ATTRIBUTES.test(name);
      if (!allowed || /^on/.test(name)) found.push(`${element.localName}[${name}=${value.slice(0, 60)}]`);
      if (name === "class" && !WORDS.test(value)) found.push(`class ${value.slice(0, 60)}`);
      if (name === "style" && !/^(?:(?:[a-z-]+|--[a-z-]+): ?-?[\w.%(), /-]+;? ?)*$/.test(value)) found.push(`style ${value.slice(0, 80)}`);
      if (name === "style" && /url|expression|fixed/.test(value)) found.push(`style ${value.slice(0, 80)}`);
    }
    if (element.localName === "a") checkLink(element, found);
    for (const child of element.children) visit(child, text);
    if (element.shadowRoot) for (const child of element.shadowRoot.children) visit(child, false);
  };
  for (const child of root.children) visit(child, false);
  return [...new Set(found)];
};

function checkLink(link, found) {
  const href = link.getAttribute("href");
  const url = href === null ? null : URL.parse(href);
  const safe = url !== null && /^(https?:\/\/|mailto:)/.test(href) && ["http:", "https:", "mailto:"].includes(url.protocol) && url.username === "" && url.password === "";
  if (!safe || link.rel !== "noopener noreferrer nofollow" || link.target !== "_blank") found.push(`link ${href}`);
}
