// nbstream widget · sources sha256:af39f8b7ec5be91de4deb1f2cb7adffa506941b70582f937c96f36d2a4f074df
// message.ts
var TOOL_NAME = "gen_ai.tool.name";
var TOOL_CALL_ID = "gen_ai.tool.call.id";
var INPUT_TOKENS = "gen_ai.usage.input_tokens";
var OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
var CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens";
var KIND = "nbstream.kind";
var BOOKKEEPING = /* @__PURE__ */ new Set(["usage", "skipped"]);
var PARENT = "nbstream.parent_tool_call_id";
var IS_ERROR = "nbstream.is_error";
var DURATION_MS = "nbstream.duration_ms";
var COST_USD = "nbstream.cost_usd";
var TURNS = "nbstream.turns";
var TYPES = ["assistant", "user", "system", "error", "tool", "response"];
var ROLES = ["system", "user", "assistant", "tool"];
var PARTS = ["text", "reasoning", "refusal", "tool_call", "tool_call_response"];
var OPS = ["append", "set", "drop", "note"];
var STATUSES = ["created", "running", "completed", "failed", "stopped", "interrupted"];
var LIVE_STATES = ["starting", "live", "reconnecting", "stalled", "save-failed", "gone", "ended"];
var WireError = class extends Error {
  name = "WireError";
};
function isFields(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function fields(value, where) {
  if (!isFields(value)) throw new WireError(`expected an object for ${where}, got ${typeof value}`);
  return value;
}
function text(from, key) {
  const value = from[key];
  if (typeof value !== "string") throw new WireError(`expected a string for ${key}, got ${typeof value}`);
  return value;
}
function textOrNull(from, key) {
  return from[key] === void 0 || from[key] === null ? null : text(from, key);
}
function whole(from, key, least) {
  const value = from[key];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw new WireError(`expected a whole number from ${least} for ${key}, got ${String(value)}`);
  }
  return value;
}
function oneOf(from, key, allowed) {
  const value = from[key];
  const found = allowed.find((name) => name === value);
  if (found === void 0) {
    throw new WireError(`expected one of ${allowed.join(", ")} for ${key}, got ${String(value)}`);
  }
  return found;
}
function oneOfOrNull(from, key, allowed) {
  return from[key] === void 0 || from[key] === null ? null : oneOf(from, key, allowed);
}
function toMessage(value) {
  const from = fields(value, "a message");
  return {
    id: text(from, "id"),
    agent_id: text(from, "agent_id"),
    sequence_number: whole(from, "sequence_number", 1),
    type: oneOf(from, "type", TYPES),
    role: oneOfOrNull(from, "role", ROLES),
    part: oneOfOrNull(from, "part", PARTS),
    block: textOrNull(from, "block"),
    op: oneOf(from, "op", OPS),
    content: text(from, "content"),
    metadata: fields(from["metadata"], "metadata"),
    created_at: text(from, "created_at")
  };
}
function toRecord(value) {
  const from = fields(value, "record");
  return {
    id: text(from, "id"),
    type: text(from, "type"),
    status: oneOf(from, "status", STATUSES),
    source: text(from, "source"),
    prompt: textOrNull(from, "prompt"),
    session_id: textOrNull(from, "session_id"),
    model: textOrNull(from, "model"),
    created_at: textOrNull(from, "created_at"),
    started_at: textOrNull(from, "started_at"),
    completed_at: textOrNull(from, "completed_at"),
    error: textOrNull(from, "error")
  };
}
function toLive(value) {
  const from = fields(value, "live");
  return { state: oneOf(from, "state", LIVE_STATES), detail: textOrNull(from, "detail") };
}
function toBatch(from) {
  const messages = from["messages"];
  if (!Array.isArray(messages)) throw new WireError("expected an array for messages");
  return {
    type: "agent:message",
    agent_id: text(from, "agent_id"),
    messages: messages.map(toMessage),
    head: whole(from, "head", 0)
  };
}
function toView(value) {
  const from = fields(value, "a wire message");
  const type = from["type"];
  switch (type) {
    case "agent:message":
      return toBatch(from);
    case "agent:status":
    case "agent:complete":
      return {
        type,
        agent_id: text(from, "agent_id"),
        record: toRecord(from["record"]),
        head: whole(from, "head", 0),
        duplicates: whole(from, "duplicates", 0),
        live: toLive(from["live"])
      };
    case "agent:error":
      return {
        type,
        agent_id: text(from, "agent_id"),
        message: text(from, "message"),
        reason: textOrNull(from, "reason")
      };
    case "agent:raw":
      return {
        type,
        agent_id: text(from, "agent_id"),
        sequence_number: whole(from, "sequence_number", 1),
        raw: textOrNull(from, "raw")
      };
    default:
      return null;
  }
}

// comm.ts
var CommTransport = class {
  kind = "comm";
  #model;
  #agentId = "";
  #sink = null;
  /** Called when another view asked the kernel to keep quiet: who still listens says so by subscribing. */
  onQuiet = () => this.subscribe(0);
  constructor(model) {
    this.#model = model;
  }
  open(agentId, sink) {
    this.#agentId = agentId;
    this.#sink = sink;
    this.#model.on("msg:custom", this.#listen);
  }
  subscribe(since) {
    this.#send({ type: "subscribe", agent_id: this.#agentId, since });
  }
  /** Asks the kernel to send no more rows: they come by another way. */
  unsubscribe() {
    this.#send({ type: "unsubscribe", agent_id: this.#agentId });
  }
  stop() {
    this.#send({ type: "stop", agent_id: this.#agentId });
  }
  raw(sequenceNumber) {
    this.#send({ type: "raw", agent_id: this.#agentId, sequence_number: sequenceNumber });
  }
  close() {
    this.#model.off("msg:custom", this.#listen);
    this.#sink = null;
  }
  #send(message) {
    try {
      this.#model.send(message);
    } catch (error) {
      this.#sink?.gone(error instanceof Error ? error.message : String(error));
    }
  }
  #listen = (content) => {
    const sink = this.#sink;
    if (sink === null) return;
    if (content?.type === "agent:quiet") {
      this.onQuiet();
      return;
    }
    try {
      const message = toView(content);
      if (message !== null && message.agent_id === this.#agentId) sink.receive(message);
    } catch (error) {
      sink.malformed(error instanceof Error ? error.message : String(error));
    }
  };
};

// backoff.ts
var FIRST = 250;
var LONGEST = 1e4;
var Backoff = class {
  #next = FIRST;
  #random;
  constructor(random = Math.random) {
    this.#random = random;
  }
  /** Milliseconds to wait now: between half and all of a limit that doubles each time. */
  wait() {
    const limit = this.#next;
    this.#next = Math.min(limit * 2, LONGEST);
    return limit * (0.5 + this.#random() / 2);
  }
  /** It has worked: the next failure is a first one again. */
  reset() {
    this.#next = FIRST;
  }
};

// dom.ts
function el(tag, className = "", text3 = "") {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text3 !== "") element.textContent = text3;
  return element;
}
function setText(element, text3) {
  if (element.textContent !== text3) element.textContent = text3;
}
function icon(className, character) {
  const element = el("span", className, character);
  element.setAttribute("aria-hidden", "true");
  return element;
}

// fences.ts
var INFO_LIMIT = 200;
var MAY_OPEN = /^(?: {0,3}(?:`{1,2}|`{3,}[^`]*)|[ \t]*)$/;
var OPENS = /^ {0,3}(`{3,})([^`]*)$/;
var MAY_CLOSE = /^ {0,3}`*[ \t]*$/;
var CLOSES = /^ {0,3}(`{3,})[ \t]*$/;
var FenceScanner = class {
  /** The start of a line that may still become a fence. */
  #held = "";
  #atLineStart = true;
  /** Backticks of the open fence; 0 outside code. */
  #fence = 0;
  /** Line ends not given yet: in code the last one belongs to the fence, in prose two of them part paragraphs. */
  #newlines = 0;
  #hasText = false;
  /** Takes the next piece of the text. Costs O(its length). */
  feed(text3) {
    const pieces = [];
    let rest = text3;
    while (rest !== "") rest = this.#atLineStart ? this.#lineStart(rest, pieces) : this.#lineRest(rest, pieces);
    return pieces;
  }
  /** The text is over: what was held back is text, or the fence that closes. */
  end() {
    const pieces = [];
    const held = this.#held;
    this.#held = "";
    if (held !== "" && !this.#isFence(held, pieces)) this.#emit(held, pieces);
    return pieces;
  }
  /** At the start of a line: holds text back until it is clear whether the line is a fence. */
  #lineStart(text3, pieces) {
    const newline = text3.indexOf("\n");
    const line = this.#held + (newline < 0 ? text3 : text3.slice(0, newline));
    if (newline < 0) {
      if (this.#mayBeFence(line)) {
        this.#held = line;
        return "";
      }
      this.#held = "";
      this.#atLineStart = false;
      this.#emit(line, pieces);
      return "";
    }
    this.#held = "";
    if (!this.#isFence(line, pieces)) {
      this.#emit(line, pieces);
      this.#newlines += 1;
    }
    return text3.slice(newline + 1);
  }
  #lineRest(text3, pieces) {
    const newline = text3.indexOf("\n");
    if (newline < 0) {
      this.#emit(text3, pieces);
      return "";
    }
    this.#emit(text3.slice(0, newline), pieces);
    this.#newlines += 1;
    this.#atLineStart = true;
    return text3.slice(newline + 1);
  }
  #mayBeFence(line) {
    return line.length < INFO_LIMIT && (this.#fence > 0 ? MAY_CLOSE : MAY_OPEN).test(line);
  }
  /** Whether a whole line opens or closes a fence; says so if it does. */
  #isFence(line, pieces) {
    if (this.#fence > 0) {
      const closing = CLOSES.exec(line)?.[1];
      if (closing === void 0 || closing.length < this.#fence) return false;
      this.#fence = 0;
      pieces.push({ kind: "endcode" });
    } else {
      const opening = OPENS.exec(line);
      if (opening === null || line.length >= INFO_LIMIT) return false;
      this.#fence = opening[1].length;
      pieces.push({ kind: "code", language: opening[2].trim().split(/\s/, 1)[0] ?? "" });
    }
    this.#newlines = 0;
    this.#hasText = false;
    this.#atLineStart = true;
    return true;
  }
  #emit(text3, pieces) {
    const blank = this.#fence === 0 && text3.trim() === "" && this.#atLineStart;
    if (text3 === "" || blank) return;
    if (this.#fence > 0) {
      pieces.push({ kind: "text", text: "\n".repeat(this.#newlines) + text3 });
    } else if (this.#hasText && this.#newlines > 1) {
      pieces.push({ kind: "paragraph" }, { kind: "text", text: text3 });
    } else {
      pieces.push({ kind: "text", text: (this.#hasText && this.#newlines > 0 ? "\n" : "") + text3 });
    }
    this.#newlines = 0;
    this.#hasText = true;
  }
};

// format.ts
var INTEGER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
function count(value) {
  return INTEGER.format(value);
}
function plural(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}
function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1e3;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  return clock(milliseconds);
}
function clock(milliseconds) {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1e3);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
function between(start, end) {
  if (start === null || end === null) return null;
  const milliseconds = Date.parse(end) - Date.parse(start);
  return Number.isFinite(milliseconds) ? milliseconds : null;
}
function cost(dollars) {
  if (dollars === 0 || dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  return dollars >= 1e-3 ? `$${dollars.toFixed(3)}` : `$${dollars.toPrecision(2)}`;
}
function numberOf(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
function textOf(value) {
  return typeof value === "string" && value !== "" ? value : null;
}
var TELLING = [
  "command",
  "file_path",
  "notebook_path",
  "pattern",
  "query",
  "path",
  "url",
  "description",
  "prompt",
  "code"
];
var HEADLINE = 200;
function toolInput(content) {
  const parsed2 = parsedObject(content);
  if (parsed2 === null) {
    const whole2 = content.trim();
    return { headline: oneLine(whole2), fields: fitsHeadline(whole2) ? [] : [{ name: "input", value: whole2 }] };
  }
  const fields2 = Object.entries(parsed2).map(([name, value]) => ({ name, value: shown(value) }));
  const telling = TELLING.find((name) => typeof parsed2[name] === "string");
  const main = fields2.find((field) => field.name === telling) ?? fields2[0];
  if (main === void 0) return { headline: "", fields: [] };
  const rest = fields2.filter((field) => field !== main);
  return { headline: oneLine(main.value), fields: fitsHeadline(main.value) ? rest : fields2 };
}
function partialHeadline(content) {
  const start = content.slice(0, 600);
  const match = /"(?:command|file_path|notebook_path|pattern|query|path|url|description)"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(start);
  return match?.[1] === void 0 ? "" : oneLine(match[1].replace(/\\[nt]/g, " ").replace(/\\(["\\/])/g, "$1"));
}
function parsedObject(content) {
  try {
    const value = JSON.parse(content);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
function fitsHeadline(value) {
  return value.length <= HEADLINE && !value.trimEnd().includes("\n");
}
function oneLine(value) {
  const line = value.slice(0, HEADLINE * 2).trim().replace(/\s+/g, " ");
  return line.length > HEADLINE ? `${line.slice(0, HEADLINE)}…` : line;
}

// visible.ts
var TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;
var HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;
function visible(text3) {
  return text3.replace(TERMINAL, "").replace(/\r\n?/g, "\n").replace(HIDDEN, mark);
}
function mark(character) {
  const code = character.codePointAt(0);
  if (code < 32) return String.fromCodePoint(9216 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

// writer.ts
var NODE_SIZE = 4096;
var LINE_LIMIT = 1e4;
var LineWriter = class {
  #parent;
  #node = null;
  #lineLength = 0;
  #cut = 0;
  #cutMark = null;
  constructor(parent) {
    this.#parent = parent;
  }
  write(text3) {
    let start = 0;
    while (start < text3.length) {
      const newline = text3.indexOf("\n", start);
      const end = newline < 0 ? text3.length : newline;
      this.#writeLine(text3.slice(start, end));
      if (newline >= 0) this.#endLine();
      start = end + 1;
    }
  }
  #writeLine(text3) {
    const room = Math.max(0, LINE_LIMIT - this.#lineLength);
    this.#lineLength += text3.length;
    if (room > 0 && text3 !== "") this.#put(text3.length > room ? text3.slice(0, room) : text3);
    if (text3.length > room) this.#markCut(text3.length - room);
  }
  #endLine() {
    if (this.#cutMark !== null) this.#node = null;
    this.#lineLength = 0;
    this.#cut = 0;
    this.#cutMark = null;
    this.#put("\n");
  }
  #put(text3) {
    if (this.#node === null || this.#node.length > NODE_SIZE) {
      this.#node = document.createTextNode(text3);
      this.#parent.append(this.#node);
    } else {
      this.#node.appendData(text3);
    }
  }
  #markCut(characters) {
    this.#cut += characters;
    if (this.#cutMark === null) {
      this.#cutMark = el("span", "cut");
      this.#parent.append(this.#cutMark);
    }
    this.#cutMark.textContent = ` … ${count(this.#cut)} more characters on this line, in the store`;
  }
};

// richtext.ts
var BLOCK_LIMIT = 1e6;
var ELEMENT_LIMIT = 5e3;
var RichText = class {
  element;
  #scanner = new FenceScanner();
  #writer = null;
  #inCode = false;
  #elements = 0;
  #length = 0;
  #cutMark = null;
  constructor(className) {
    this.element = el("div", className);
  }
  append(text3) {
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text3.length;
    if (room > 0) for (const piece of this.#scanner.feed(text3.slice(0, room))) this.#add(piece);
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }
  /** Shows what was held back for want of its line's end. More text may still follow. */
  flush() {
    for (const piece of this.#scanner.end()) this.#add(piece);
  }
  /** Begins again with other content. */
  replace(text3) {
    this.element.replaceChildren();
    this.#scanner = new FenceScanner();
    this.#writer = null;
    this.#inCode = false;
    this.#elements = 0;
    this.#length = 0;
    this.#cutMark = null;
    this.append(text3);
  }
  #add(piece) {
    switch (piece.kind) {
      case "text":
        this.#writer ??= this.#paragraph();
        this.#writer.write(this.#inCode ? visible(piece.text) : piece.text);
        break;
      case "paragraph":
        if (this.#elements < ELEMENT_LIMIT) this.#writer = null;
        else this.#writer?.write("\n\n");
        break;
      case "code":
        this.#inCode = true;
        this.#writer = this.#code(piece.language);
        break;
      case "endcode":
        this.#inCode = false;
        this.#writer = null;
        break;
    }
  }
  #paragraph() {
    this.#elements += 1;
    const paragraph = el("p");
    this.#place(paragraph);
    return new LineWriter(paragraph);
  }
  #code(language) {
    if (this.#elements >= ELEMENT_LIMIT) return this.#paragraph();
    this.#elements += 1;
    const box = el("div", "code");
    if (language !== "") box.append(el("span", "language", visible(language).slice(0, 20)));
    const pre = el("pre");
    pre.tabIndex = 0;
    const code = el("code");
    pre.append(code);
    box.append(pre);
    this.#place(box);
    return new LineWriter(code);
  }
  #place(element) {
    if (this.#cutMark === null) this.element.append(element);
    else this.#cutMark.before(element);
  }
  #markCut() {
    if (this.#cutMark === null) {
      this.#cutMark = el("p", "cut");
      this.element.append(this.#cutMark);
    }
    const hidden = count(this.#length - BLOCK_LIMIT);
    this.#cutMark.textContent = `… ${hidden} more characters are not shown here; store.transcript() has them all`;
  }
};

// theme.ts
var ATTRIBUTES = ["data-jp-theme-light", "data-vscode-theme-kind", "theme"];
function followTheme(host) {
  const preference = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    host.dataset["theme"] = pageTheme() ?? preference.matches ? "dark" : "light";
  };
  const observer = new MutationObserver(apply);
  const options = { attributes: true, attributeFilter: ATTRIBUTES };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
  preference.addEventListener("change", apply);
  apply();
  return () => {
    observer.disconnect();
    preference.removeEventListener("change", apply);
  };
}
function pageTheme() {
  const { body, documentElement } = document;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false";
  const code = body.getAttribute("data-vscode-theme-kind");
  if (code !== null) return code !== "vscode-light" && code !== "vscode-high-contrast-light";
  const colab = documentElement.getAttribute("theme");
  return colab === null ? null : colab === "dark";
}

// blocks.css
var blocks_default = `/* The transcript's rows: prompts, what is said, reasoning, notes, errors. A single ' here makes esbuild keep the line ends. */

/* ── transcript ────────────────────────────────────────────────────────── */

.scroller {
  max-height: min(72vh, 620px);
  min-height: 44px;
  overflow: auto;
  overscroll-behavior: auto;
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
}

.scroller:focus-visible {
  outline-offset: -2px;
}

.column {
  padding: 12px 14px 12px 8px;
}

.rows {
  display: flow-root;
}

.row {
  contain: layout style;
  position: relative;
  display: grid;
  grid-template-columns: 16px minmax(0, 1fr);
  column-gap: 6px;
  margin-bottom: 10px;
  overflow-wrap: anywhere;
}

.rows > .row:last-child {
  margin-bottom: 0;
}

.prompt:not(:empty) {
  margin-bottom: 10px;
}

.mark {
  color: var(--quiet);
  text-align: center;
  user-select: none;
}

.prose > * {
  margin: 0 0 8px;
}

.prose > :last-child {
  margin-bottom: 0;
}

.prose p {
  white-space: pre-wrap;
  max-width: 86ch;
}

.user > .prose {
  padding: 6px 11px;
  border-radius: 6px;
  color: var(--strong);
  background: var(--sunken);
}

.user > .mark {
  padding-top: 6px;
}

.refusal {
  color: var(--wait);
}

/* The caret: at the end of what is growing, and nowhere else. */
.said[aria-busy] > .prose > p:last-child::after,
.said[aria-busy] > .prose > .code:last-child code::after {
  content: "";
  display: inline-block;
  width: 6px;
  height: 1.05em;
  margin-left: 2px;
  vertical-align: -0.16em;
  border-radius: 1px;
  background: var(--live);
  animation: breathe 1.4s ease-in-out infinite;
}

.pulse {
  width: 6px;
  height: 6px;
  margin: 12px 0 4px 23px;
  border-radius: 50%;
  background: var(--live);
  animation: breathe 1.4s ease-in-out infinite;
}


@keyframes breathe {
  50% {
    opacity: 0.25;
  }
}

pre {
  margin: 0;
  font: 12px/1.5 var(--code-font);
  white-space: pre;
  overflow: auto;
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
  tab-size: 4;
}

pre:focus-visible {
  outline-offset: -2px;
}

.code {
  position: relative;
  border-radius: 6px;
  background: var(--sunken);
}

.code pre {
  padding: 8px 12px;
}

.code code {
  font: inherit;
}

.language {
  position: absolute;
  top: 4px;
  right: 10px;
  color: var(--quiet);
  font: 11px/1.4 var(--code-font);
  user-select: none;
  pointer-events: none;
}

.cut {
  color: var(--wait);
  font: italic 12px/1.5 var(--text-font);
}

details > summary {
  list-style: none;
  cursor: pointer;
}

details > summary::-webkit-details-marker {
  display: none;
}

/* ── reasoning, notes, errors ──────────────────────────────────────────── */

.thought > summary {
  display: flex;
  gap: 8px;
  align-items: baseline;
  color: var(--quiet);
  border-radius: 4px;
}

.thought > summary::before,
details.small > summary::before {
  content: "";
  flex: none;
  align-self: center;
  width: 0;
  height: 0;
  margin-left: -16px;
  border: 4px solid transparent;
  border-left: 5px solid var(--quiet);
  border-right: 0;
  transition: rotate 120ms;
}

.thought > summary::before {
  margin-right: 3px;
}

.thought[open] > summary::before,
details.small[open] > summary::before {
  rotate: 90deg;
}

.thought .label {
  flex: none;
}

.thought .glimpse {
  min-width: 0;
  overflow: clip;
  text-overflow: ellipsis;
  white-space: nowrap;
  font-style: italic;
}

.thought[open] .glimpse {
  visibility: hidden;
}

.thought > .prose {
  margin-top: 6px;
  padding-left: 12px;
  border-left: 2px solid var(--line);
  color: var(--quiet);
}

.small {
  min-width: 0;
  font-size: 12px;
  color: var(--quiet);
}

.note {
  margin-bottom: 6px;
}

.note > .mark {
  line-height: 18px;
  opacity: 0;
}

div.small,
details.small > summary {
  display: flex;
  gap: 8px;
  align-items: baseline;
}

.kind {
  flex: none;
  font: 11px/1.5 var(--code-font);
}

.kind::after {
  content: " ·";
}

.line {
  min-width: 0;
  overflow: clip;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.small > pre {
  margin-top: 4px;
  padding: 6px 10px;
  max-height: 260px;
  border-radius: 6px;
  background: var(--sunken);
  white-space: pre-wrap;
}

.note[data-kind="gap"] .small,
.note[data-kind="retry"] .small,
.note[data-kind="invalid"] .small {
  color: var(--wait);
}

.wrong > .mark {
  color: var(--bad);
  padding-top: 6px;
}

.error {
  padding: 6px 11px;
  border-radius: 6px;
  color: var(--bad);
  background: color-mix(in srgb, var(--bad) 7%, var(--ground));
  white-space: pre-wrap;
}
`;

// copy.css
var copy_default = "/* The saved copy: as the live view, but at rest, and never to be taken for it. A single ' here makes the bundle keep its lines. */\n\n.saved {\n  border-style: dashed;\n}\n\n.saved-line {\n  display: flex;\n  flex-wrap: wrap;\n  align-items: baseline;\n  gap: 2px 10px;\n  padding: 7px 12px;\n  border-bottom: 1px solid var(--hair);\n  background: var(--wash);\n  color: var(--quiet);\n  font-size: 12px;\n}\n\n.saved-word {\n  font-weight: 600;\n}\n\n.saved .column {\n  padding: 12px 14px;\n}\n";

// frame.css
var frame_default = `/* The view's own style, inside its shadow root: nothing leaks in but JupyterLab's variables, nothing leaks out. */

:host {
  /* Light. Quiet text is mixed from the main colour, which keeps 4.5:1 where Lab's own third colour does not. */
  --ground: var(--jp-layout-color1, #ffffff);
  --sunken: var(--jp-layout-color2, #f5f5f6);
  --ink: var(--jp-ui-font-color1, #26262b);
  --strong: var(--jp-ui-font-color0, #131316);
  --quiet: color-mix(in srgb, var(--ink) 68%, var(--ground));
  --line: color-mix(in srgb, var(--ink) 14%, var(--ground));
  --hair: color-mix(in srgb, var(--ink) 8%, var(--ground));
  --wash: color-mix(in srgb, var(--ink) 3.5%, var(--ground));
  --live: #1565c0;
  --good: #1f7a3d;
  --bad: #b3261e;
  --wait: #8a5a00;
  --rest: var(--quiet);
  --text-font: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
  --code-font: var(--jp-code-font-family, ui-monospace, "SF Mono", Menlo, Consolas, monospace);
  --radius: 7px;
  display: block;
  contain: content;
  overflow: clip;
  isolation: isolate;
  margin: 2px 0;
  color: var(--ink);
  font: 13px/1.55 var(--text-font);
  unicode-bidi: isolate;
}

:host([data-theme="dark"]) {
  --ground: var(--jp-layout-color1, #1c1c1f);
  --sunken: var(--jp-layout-color2, #27272b);
  --ink: var(--jp-ui-font-color1, #dededf);
  --strong: var(--jp-ui-font-color0, #ffffff);
  --live: #7cb8f5;
  --good: #7fcb93;
  --bad: #f2a09a;
  --wait: #e6bd6a;
}

* {
  box-sizing: border-box;
}

[hidden] {
  display: none !important;
}

.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

:focus-visible {
  outline: 2px solid var(--live);
  outline-offset: 1px;
}

button {
  font: inherit;
  color: inherit;
  background: none;
  border: 0;
  padding: 0;
  cursor: pointer;
}

/* ── frame ─────────────────────────────────────────────────────────────── */

.frame {
  container-type: inline-size;
  position: relative;
  display: flex;
  flex-direction: column;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: var(--radius);
  overflow: clip;
}

header,
footer {
  contain: layout style;
  display: flex;
  align-items: center;
  gap: 10px;
  padding: 0 14px;
  color: var(--quiet);
  white-space: nowrap;
}

header {
  align-items: baseline;
  padding-block: 7px;
  font-size: 12px;
  border-bottom: 1px solid var(--hair);
}

footer {
  min-height: 28px;
  font: 11px/1.4 var(--code-font);
  border-top: 1px solid var(--hair);
}

.space {
  flex: 1;
}

.source {
  color: var(--strong);
  font-size: 13px;
  font-weight: 600;
}

.source,
.model {
  overflow: clip;
  text-overflow: ellipsis;
}

.source {
  flex: 0 1 auto;
  max-width: 40%;
}

.model {
  flex: 0 1 auto;
  min-width: 0;
}

.elapsed,
.time,
.truth,
dd {
  font-variant-numeric: tabular-nums;
}

[data-tone="live"] {
  --tone: var(--live);
}

[data-tone="wait"] {
  --tone: var(--wait);
}

[data-tone="good"] {
  --tone: var(--good);
}

[data-tone="bad"] {
  --tone: var(--bad);
}

[data-tone="rest"] {
  --tone: var(--quiet);
}

.pill {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  padding: 1px 9px 1px 8px;
  border-radius: 10px;
  color: var(--tone);
  background: color-mix(in srgb, var(--tone) 9%, var(--ground));
}

.dot {
  flex: none;
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--tone, currentColor);
}

.stop,
.jump {
  padding: 1px 10px;
  border: 1px solid var(--line);
  border-radius: 5px;
  color: var(--ink);
  background: var(--ground);
  transition: border-color 120ms, color 120ms;
}

.stop:hover:enabled {
  color: var(--bad);
  border-color: currentColor;
}

.stop:disabled {
  color: var(--quiet);
  cursor: default;
}

.jump {
  position: absolute;
  right: 16px;
  bottom: 38px;
  z-index: 1;
  font-size: 12px;
  border-radius: 12px;
  box-shadow: 0 1px 6px rgb(0 0 0 / 14%);
}

.jump:hover {
  color: var(--live);
  border-color: currentColor;
}

.truth {
  min-width: 0;
  overflow: clip;
  text-overflow: ellipsis;
}

.rawtoggle {
  padding: 1px 6px;
  border-radius: 4px;
}

.rawtoggle:hover,
.rawtoggle[aria-pressed="true"] {
  color: var(--strong);
  background: var(--sunken);
}

.notice {
  padding: 6px 14px;
  font-size: 12px;
  color: var(--tone);
  background: color-mix(in srgb, var(--tone) 7%, var(--ground));
  border-top: 1px solid color-mix(in srgb, var(--tone) 22%, var(--ground));
  overflow-wrap: anywhere;
}
`;

// copy.ts
function mountCopy(parent, markdown, why) {
  const host = el("div", "nbstream-copy");
  const frame = el("section", "frame saved");
  const scroller = el("div", "scroller");
  const column = el("div", "column");
  const text3 = new RichText("prose");
  text3.append(markdown === "" ? "This output holds no text." : markdown);
  text3.flush();
  column.append(text3.element);
  scroller.append(column);
  scroller.tabIndex = 0;
  const line = el("div", "saved-line");
  line.append(el("span", "saved-word", "saved copy"), el("span", "saved-why", `${why} This is what the notebook kept.`));
  frame.setAttribute("aria-label", "saved copy of an agent's output");
  frame.append(line, scroller);
  host.attachShadow({ mode: "open" }).append(el("style", "", frame_default + blocks_default + copy_default), frame);
  const endTheme = followTheme(host);
  parent.append(host);
  return () => {
    endTheme();
    host.remove();
  };
}

// server.ts
var TIMEOUT = 1e4;
var PAGE = 1e3;
var FINAL = /* @__PURE__ */ new Set([400, 401, 403, 404, 405, 410]);
var Refused = class extends Error {
  name = "Refused";
  status;
  reason;
  constructor(status, message, reason) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
  /** Whether it will say the same next time: no extension, no such agent, no right to it. */
  get final() {
    return FINAL.has(this.status);
  }
};
var Server = class {
  #base;
  #place;
  #fetch;
  /** @param base whole and with a slash at its end, for instance that of `/user/bob/` under a hub. */
  constructor(base, place, ask = (input, init) => fetch(input, init)) {
    this.#base = `${base}nbstream/`;
    this.#place = place;
    this.#fetch = ask;
  }
  get socketUrl() {
    return `${this.#base.replace(/^http/, "ws")}ws`;
  }
  /** Where the agent is. Throws `Refused` where this server does not know it. */
  async status(agentId) {
    const message = toView(await this.#json("GET", `${agent(agentId)}/status`));
    if (message?.type === "agent:status" || message?.type === "agent:complete") return message;
    throw new WireError("expected an agent's status");
  }
  /** Saved rows after `since`, in order, as many as fit one answer. */
  async page(agentId, since) {
    return toPage(await this.#json("GET", `${agent(agentId)}/messages?since=${since}&limit=${PAGE}`));
  }
  /** The source as received of one row, or null where nothing was kept. */
  async raw(agentId, sequenceNumber) {
    const query = `since=${sequenceNumber - 1}&limit=1&raw=true`;
    const answer = await this.#json("GET", `${agent(agentId)}/messages?${query}`);
    const row2 = Array.isArray(member(answer, "messages")) ? member(answer, "messages")[0] : null;
    const raw = member(row2, "raw");
    return member(row2, "sequence_number") === sequenceNumber && typeof raw === "string" ? raw : null;
  }
  /** Stops the agent. Throws `Refused` where that was not done. */
  async stop(agentId) {
    await this.#request("DELETE", agent(agentId));
  }
  async #json(method, path) {
    return (await this.#request(method, path)).json();
  }
  async #request(method, path) {
    const headers = { Accept: "application/json" };
    const xsrf = cookieNamed(this.#place.cookie(), "_xsrf");
    if (method !== "GET" && xsrf !== null) headers["X-XSRFToken"] = xsrf;
    const response = await this.#fetch(`${this.#base}api/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT)
    });
    if (!response.ok) throw await refusal(response);
    return response;
  }
};
function findServer(document2, origin) {
  const text3 = document2.getElementById("jupyter-config-data")?.textContent;
  const base = baseUrl(text3 ?? "", origin);
  return base === null ? null : new Server(base, { origin, cookie: () => document2.cookie });
}
function baseUrl(configuration, origin) {
  try {
    const named = member(JSON.parse(configuration), "baseUrl");
    if (typeof named !== "string") return null;
    const url = new URL(named.endsWith("/") ? named : `${named}/`, origin);
    return url.origin === origin && url.protocol.startsWith("http") ? url.origin + url.pathname : null;
  } catch {
    return null;
  }
}
function cookieNamed(cookies, name) {
  for (const pair of cookies.split("; ")) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  return null;
}
function agent(agentId) {
  return `agents/${encodeURIComponent(agentId)}`;
}
function member(value, key) {
  return typeof value === "object" && value !== null ? value[key] : void 0;
}
function toPage(value) {
  const messages = member(value, "messages");
  const head = member(value, "head");
  const nextSince = member(value, "next_since");
  if (!Array.isArray(messages) || typeof head !== "number" || typeof nextSince !== "number") {
    throw new WireError("expected a page with messages, head and next_since");
  }
  return { messages: messages.map(toMessage), head, nextSince, hasMore: member(value, "has_more") === true };
}
async function refusal(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
  }
  const message = member(body, "message");
  const reason = member(body, "reason");
  const said = typeof message === "string" && message !== "" ? message : `the Jupyter server answered ${response.status}`;
  return new Refused(response.status, said, typeof reason === "string" ? reason : null);
}

// cursor.ts
var Cursor = class {
  held = 0;
  see(message) {
    if (message.type !== "agent:message") return;
    for (const row2 of message.messages) if (row2.sequence_number === this.held + 1) this.held += 1;
  }
};

// socket.ts
var PING_AFTER = 1e4;
var PONG_WITHIN = 4e3;
var CONNECT_WITHIN = 8e3;
var LINGER = 1e3;
var TOO_SLOW = 4008;
var PageSocket = class {
  #connect;
  #surroundings;
  #backoff;
  #members = /* @__PURE__ */ new Set();
  #socket = null;
  #open = false;
  #timer;
  #linger;
  #unlisten = null;
  constructor(connect, surroundings, backoff = new Backoff()) {
    this.#connect = connect;
    this.#surroundings = surroundings;
    this.#backoff = backoff;
  }
  get open() {
    return this.#open;
  }
  /** Enters the room of an agent. Returns what leaves it. */
  join(member2) {
    clearTimeout(this.#linger);
    this.#members.add(member2);
    this.#unlisten ??= this.#surroundings.listen(this.#wake);
    if (this.#socket === null) this.#start();
    else if (this.#open) this.#subscribe(member2);
    return () => this.#leave(member2);
  }
  #leave(member2) {
    this.#members.delete(member2);
    const others = [...this.#members].some((other) => other.agentId === member2.agentId);
    if (!others && this.#open) this.#send({ type: "unsubscribe", agent_id: member2.agentId });
    if (this.#members.size === 0) this.#linger = setTimeout(() => this.#end(), LINGER);
  }
  #start() {
    const socket = this.#connect();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#lost(event.code === TOO_SLOW);
    this.#after(CONNECT_WITHIN, () => this.#lost(false));
  }
  #opened() {
    this.#open = true;
    for (const member2 of [...this.#members]) this.#subscribe(member2);
    this.#expectSilence();
  }
  #subscribe(member2) {
    this.#send({ type: "subscribe", agent_id: member2.agentId, since: member2.since });
    member2.up();
  }
  #received(text3) {
    this.#backoff.reset();
    this.#expectSilence();
    const content = parsed(text3);
    const agentId = content?.agent_id;
    for (const member2 of [...this.#members]) if (member2.agentId === agentId) member2.frame(content);
  }
  /** Takes the connection away, tells every view, and tries again. */
  #lost(atOnce) {
    this.#drop();
    for (const member2 of [...this.#members]) member2.down();
    if (this.#members.size > 0) this.#after(atOnce ? 0 : this.#backoff.wait(), () => this.#start());
  }
  #drop() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#open = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
  #end() {
    this.#drop();
    this.#unlisten?.();
    this.#unlisten = null;
  }
  #expectSilence() {
    this.#after(PING_AFTER, () => this.#ping());
  }
  #ping() {
    this.#send({ type: "ping" });
    this.#after(PONG_WITHIN, () => this.#lost(false));
  }
  #send(content) {
    this.#socket?.send(JSON.stringify(content));
  }
  #after(milliseconds, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, milliseconds);
  }
  /** The network or the reader is back: find out now, not at the next turn. */
  #wake = () => {
    if (this.#open) this.#ping();
    else if (this.#socket === null && this.#members.size > 0) this.#start();
  };
};
function sharedSocket(url) {
  const page = globalThis;
  const sockets = page[SOCKETS] ??= /* @__PURE__ */ new Map();
  let socket = sockets.get(url);
  if (socket === void 0) {
    socket = new PageSocket(() => new WebSocket(url), browser);
    sockets.set(url, socket);
  }
  return socket;
}
var SOCKETS = /* @__PURE__ */ Symbol.for("nbstream.sockets.1");
var browser = {
  listen(wake) {
    const seen = () => {
      if (document.visibilityState === "visible") wake();
    };
    for (const name of ["online", "offline"]) window.addEventListener(name, wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
      for (const name of ["online", "offline"]) window.removeEventListener(name, wake);
      document.removeEventListener("visibilitychange", seen);
    };
  }
};
function parsed(text3) {
  try {
    return JSON.parse(String(text3));
  } catch {
    return null;
  }
}

// servertransport.ts
var POLL = 1500;
var PAGES = 1e3;
var ServerTransport = class {
  kind = "server";
  #server;
  #socket;
  #backoff;
  #first;
  #agentId = "";
  #sink = null;
  #cursor = new Cursor();
  #leave = null;
  #asking = false;
  #filling = false;
  #statuses = 0;
  #poll;
  #retry;
  /** @param first the agent's status where somebody has just asked for it. */
  constructor(server, first = null, socket = null, backoff = new Backoff()) {
    this.#server = server;
    this.#socket = socket ?? sharedSocket(server.socketUrl);
    this.#first = first;
    this.#backoff = backoff;
  }
  get agentId() {
    return this.#agentId;
  }
  get since() {
    return this.#cursor.held;
  }
  open(agentId, sink) {
    this.#agentId = agentId;
    this.#sink = sink;
    const first = this.#first;
    this.#first = null;
    if (first === null) void this.#ask();
    else queueMicrotask(() => this.#enter(first));
  }
  subscribe(since) {
    this.#cursor.held = since;
    if (this.#leave === null) void this.#ask();
    else void this.#fill();
  }
  stop() {
    this.#server.stop(this.#agentId).then(
      () => this.#socket.open || void this.#fill(),
      (error) => this.#complain(`The agent was not stopped: ${sentence(error)}`, error)
    );
  }
  raw(sequenceNumber) {
    this.#server.raw(this.#agentId, sequenceNumber).then(
      (raw) => this.#sink?.receive({ type: "agent:raw", agent_id: this.#agentId, sequence_number: sequenceNumber, raw }),
      (error) => this.#complain(`The source of row ${sequenceNumber} was not read: ${sentence(error)}`, error)
    );
  }
  close() {
    this.#sink = null;
    this.#exit();
  }
  frame(content) {
    const sink = this.#sink;
    if (sink === null) return;
    if (content.type === "agent:deleted") {
      sink.gone("This agent was deleted from its store.");
      return;
    }
    try {
      const message = toView(content);
      if (message === null) return;
      this.#cursor.see(message);
      if (message.type === "agent:status" || message.type === "agent:complete") this.#statuses += 1;
      sink.receive(message);
    } catch (error) {
      sink.malformed(error instanceof Error ? error.message : String(error));
    }
  }
  up() {
    clearTimeout(this.#poll);
    this.#poll = void 0;
  }
  down() {
    this.#poll ??= setTimeout(() => {
      this.#poll = void 0;
      void this.#fill();
      this.down();
    }, POLL);
  }
  /** Asks whether the server knows the agent. A server without our extension never sees a WebSocket. */
  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#retry);
    try {
      this.#enter(await this.#server.status(this.#agentId));
    } catch (error) {
      this.#sink?.gone(unreachable(error));
      const again = !(error instanceof Refused && error.final) && this.#sink !== null;
      if (again) this.#retry = setTimeout(() => void this.#ask(), this.#backoff.wait());
    } finally {
      this.#asking = false;
    }
  }
  #enter(status) {
    if (this.#sink === null) return;
    this.#backoff.reset();
    this.#sink.receive(status);
    this.#leave ??= this.#socket.join(this);
  }
  #exit() {
    this.up();
    clearTimeout(this.#retry);
    this.#leave?.();
    this.#leave = null;
  }
  /** Reads what is missing by REST; one question at a time. */
  async #fill() {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const heard = this.#statuses;
      const status = await this.#server.status(this.#agentId);
      if (heard === this.#statuses) this.#sink?.receive(status);
      await this.#pages();
    } catch (error) {
      if (error instanceof Refused && error.final) this.#refused(error);
      else if (!this.#socket.open) this.#sink?.gone(unreachable(error));
    } finally {
      this.#filling = false;
    }
  }
  async #pages() {
    let since = this.#cursor.held;
    for (let pages = 0; pages < PAGES && this.#sink !== null; pages += 1) {
      const page = await this.#server.page(this.#agentId, since);
      const { messages, head } = page;
      const batch = { type: "agent:message", agent_id: this.#agentId, messages, head };
      this.#cursor.see(batch);
      this.#sink?.receive(batch);
      if (!page.hasMore || page.nextSince <= since) return;
      since = page.nextSince;
    }
  }
  /** The server knows the agent no more, or not for this person: only a new question can change that. */
  #refused(error) {
    this.#exit();
    this.#sink?.gone(unreachable(error));
  }
  #complain(message, error) {
    const reason = error instanceof Refused ? error.reason : null;
    this.#sink?.receive({ type: "agent:error", agent_id: this.#agentId, message, reason });
  }
};
function unreachable(error) {
  if (!(error instanceof Refused)) return "The Jupyter server does not answer; trying again.";
  switch (error.status) {
    case 401:
    case 403:
      return "The Jupyter server does not let this page read the agent; log in again and reload.";
    case 404:
      return "The Jupyter server does not know this agent.";
    case 410:
      return "This agent was deleted from its store.";
    default:
      return `The Jupyter server could not read the agent: ${error.message}`;
  }
}
function sentence(error) {
  if (error instanceof Refused) return error.message;
  return "the Jupyter server does not answer.";
}

// blocks.ts
function lookOf(block) {
  if (block.type === "error") return "error";
  if (block.type === "response") return "summary";
  if (block.part === "tool_call_response") return "result";
  if (block.part === "tool_call") return "call";
  if (block.type === "tool") return block.role === "tool" ? "result" : "call";
  if (block.type === "system") return "note";
  if (block.type === "user") return "user";
  return block.part === "reasoning" ? "thought" : "text";
}
function row(look, mark2, ...content) {
  const element = el("div", `row ${look}`);
  element.append(icon("mark", mark2), ...content);
  return element;
}
var RowView = class {
  element;
  constructor(element) {
    this.element = element;
  }
  settle() {
    this.element.removeAttribute("aria-busy");
  }
  remove() {
    this.element.remove();
  }
  /** Screen readers wait with a block until it is whole. */
  grow() {
    this.element.setAttribute("aria-busy", "true");
  }
};
var TextView = class extends RowView {
  #text;
  constructor(block) {
    const text3 = new RichText("prose");
    const look = lookOf(block) === "user" ? "user" : "said";
    super(row(look, look === "user" ? "›" : "", text3.element));
    if (block.part === "refusal") text3.element.classList.add("refusal");
    this.#text = text3;
    text3.append(block.content);
    if (look === "user") text3.flush();
    else this.grow();
  }
  update(change) {
    if (change.kind === "append") this.#text.append(change.text);
    if (change.kind === "replace") this.#text.replace(change.block.content);
    if (change.kind === "settle") this.settle();
    else this.grow();
  }
  settle() {
    super.settle();
    this.#text.flush();
  }
};
var ThoughtView = class extends RowView {
  #text;
  #label;
  #glimpse;
  #block;
  constructor(block) {
    const fold = el("details", "thought");
    const summary = el("summary");
    const label2 = el("span", "label", "Thinking…");
    const glimpse = el("span", "glimpse");
    const text3 = new RichText("prose");
    summary.append(label2, glimpse);
    fold.append(summary, text3.element);
    super(row("mind", "", fold));
    this.#block = block;
    this.#text = text3;
    this.#label = label2;
    this.#glimpse = glimpse;
    text3.append(block.content);
    this.#glance(block.content);
    this.grow();
  }
  update(change) {
    this.#block = change.block;
    if (change.kind === "append") {
      this.#text.append(change.text);
      if (change.block.content.length < 400) this.#glance(change.block.content);
    }
    if (change.kind === "replace") {
      this.#text.replace(change.block.content);
      this.#glance(change.block.content);
    }
    this.grow();
  }
  settle() {
    super.settle();
    this.#text.flush();
    const took = between(this.#block.created_at, this.#block.ended_at) ?? 0;
    setText(this.#label, took >= 100 ? `Thought for ${duration(took)}` : "Thought");
  }
  #glance(content) {
    setText(this.#glimpse, content.slice(0, 200).replace(/\s+/g, " ").trim());
  }
};
var NoteView = class extends RowView {
  #place;
  constructor(block) {
    const place = el("div", "stack");
    super(row("note", "", place));
    this.#place = place;
    this.#show(block);
  }
  update(change) {
    this.#place.replaceChildren();
    this.#show(change.block);
  }
  #show(block) {
    const kind = textOf(block.metadata[KIND]) ?? "note";
    this.element.dataset["kind"] = kind;
    const content = visible(block.content);
    const line = el("span", "line", content.slice(0, 300).replace(/\s+/g, " "));
    if (content.length <= 120 && !content.trim().includes("\n")) {
      const plain = el("div", "small");
      plain.append(el("span", "kind", kind), line);
      this.#place.append(plain);
      return;
    }
    const fold = el("details", "small");
    const summary = el("summary");
    summary.append(el("span", "kind", kind), line);
    const pre = el("pre");
    pre.tabIndex = 0;
    new LineWriter(pre).write(content);
    fold.append(summary, pre);
    this.#place.append(fold);
  }
};
var ErrorView = class extends RowView {
  #writer;
  #box;
  constructor(block) {
    const box = el("div", "error");
    super(row("wrong", "✗", box));
    this.#box = box;
    this.#writer = new LineWriter(box);
    this.#writer.write(visible(block.content));
  }
  update(change) {
    if (change.kind === "append") this.#writer.write(visible(change.text));
    if (change.kind === "replace") {
      this.#box.replaceChildren();
      new LineWriter(this.#box).write(visible(change.block.content));
    }
  }
};
var SummaryView = class extends RowView {
  #place;
  constructor(block) {
    const place = el("div", "stack");
    super(row("sum", "", place));
    this.#place = place;
    this.#show(block);
  }
  update(change) {
    this.#place.replaceChildren();
    this.#show(change.block);
  }
  #show(block) {
    const failed = block.metadata[IS_ERROR] === true;
    const card = el("div", failed ? "summary bad" : "summary");
    if (failed && block.content.trim() !== "") card.append(el("div", "reason", visible(block.content)));
    const figures = el("dl");
    for (const [name, value] of summaryFigures(block)) {
      const figure = el("div");
      figure.append(el("dt", "", name), el("dd", "", value));
      figures.append(figure);
    }
    card.append(figures);
    this.#place.append(card);
  }
};
function summaryFigures(block) {
  const { metadata } = block;
  const figures = [["status", metadata[IS_ERROR] === true ? "failed" : "finished"]];
  const add = (name, key, format) => {
    const value = numberOf(metadata[key]);
    if (value !== null) figures.push([name, format(value)]);
  };
  add("took", DURATION_MS, duration);
  add("turns", TURNS, count);
  add("input", INPUT_TOKENS, count);
  add("cached", CACHE_READ_TOKENS, count);
  add("output", OUTPUT_TOKENS, count);
  add("cost", COST_USD, cost);
  return figures;
}

// state.ts
var SILENCE_LIMIT = 25;
function isTerminal(record) {
  return record !== null && record.status !== "created" && record.status !== "running";
}
function stateOf(situation) {
  const { record, live, behind, gone } = situation;
  if (record !== null && isTerminal(record) && behind === 0) return ending(record);
  if (gone !== null) return kernelGone(situation.agentId);
  if (record === null) return state("connecting", "connecting", "wait");
  if (behind > 0) return state("catching-up", `catching up · ${count(behind)} behind`, "wait");
  if (situation.silence >= SILENCE_LIMIT) {
    return state("stalled", "stalled", "wait", "the kernel does not answer; it may be busy");
  }
  return live === null ? state("live", "live", "live") : linked(live);
}
function linked(live) {
  switch (live.state) {
    case "starting":
      return state("starting", "starting", "wait", live.detail);
    case "live":
    case "ended":
      return state("live", "live", "live");
    case "reconnecting":
      return state("reconnecting", "reconnecting", "wait", live.detail);
    case "stalled":
      return state("stalled", "stalled", "wait", live.detail);
    case "save-failed":
      return state("save-failed", "not saved", "bad", live.detail);
    case "gone":
      return state("source-gone", "source gone", "bad", live.detail);
  }
}
function ending(record) {
  switch (record.status) {
    case "completed":
      return state("finished", "finished", "good");
    case "stopped":
      return state("stopped", "stopped", "rest");
    case "failed":
      return state("failed", "failed", "bad", record.error);
    default:
      return state("interrupted", "interrupted", "wait", record.error);
  }
}
function kernelGone(agentId) {
  const detail = `The kernel behind this view is gone; what was shown is saved. Run nbs.attach("${agentId}") in a new cell.`;
  return state("kernel-gone", "kernel gone", "bad", detail);
}
function state(key, label2, tone, detail = null) {
  return { key, label: label2, tone, detail };
}

// chrome.ts
var STOP_AGAIN = 8e3;
var Header = class {
  element = el("header");
  #source = el("span", "source", "agent");
  #model = el("span", "model");
  #pill = el("span", "pill");
  #label = el("span", "label");
  #elapsed = el("span", "elapsed");
  #stop = el("button", "stop", "Stop");
  #stopped = null;
  constructor(onStop) {
    this.#stop.type = "button";
    this.#stop.hidden = true;
    this.#stop.addEventListener("click", () => {
      this.#stopped = performance.now();
      this.#showStop(true);
      onStop();
    });
    this.#pill.append(icon("dot", ""), this.#label);
    this.element.append(this.#source, this.#model, this.#pill, el("span", "space"), this.#elapsed, this.#stop);
  }
  update(record, state2) {
    this.#pill.dataset["tone"] = state2.tone;
    setText(this.#label, state2.label);
    this.#pill.title = state2.detail ?? "";
    if (record === null) return;
    setText(this.#source, record.source);
    setText(this.#model, record.model ?? "");
    setText(this.#elapsed, elapsed(record));
    this.#showStop(!isTerminal(record) && state2.key !== "kernel-gone");
  }
  #showStop(possible) {
    const waiting = this.#stopped !== null && performance.now() - this.#stopped < STOP_AGAIN;
    this.#stop.hidden = !possible;
    this.#stop.disabled = waiting;
    setText(this.#stop, waiting ? "Stopping…" : "Stop");
  }
};
function elapsed(record) {
  const start = record.started_at ?? record.created_at;
  const end = record.completed_at ?? (isTerminal(record) ? null : (/* @__PURE__ */ new Date()).toISOString());
  const took = between(start, end);
  return took === null ? "" : clock(took);
}
var Footer = class {
  element = el("footer");
  #dot = icon("dot", "");
  #line = el("span", "truth");
  #raw = el("button", "rawtoggle", "raw");
  constructor(onRaw) {
    this.#raw.type = "button";
    this.#raw.title = "Show the source as received, block by block";
    this.#raw.setAttribute("aria-pressed", "false");
    this.#raw.addEventListener("click", () => {
      const on = this.#raw.getAttribute("aria-pressed") !== "true";
      this.#raw.setAttribute("aria-pressed", String(on));
      onRaw(on);
    });
    this.element.append(this.#dot, this.#line, el("span", "space"), this.#raw);
  }
  update(state2, truth) {
    this.#dot.dataset["tone"] = truth.conflicts + truth.malformed > 0 ? "bad" : state2.tone;
    setText(this.#line, truthLine(state2, truth));
  }
};
function truthLine(state2, truth) {
  const parts = [state2.key.replace("-", " ")];
  parts.push(truth.contiguous > 0 ? `seq 1–${truth.contiguous}` : "no rows yet");
  if (truth.head > truth.contiguous) parts.push(`head ${truth.head}`);
  parts.push(plural(truth.holes, "hole"));
  if (truth.duplicates > 0) parts.push(`${count(truth.duplicates)} ${truth.duplicates === 1 ? "duplicate" : "duplicates"} refused`);
  if (truth.conflicts > 0) parts.push(plural(truth.conflicts, "conflict"));
  if (truth.malformed > 0) parts.push(`${count(truth.malformed)} malformed`);
  if (truth.contiguous > 0) parts.push("saved");
  parts.push(truth.transport);
  return parts.join(" · ");
}

// fold.ts
var Fold = class {
  #last = 0;
  #blocks = /* @__PURE__ */ new Map();
  /**
   * Adds the next row. Returns what it changed, or null where a reader sees no difference.
   *
   * Throws RangeError when rows do not come in sequence order.
   */
  add(row2) {
    if (row2.sequence_number <= this.#last) {
      throw new RangeError(`expected a row after ${this.#last}, got ${row2.sequence_number}: merge through MessageLog`);
    }
    this.#last = row2.sequence_number;
    if (row2.op === "note" || row2.block === null) return this.#note(row2);
    const key = `block ${row2.block}`;
    const block = this.#blocks.get(key);
    if (row2.op === "drop") {
      this.#blocks.delete(key);
      return block === void 0 ? null : { kind: "drop", block };
    }
    if (block === void 0) return this.#open(key, row2);
    return row2.op === "append" ? extend(block, row2) : settle(block, row2);
  }
  /** The transcript, in the order in which its blocks began. */
  blocks() {
    return [...this.#blocks.values()].sort((a, b) => a.sequence_number - b.sequence_number);
  }
  #note(row2) {
    if (BOOKKEEPING.has(String(row2.metadata[KIND])) || row2.op === "drop") return null;
    return this.#open(`note ${row2.sequence_number}`, row2);
  }
  #open(key, row2) {
    const block = {
      key,
      block: row2.block,
      sequence_number: row2.sequence_number,
      last_sequence_number: row2.sequence_number,
      type: row2.type,
      role: row2.role,
      part: row2.part,
      content: row2.content,
      metadata: row2.metadata,
      created_at: row2.created_at,
      ended_at: row2.created_at,
      whole: row2.op !== "append"
    };
    this.#blocks.set(key, block);
    return { kind: "open", block };
  }
};
function extend(block, row2) {
  touch(block, row2);
  block.content += row2.content;
  return { kind: "append", block, text: row2.content };
}
function settle(block, row2) {
  touch(block, row2);
  const before = block.content;
  const sameKind = block.type === row2.type && block.part === row2.part;
  block.content = row2.content;
  block.type = row2.type;
  block.role = row2.role;
  block.part = row2.part;
  if (!sameKind || !row2.content.startsWith(before)) return { kind: "replace", block };
  const rest = row2.content.slice(before.length);
  return rest === "" ? { kind: "settle", block } : { kind: "append", block, text: rest };
}
function touch(block, row2) {
  block.last_sequence_number = row2.sequence_number;
  block.ended_at = row2.created_at;
  block.whole = row2.op === "set";
  if (Object.keys(row2.metadata).length > 0) block.metadata = row2.metadata;
}

// follow.ts
var NEAR = 24;
var BottomFollower = class {
  #scroller;
  #jump;
  #following = true;
  #lastTop = 0;
  constructor(scroller, jump) {
    this.#scroller = scroller;
    this.#jump = jump;
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    jump.addEventListener("click", this.#jumped);
  }
  /** After new content: goes to the bottom if that is where the reader is. */
  keep() {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
    this.#jump.hidden = this.#following;
  }
  #near() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }
  #scrolled = () => {
    const top = this.#scroller.scrollTop;
    if (this.#near()) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    this.#jump.hidden = this.#following;
  };
  #jumped = () => {
    this.#following = true;
    this.keep();
    this.#scroller.focus({ preventScroll: true });
  };
};

// frame.ts
var PATIENCE = 250;
var FrameClock = class {
  #paint;
  #frame = 0;
  #timer = 0;
  constructor(paint) {
    this.#paint = paint;
  }
  /** Asks for a paint; many requests before it make one. */
  request() {
    if (this.#timer !== 0) return;
    this.#timer = window.setTimeout(this.#run, PATIENCE);
    if (!document.hidden) this.#frame = requestAnimationFrame(this.#run);
  }
  stop() {
    window.clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#timer = 0;
  }
  #run = () => {
    this.stop();
    this.#paint();
  };
};

// log.ts
var MessageLog = class {
  /** Deliveries of rows that were already here. */
  duplicates = 0;
  conflicts = [];
  #byId = /* @__PURE__ */ new Map();
  #byNumber = /* @__PURE__ */ new Map();
  #ordered = [];
  #contiguous = 0;
  #head = 0;
  /** Takes a delivery. Returns the rows that were new, in sequence order. */
  merge(messages) {
    const added = [];
    for (const message of messages) {
      if (this.#isNew(message)) {
        this.#byId.set(message.id, message);
        this.#byNumber.set(message.sequence_number, message);
        added.push(message);
      }
    }
    added.sort((a, b) => a.sequence_number - b.sequence_number);
    this.#insert(added);
    while (this.#byNumber.has(this.#contiguous + 1)) this.#contiguous += 1;
    return added;
  }
  /** Learns how far the store is; the head never goes back. */
  noteHead(head) {
    this.#head = Math.max(this.#head, head);
  }
  /** The highest n such that every row 1..n is here; the cursor to subscribe from. */
  get contiguous() {
    return this.#contiguous;
  }
  /** The highest sequence number known to be saved, here or only heard of. */
  get head() {
    return Math.max(this.#head, this.#ordered.at(-1)?.sequence_number ?? 0);
  }
  get size() {
    return this.#ordered.length;
  }
  get complete() {
    return this.#contiguous === this.head;
  }
  /** Every missing range up to the head. Costs only the rows beyond the first hole. */
  holes() {
    const holes = [];
    let expected = this.#contiguous + 1;
    for (let i = this.#contiguous; i < this.#ordered.length; i += 1) {
      const number = this.#ordered[i].sequence_number;
      if (number > expected) holes.push({ from: expected, to: number - 1 });
      expected = number + 1;
    }
    if (expected <= this.#head) holes.push({ from: expected, to: this.#head });
    return holes;
  }
  /** The row with that sequence number, if it is here. */
  at(sequenceNumber) {
    return this.#byNumber.get(sequenceNumber);
  }
  /** All rows in sequence order; not a copy. */
  messages() {
    return this.#ordered;
  }
  #isNew(message) {
    const sameId = this.#byId.get(message.id);
    if (sameId !== void 0) {
      if (sameRow(sameId, message)) this.duplicates += 1;
      else this.conflicts.push({ kind: "same id, other content", kept: sameId, refused: message });
      return false;
    }
    const sameNumber = this.#byNumber.get(message.sequence_number);
    if (sameNumber !== void 0) {
      this.conflicts.push({ kind: "same number, other id", kept: sameNumber, refused: message });
      return false;
    }
    return true;
  }
  #insert(added) {
    const first = added[0];
    if (first === void 0) return;
    if (first.sequence_number > (this.#ordered.at(-1)?.sequence_number ?? 0)) {
      for (const message of added) this.#ordered.push(message);
    } else {
      this.#ordered = mergeSorted(this.#ordered, added);
    }
  }
};
function sameRow(a, b) {
  return a.sequence_number === b.sequence_number && a.content === b.content && a.op === b.op && a.block === b.block && a.type === b.type && a.role === b.role && a.part === b.part;
}
function mergeSorted(left, right) {
  const merged = [];
  let i = 0;
  for (const message of right) {
    while (i < left.length && left[i].sequence_number < message.sequence_number) merged.push(left[i++]);
    merged.push(message);
  }
  while (i < left.length) merged.push(left[i++]);
  return merged;
}

// refill.ts
var FIRST2 = 250;
var LONGEST2 = 5e3;
var Refill = class {
  #contiguous = -1;
  #due = null;
  #pause = FIRST2;
  /**
   * Whether to subscribe again now.
   *
   * @param now milliseconds on any steady clock.
   * @param contiguous the highest number up to which nothing is missing.
   * @param behind whether something is missing at all.
   */
  due(now, contiguous, behind) {
    const progressed = contiguous !== this.#contiguous;
    this.#contiguous = contiguous;
    if (!behind) {
      this.#due = null;
      return false;
    }
    if (progressed || this.#due === null) {
      this.#pause = FIRST2;
      this.#due = now + FIRST2;
      return false;
    }
    if (now < this.#due) return false;
    this.#pause = Math.min(this.#pause * 2, LONGEST2);
    this.#due = now + this.#pause;
    return true;
  }
};

// output.ts
var PREVIEW_LINES = 8;
var PREVIEW_CHARACTERS = 1200;
var WHOLE_LINES = 12;
var WHOLE_CHARACTERS = 2e3;
var OutputPane = class {
  element = el("div", "output");
  #pre = el("pre");
  #more = el("button", "more");
  #content = "";
  #lines = 1;
  #open = false;
  #writer = null;
  constructor() {
    this.#pre.tabIndex = 0;
    this.#more.type = "button";
    this.#more.hidden = true;
    this.#more.addEventListener("click", () => {
      this.#open = !this.#open;
      this.#draw();
    });
    this.element.append(this.#pre, this.#more);
    this.element.hidden = true;
  }
  replace(content) {
    this.#content = "";
    this.#lines = 1;
    this.#writer = null;
    this.append(content);
  }
  append(text3) {
    const wasCut = this.#cut();
    this.#content += text3;
    for (let at = text3.indexOf("\n"); at >= 0; at = text3.indexOf("\n", at + 1)) this.#lines += 1;
    this.element.hidden = this.#content.trim() === "";
    if (this.#open && this.#writer !== null) this.#writer.write(visible(text3));
    else if (!wasCut || this.#writer === null) this.#draw();
    this.#label();
  }
  #cut() {
    return this.#lines > WHOLE_LINES || this.#content.length > WHOLE_CHARACTERS;
  }
  #draw() {
    const all = this.#open || !this.#cut();
    this.#pre.replaceChildren();
    this.#writer = new LineWriter(this.#pre);
    this.#writer.write(visible(all ? this.#content.slice(0, BLOCK_LIMIT) : firstLines(this.#content)).trimEnd());
    this.#pre.classList.toggle("faded", !all);
    this.#label();
  }
  #label() {
    this.#more.hidden = !this.#cut();
    this.#more.setAttribute("aria-expanded", String(this.#open));
    const size = this.#lines > WHOLE_LINES ? `${count(this.#lines)} lines` : `${count(this.#content.length)} characters`;
    const beyond = this.#content.length > BLOCK_LIMIT ? ", the first 1 MB here" : "";
    this.#more.textContent = this.#open ? "show less" : `show all ${size}${beyond}`;
  }
};
function firstLines(content) {
  let end = -1;
  for (let line = 0; line < PREVIEW_LINES; line += 1) {
    const next = content.indexOf("\n", end + 1);
    if (next < 0) break;
    end = next;
  }
  return content.slice(0, Math.min(end > 0 ? end : content.length, PREVIEW_CHARACTERS));
}

// toolcard.ts
var MARKS = { running: "", ok: "✓", bad: "✗", open: "–" };
var WORDS = { running: "running", ok: "done", bad: "failed", open: "no result" };
var COUNT_AFTER = 2e3;
var ToolCard = class {
  element = el("div", "row tool");
  #column = el("div", "stack");
  #card = el("div", "card");
  #mark = icon("outcome", "");
  #word = el("span", "unseen");
  #name = el("span", "name");
  #headline = el("span", "headline");
  #time = el("span", "time");
  #output = new OutputPane();
  #head = el("div", "head");
  #call;
  #outcome = "running";
  #lane = null;
  #laneLabel = null;
  #laneTools = 0;
  constructor(call) {
    this.#call = call;
    this.#head.append(this.#mark, this.#word, this.#name, this.#headline, this.#time);
    this.#card.append(this.#head, this.#output.element);
    this.#column.append(this.#card);
    this.element.append(icon("mark", ""), this.#column);
    this.#setOutcome("running");
    if (call !== null) this.#showCall(call);
  }
  get running() {
    return this.#outcome === "running";
  }
  update(change) {
    this.#call = change.block;
    this.#showCall(change.block);
  }
  /** The input is whole: reads it once. */
  settle() {
    const call = this.#call;
    if (call === null) return;
    const input = toolInput(call.content);
    setText(this.#headline, visible(input.headline));
    this.#showFields(input.fields);
  }
  remove() {
    this.element.remove();
  }
  /** The agent is over: a call without a result gets none. */
  end() {
    this.settle();
    if (this.#outcome === "running") this.#setOutcome("open");
  }
  /** Counts the time of a call that takes long. */
  tick(now) {
    const started = this.#call?.ended_at;
    if (!this.running || started === void 0) return;
    const took = now - Date.parse(started);
    if (took >= COUNT_AFTER) setText(this.#time, duration(took));
  }
  /** The view of a result, which lives in this card. */
  result(block) {
    this.settle();
    this.#showResult(block);
    this.#output.replace(block.content);
    return {
      element: this.#output.element,
      update: (change) => {
        if (change.kind === "append") this.#output.append(change.text);
        if (change.kind === "replace") this.#output.replace(change.block.content);
        this.#showResult(change.block);
      },
      settle: () => void 0,
      remove: () => {
        this.#output.replace("");
        this.#setOutcome("running");
        setText(this.#time, "");
      }
    };
  }
  /** Where the rows of this call's subagent go. */
  lane() {
    if (this.#lane === null) {
      const box = el("div", "lane");
      this.#laneLabel = el("div", "lanelabel", "subagent");
      this.#lane = el("div", "rows");
      box.append(this.#laneLabel, this.#lane);
      this.#column.append(box);
    }
    return this.#lane;
  }
  /** One more tool call in the lane. */
  countTool() {
    this.#laneTools += 1;
    if (this.#laneLabel !== null) setText(this.#laneLabel, `subagent · ${plural(this.#laneTools, "tool")}`);
  }
  #showCall(call) {
    setText(this.#name, visible(textOf(call.metadata[TOOL_NAME]) ?? "tool"));
    if (!call.whole && call.content.length < 800) setText(this.#headline, visible(partialHeadline(call.content)));
  }
  #showResult(block) {
    if (this.#call === null) setText(this.#name, visible(textOf(block.metadata[TOOL_NAME]) ?? "tool result"));
    this.#setOutcome(block.metadata[IS_ERROR] === true ? "bad" : "ok");
    const took = numberOf(block.metadata[DURATION_MS]) ?? between(this.#call?.ended_at ?? null, block.created_at);
    setText(this.#time, took === null ? "" : duration(took));
  }
  #setOutcome(outcome) {
    this.#outcome = outcome;
    this.#card.dataset["outcome"] = outcome;
    setText(this.#mark, MARKS[outcome]);
    setText(this.#word, WORDS[outcome]);
  }
  /** With more input than its headline, the head opens to show the rest. */
  #showFields(fields2) {
    const before = this.#head;
    const parts = [this.#mark, this.#word, this.#name, this.#headline, this.#time];
    if (fields2.length === 0) {
      if (before.tagName !== "DETAILS") return;
      this.#head = el("div", "head");
      this.#head.append(...parts);
    } else {
      const fold = el("details");
      const summary = el("summary", "head");
      summary.append(...parts);
      fold.append(summary, fieldList(fields2));
      fold.open = before instanceof HTMLDetailsElement && before.open;
      this.#head = fold;
    }
    before.replaceWith(this.#head);
  }
};
var FIELD_LIMIT = 40;
function fieldList(fields2) {
  const list = el("dl", "fields");
  for (const { name, value } of fields2.slice(0, FIELD_LIMIT)) {
    const written = el("dd");
    new LineWriter(written).write(visible(value.slice(0, 1e5)));
    list.append(el("dt", "", visible(name)), written);
  }
  if (fields2.length > FIELD_LIMIT) list.append(el("dt", "", "…"), el("dd", "cut", plural(fields2.length - FIELD_LIMIT, "more field")));
  return list;
}

// transcript.ts
var Transcript = class {
  element = el("div", "rows");
  /** Asked for the raw source of a row. */
  onRaw = null;
  #shown = /* @__PURE__ */ new Map();
  /** The latest card of each call id: a source may use an id again. */
  #cards = /* @__PURE__ */ new Map();
  #running = /* @__PURE__ */ new Set();
  #errors = /* @__PURE__ */ new Set();
  /** The block that is growing, in each lane. */
  #growing = /* @__PURE__ */ new Map();
  /** Whether something on the page already tells that work goes on. */
  get active() {
    return this.#growing.size > 0 || this.#running.size > 0;
  }
  apply(change) {
    const { block } = change;
    const shown2 = this.#shown.get(block.key);
    if (change.kind === "drop") {
      if (shown2 !== void 0) this.#remove(block, shown2);
      return;
    }
    if (shown2 === void 0) this.#open(block);
    else if (shown2.look !== lookOf(block)) this.#exchange(block, shown2);
    else {
      shown2.view.update(change);
      this.#link(block, shown2.view);
      this.#grow(block, shown2);
    }
  }
  /** Whether an error on the page says that already. */
  tells(detail) {
    return detail !== null && this.#errors.has(detail.trim());
  }
  /** Counts on: called once a second. */
  tick(now) {
    for (const card of this.#running) card.tick(now);
  }
  /** The agent is over: nothing grows, nothing runs. */
  end() {
    for (const view of this.#growing.values()) view.settle();
    this.#growing.clear();
    for (const card of this.#running) card.end();
    this.#running.clear();
  }
  #open(block) {
    const parent = this.#cards.get(textOf(block.metadata[PARENT]) ?? "");
    const container = parent?.lane() ?? this.element;
    const look = lookOf(block);
    const view = this.#viewOf(block, look);
    const shown2 = { view, look, container };
    this.#shown.set(block.key, shown2);
    if (look === "call") parent?.countTool();
    if (!view.element.isConnected && view.element.parentElement === null) {
      container.append(view.element);
      this.#offerRaw(block, view.element);
    }
    this.#link(block, view);
    this.#grow(block, shown2);
  }
  #viewOf(block, look) {
    switch (look) {
      case "user":
      case "text":
        return new TextView(block);
      case "thought":
        return new ThoughtView(block);
      case "note":
        return new NoteView(block);
      case "error":
        this.#errors.add(block.content.trim());
        return new ErrorView(block);
      case "summary":
        return new SummaryView(block);
      case "call":
        return new ToolCard(block);
      case "result":
        return this.#resultOf(block);
    }
  }
  #resultOf(block) {
    const card = this.#cards.get(textOf(block.metadata[TOOL_CALL_ID]) ?? "");
    if (card !== void 0) {
      this.#running.delete(card);
      return card.result(block);
    }
    const alone = new ToolCard(null);
    alone.result(block);
    return { element: alone.element, update: (change) => alone.result(change.block), settle: noop, remove: () => alone.remove() };
  }
  /** Remembers a card by its call id, which may come later than the card. */
  #link(block, view) {
    const id = textOf(block.metadata[TOOL_CALL_ID]);
    if (!(view instanceof ToolCard) || id === null || this.#cards.get(id) === view) return;
    this.#cards.set(id, view);
    if (view.running) this.#running.add(view);
  }
  /** One block grows in each lane; the one before it is whole then. */
  #grow(block, shown2) {
    const before = this.#growing.get(shown2.container);
    if (before !== void 0 && before !== shown2.view) before.settle();
    if (block.whole) {
      shown2.view.settle();
      this.#growing.delete(shown2.container);
    } else {
      this.#growing.set(shown2.container, shown2.view);
    }
  }
  #exchange(block, shown2) {
    const place = document.createComment("");
    shown2.view.element.before(place);
    this.#remove(block, shown2);
    this.#open(block);
    const element = this.#shown.get(block.key)?.view.element;
    if (element?.parentElement === place.parentElement && element !== void 0) place.before(element);
    place.remove();
  }
  #remove(block, shown2) {
    if (this.#growing.get(shown2.container) === shown2.view) this.#growing.delete(shown2.container);
    if (shown2.view instanceof ToolCard) this.#running.delete(shown2.view);
    shown2.view.remove();
    this.#shown.delete(block.key);
  }
  /** A button that is there in raw mode only, and shows the source of the block's last row under it. */
  #offerRaw(block, element) {
    const button = el("button", "rawbutton", "raw");
    button.type = "button";
    button.addEventListener("click", () => {
      const open = element.querySelector(":scope > .rawanswer");
      if (open !== null) {
        open.remove();
        return;
      }
      const answer = el("pre", "rawanswer", `asking for the source of seq ${block.last_sequence_number} …`);
      answer.tabIndex = 0;
      element.append(answer);
      this.onRaw?.(block.last_sequence_number, answer);
    });
    element.append(button);
  }
};
function noop() {
}

// cards.css
var cards_default = `/* A tool call's card, the end of a run, the raw source, narrow cells. A single ' here makes esbuild keep the line ends. */

/* ── tool calls ────────────────────────────────────────────────────────── */

.card {
  border: 1px solid var(--line);
  border-radius: 6px;
  overflow: clip;
}

.head {
  display: flex;
  gap: 8px;
  align-items: baseline;
  padding: 4px 11px;
  min-height: 29px;
}

summary.head:hover {
  background: var(--wash);
}

summary.head:focus-visible {
  outline-offset: -2px;
}

.outcome {
  flex: none;
  width: 12px;
  text-align: center;
}

[data-outcome="ok"] .outcome {
  color: var(--good);
}

[data-outcome="bad"] .outcome {
  color: var(--bad);
}

[data-outcome="open"] .outcome {
  color: var(--quiet);
}

[data-outcome="running"] .outcome {
  align-self: center;
  height: 11px;
  width: 11px;
  margin: 0 0.5px;
  border-radius: 50%;
  border: 1.5px solid color-mix(in srgb, var(--live) 25%, transparent);
  border-top-color: var(--live);
  animation: turn 0.9s linear infinite;
}

@keyframes turn {
  to {
    rotate: 1turn;
  }
}

.name {
  flex: none;
  max-width: 45%;
  overflow: clip;
  text-overflow: ellipsis;
  white-space: nowrap;
  color: var(--strong);
  font-weight: 600;
}

.headline {
  flex: 1;
  min-width: 0;
  overflow: clip;
  text-overflow: ellipsis;
  white-space: nowrap;
  font: 12px/1.5 var(--code-font);
}

.time {
  flex: none;
  color: var(--quiet);
  font-size: 12px;
}

div.head > .time {
  margin-right: 14px;
}

summary.head::after {
  content: "";
  flex: none;
  align-self: center;
  width: 5px;
  height: 5px;
  margin: -3px 1px 0 0;
  border: solid var(--quiet);
  border-width: 0 1.5px 1.5px 0;
  rotate: 45deg;
}

details[open] > summary.head::after {
  margin-top: 3px;
  rotate: 225deg;
}

.fields {
  display: grid;
  grid-template-columns: minmax(60px, max-content) minmax(0, 1fr);
  gap: 3px 12px;
  margin: 0;
  padding: 7px 11px 8px;
  border-top: 1px solid var(--hair);
  font: 12px/1.5 var(--code-font);
}

.fields dt {
  color: var(--quiet);
}

.fields dd {
  margin: 0;
  max-height: 320px;
  overflow: auto;
  white-space: pre-wrap;
}

.output {
  border-top: 1px solid var(--hair);
  background: var(--wash);
}

.output pre {
  padding: 6px 11px;
  white-space: pre-wrap;
}

.output pre.faded {
  padding-bottom: 0;
  mask-image: linear-gradient(#000 60%, rgb(0 0 0 / 35%));
}

[data-outcome="bad"] .output pre {
  color: var(--bad);
}

.more {
  display: block;
  width: 100%;
  padding: 2px 11px 5px;
  text-align: left;
  font-size: 12px;
  color: var(--quiet);
}

.more:hover {
  color: var(--live);
}

.more:focus-visible {
  outline-offset: -2px;
}

.lane {
  margin: 8px 0 0 2px;
  padding-left: 0;
  border-left: 2px solid color-mix(in srgb, var(--live) 45%, var(--ground));
}

.lanelabel {
  margin: 0 0 6px 22px;
  font-size: 12px;
  color: var(--quiet);
}

/* Without anybody to hear from, nothing turns. */
.frame.still * {
  animation: none;
}

/* ── the end ───────────────────────────────────────────────────────────── */

.summary {
  border: 1px solid var(--line);
  border-radius: 6px;
}

.summary dl {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 32px;
  margin: 0;
  padding: 7px 12px 8px;
}

.summary dt {
  font-size: 11px;
  line-height: 1.5;
  color: var(--quiet);
}

.summary dd {
  margin: 0;
  color: var(--strong);
}

.summary dl > :first-child dd {
  color: var(--good);
}

.summary.bad dl > :first-child dd,
.summary .reason {
  color: var(--bad);
}

.summary .reason {
  padding: 7px 12px 0;
  white-space: pre-wrap;
}

/* ── raw ───────────────────────────────────────────────────────────────── */

.rawbutton {
  display: none;
}

.rawmode .rawbutton {
  display: block;
  grid-column: 2;
  justify-self: start;
  color: var(--quiet);
  font: 11px/1.6 var(--code-font);
  text-decoration: underline;
  text-underline-offset: 2px;
}

.rawmode .rawbutton:hover {
  color: var(--live);
}

.rawanswer {
  display: none;
}

.rawmode .rawanswer {
  display: block;
  grid-column: 2;
  max-height: 260px;
  padding: 6px 10px;
  border-radius: 6px;
  background: var(--sunken);
  white-space: pre-wrap;
}

/* ── narrow cells, calm, print ─────────────────────────────────────────── */

@container (max-width: 460px) {
  header,
  footer {
    gap: 8px;
    padding: 0 10px;
  }

  .model {
    display: none;
  }

  footer {
    padding-block: 4px;
  }

  .truth {
    white-space: normal;
  }

  .column {
    padding: 10px 10px 10px 4px;
  }

  .row {
    column-gap: 3px;
  }

  .fields {
    grid-template-columns: minmax(0, 1fr);
    gap: 0;
  }

  .fields dd {
    margin-bottom: 6px;
  }

  .summary dl {
    gap: 4px 20px;
  }
}

@media (prefers-reduced-motion: reduce) {
  *,
  *::before,
  *::after {
    animation: none !important;
    transition: none !important;
  }
}

@media print {
  .scroller {
    max-height: none;
  }
}
`;

// view.ts
var PAINT_TIME = 10;
var PROBE_AFTER = 10;
var FRAME_PACE = 100;
var CHECK = 250;
function mountView(parent, agentId, transport) {
  const view = new AgentView(parent, agentId, transport);
  return () => view.close();
}
var AgentView = class {
  #agentId;
  #transport;
  #log = new MessageLog();
  #fold = new Fold();
  #refill = new Refill();
  #transcript = new Transcript();
  #host = el("div", "nbstream-root");
  #frameElement = el("section", "frame");
  #notice = el("div", "notice");
  #prompt = el("div", "rows prompt");
  #pulse = el("div", "pulse");
  #header;
  #footer;
  #follower;
  #frame = new FrameClock(() => this.#paint());
  #endTheme;
  #ticker;
  #rawAnswers = /* @__PURE__ */ new Map();
  #checker = 0;
  #settling = 0;
  #framed = 0;
  #painted = 0;
  #firstUser = true;
  #record = null;
  #live = null;
  #error = null;
  #gone = null;
  #duplicates = 0;
  #malformed = 0;
  #heard = performance.now();
  #probed = performance.now();
  constructor(parent, agentId, transport) {
    this.#agentId = agentId;
    this.#transport = transport;
    const column = el("div", "column");
    const scroller = el("div", "scroller");
    const jump = el("button", "jump", "↓ latest");
    const frame = this.#frameElement;
    this.#header = new Header(() => transport.stop());
    this.#footer = new Footer((on) => frame.classList.toggle("rawmode", on));
    this.#follower = new BottomFollower(scroller, jump);
    this.#transcript.onRaw = (number, answer) => this.#askRaw(number, answer);
    label(frame, scroller, jump, this.#notice);
    column.append(this.#prompt, this.#transcript.element, this.#pulse);
    scroller.append(column);
    frame.append(this.#header.element, scroller, jump, this.#notice, this.#footer.element);
    this.#host.attachShadow({ mode: "open" }).append(el("style", "", frame_default + blocks_default + cards_default), frame);
    this.#endTheme = followTheme(this.#host);
    parent.append(this.#host);
    this.#ticker = window.setInterval(() => this.#tick(), 1e3);
    transport.open(agentId, this);
    transport.subscribe(0);
    this.#updateFrame();
    this.#watch();
  }
  close() {
    this.#frame.stop();
    window.clearInterval(this.#ticker);
    window.clearTimeout(this.#checker);
    window.clearTimeout(this.#settling);
    this.#endTheme();
    this.#transport.close();
    this.#host.remove();
  }
  receive(message) {
    this.#heard = performance.now();
    this.#gone = null;
    switch (message.type) {
      case "agent:message":
        this.#log.noteHead(message.head);
        this.#log.merge(message.messages);
        break;
      case "agent:status":
      case "agent:complete":
        this.#takeStatus(message);
        break;
      case "agent:error":
        this.#takeError(message);
        break;
      case "agent:raw":
        this.#takeRaw(message);
        break;
    }
    this.#watch();
    this.#frame.request();
  }
  gone(detail) {
    this.#gone = detail;
    this.#frame.request();
  }
  malformed(detail) {
    this.#malformed += 1;
    this.#error = `a message could not be read: ${detail}`;
    this.#frame.request();
  }
  #takeStatus(message) {
    this.#log.noteHead(message.head);
    this.#record = message.record;
    this.#live = message.live;
    this.#duplicates = message.duplicates;
    const prompt = message.record.prompt;
    if (prompt !== null && prompt.trim() !== "" && this.#prompt.childElementCount === 0) {
      this.#prompt.append(new TextView(promptBlock(prompt, message.record)).element);
    }
  }
  #takeError(message) {
    this.#error = message.reason === null ? message.message : `${message.message} (${message.reason})`;
  }
  #takeRaw(message) {
    const answer = this.#rawAnswers.get(message.sequence_number);
    this.#rawAnswers.delete(message.sequence_number);
    if (answer !== void 0) setText(answer, visible(message.raw ?? "nothing was kept with this row").slice(0, 2e5));
  }
  #askRaw(sequenceNumber, answer) {
    this.#rawAnswers.set(sequenceNumber, answer);
    this.#transport.raw(sequenceNumber);
  }
  /** One task a frame: as many rows as its time allows, then the frame around them. */
  #paint() {
    const messages = this.#log.messages();
    const until = performance.now() + PAINT_TIME;
    while (this.#painted < this.#log.contiguous && (this.#painted % 16 !== 0 || performance.now() < until)) {
      const change = this.#fold.add(messages[this.#painted]);
      this.#painted += 1;
      if (change !== null && !this.#repeatsPrompt(change)) this.#transcript.apply(change);
    }
    if (this.#painted < this.#log.contiguous) this.#frame.request();
    else if (isTerminal(this.#record) && this.#log.complete) this.#transcript.end();
    this.#host.dataset["head"] = String(this.#painted);
    this.#settleFrame();
    this.#follower.keep();
  }
  /** The frame around the transcript follows at a pace that can be read; figures that flicker tell nobody anything. */
  #settleFrame() {
    const wait = this.#framed + FRAME_PACE - performance.now();
    if (wait <= 0) this.#updateFrame();
    else if (this.#settling === 0) this.#settling = window.setTimeout(() => this.#updateFrame(), wait);
  }
  /** Some agents repeat their prompt as their first row; it is shown once. */
  #repeatsPrompt({ kind, block }) {
    if (kind !== "open" || block.type !== "user" || !this.#firstUser || block.metadata[PARENT] !== void 0) return false;
    this.#firstUser = false;
    return block.content.trim() === this.#record?.prompt?.trim();
  }
  #state() {
    return stateOf({
      agentId: this.#agentId,
      record: this.#record,
      live: this.#live,
      behind: this.#log.head - this.#painted,
      gone: this.#gone,
      silence: (performance.now() - this.#heard) / 1e3
    });
  }
  #updateFrame() {
    window.clearTimeout(this.#settling);
    this.#settling = 0;
    this.#framed = performance.now();
    const state2 = this.#state();
    const holes = this.#log.holes().length;
    this.#header.update(this.#record, state2);
    this.#footer.update(state2, {
      contiguous: this.#painted,
      head: this.#log.head,
      holes,
      duplicates: this.#duplicates,
      conflicts: this.#log.conflicts.length,
      malformed: this.#malformed,
      transport: this.#transport.kind
    });
    this.#frameElement.classList.toggle("still", state2.key === "kernel-gone");
    const notice = this.#error ?? (this.#transcript.tells(state2.detail) ? null : state2.detail);
    this.#notice.hidden = notice === null;
    this.#notice.dataset["tone"] = this.#error === null ? state2.tone : "bad";
    setText(this.#notice, notice ?? "");
    this.#pulse.hidden = state2.key !== "live" && state2.key !== "connecting" || this.#transcript.active;
    const data = this.#host.dataset;
    data["status"] = this.#record?.status ?? "connecting";
    data["state"] = state2.key;
    data["holes"] = String(holes);
    data["duplicates"] = String(this.#duplicates);
  }
  /** Looks again in a moment whether something is still missing. */
  #watch() {
    if (this.#checker === 0) this.#checker = window.setTimeout(this.#check, CHECK);
  }
  #check = () => {
    this.#checker = 0;
    const behind = this.#record === null || !this.#log.complete;
    if (this.#refill.due(performance.now(), this.#log.contiguous, behind)) this.#transport.subscribe(this.#log.contiguous);
    if (behind && this.#gone === null) this.#watch();
  };
  #tick() {
    if (isTerminal(this.#record) && this.#log.complete) return;
    if (this.#gone === null) this.#transcript.tick(Date.now());
    this.#probe();
    if (!document.hidden) this.#updateFrame();
  }
  /** Asks a silent other side for what is new: its answer says that it lives, its failure that it does not. */
  #probe() {
    const now = performance.now();
    if (now - this.#heard < PROBE_AFTER * 1e3 || now - this.#probed < PROBE_AFTER * 1e3) return;
    this.#probed = now;
    this.#transport.subscribe(this.#log.contiguous);
  }
};
function label(frame, scroller, jump, notice) {
  frame.setAttribute("aria-label", "agent output");
  scroller.setAttribute("role", "log");
  scroller.setAttribute("aria-live", "polite");
  scroller.setAttribute("aria-label", "transcript");
  scroller.tabIndex = 0;
  jump.type = "button";
  jump.hidden = true;
  notice.setAttribute("role", "status");
}
function promptBlock(prompt, record) {
  const time = record.created_at ?? "";
  return {
    key: "prompt",
    block: null,
    sequence_number: 0,
    last_sequence_number: 0,
    type: "user",
    role: "user",
    part: "text",
    content: prompt,
    metadata: {},
    created_at: time,
    ended_at: time,
    whole: true
  };
}

// mime.ts
var MIME = "application/vnd.nbstream.agent+json";
var UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
var AGENTS = 50;
function agentRenderer(Widget) {
  return class AgentOutput extends Widget {
    #output = null;
    constructor() {
      super();
      this.node.classList.add("nbstream-output");
    }
    /** Called again whenever the output is updated in place; the same agents keep their view. */
    renderModel(model) {
      const ids = agentIds(model.data[MIME]);
      const copy = text2(model.data["text/markdown"]) || text2(model.data["text/plain"]);
      if (this.#output?.shows(ids) === true) {
        this.#output.copy = copy;
        return Promise.resolve();
      }
      this.#output?.close();
      this.#output = new Output(this.node, ids, copy, findServer(document, location.origin));
      return this.#output.ready;
    }
    dispose() {
      this.#output?.close();
      this.#output = null;
      super.dispose();
    }
  };
}
function agentIds(data) {
  if (typeof data !== "object" || data === null) return [];
  const { agent_id, agent_ids } = data;
  const named = Array.isArray(agent_ids) ? agent_ids : [agent_id];
  return named.filter((id) => typeof id === "string" && UUID.test(id)).slice(0, AGENTS);
}
var Output = class {
  /** Resolves when something is shown. */
  ready;
  /** The text of the copy that is saved beside the id. */
  copy;
  #node;
  #ids;
  #server;
  #backoff = new Backoff();
  #unmount = [];
  #retry;
  #closed = false;
  constructor(node, ids, copy, server) {
    this.#node = node;
    this.#ids = ids;
    this.copy = copy;
    this.#server = server;
    this.ready = this.#show();
  }
  shows(ids) {
    return ids.join() === this.#ids.join();
  }
  close() {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#clear();
  }
  async #show() {
    const server = this.#server;
    if (server === null || this.#ids.length === 0) {
      this.#showCopy("There is no nbstream server behind this page.");
      return;
    }
    const answers = await Promise.allSettled(this.#ids.map((id) => server.status(id)));
    if (this.#closed) return;
    const known = answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value);
    if (known.length > 0) this.#showLive(server, known);
    else this.#showWhy(answers.map((answer) => answer.status === "rejected" ? answer.reason : null));
  }
  #showLive(server, known) {
    this.#clear();
    for (const status of known) {
      this.#unmount.push(mountView(this.#node, status.agent_id, new ServerTransport(server, status)));
    }
  }
  #showWhy(reasons) {
    this.#showCopy(unreachable(reasons[0]));
    if (reasons.some((reason) => !(reason instanceof Refused && reason.final))) {
      this.#retry = setTimeout(() => void this.#show(), this.#backoff.wait());
    }
  }
  #showCopy(why) {
    this.#clear();
    this.#unmount.push(mountCopy(this.#node, this.copy, why));
  }
  #clear() {
    for (const unmount of this.#unmount) unmount();
    this.#unmount = [];
  }
};
function text2(value) {
  if (Array.isArray(value)) return value.map(String).join("");
  return typeof value === "string" ? value : "";
}

// switching.ts
var PATIENCE2 = 800;
var SwitchingTransport = class {
  #server;
  #comm;
  #sink = null;
  #current = "server";
  #cursor = new Cursor();
  #commGone = null;
  #serverGone = false;
  /** Whether the kernel was asked to keep quiet. */
  #quiet = false;
  #patience;
  constructor(server, comm) {
    this.#server = server;
    this.#comm = comm;
  }
  get kind() {
    return this.#current;
  }
  open(agentId, sink) {
    this.#sink = sink;
    this.#comm.open(agentId, {
      receive: (message) => this.#fromComm(message),
      gone: (detail) => this.#commLost(detail),
      malformed: (detail) => sink.malformed(detail)
    });
    this.#comm.onQuiet = () => this.#current === "comm" && this.#comm.subscribe(this.#cursor.held);
    this.#server.open(agentId, {
      receive: (message) => this.#fromServer(message),
      gone: () => this.#serverLost(),
      malformed: (detail) => sink.malformed(detail)
    });
    this.#patience = setTimeout(() => this.#serverLost(), PATIENCE2);
  }
  subscribe(since) {
    this.#cursor.held = since;
    if (this.#current === "server" || this.#serverGone) this.#server.subscribe(since);
    if (this.#current === "comm") this.#comm.subscribe(since);
  }
  stop() {
    this.#active.stop();
  }
  raw(sequenceNumber) {
    this.#active.raw(sequenceNumber);
  }
  close() {
    clearTimeout(this.#patience);
    this.#sink = null;
    this.#server.close();
    this.#comm.close();
  }
  get #active() {
    return this.#current === "server" ? this.#server : this.#comm;
  }
  #fromServer(message) {
    clearTimeout(this.#patience);
    this.#serverGone = false;
    if (this.#current === "comm" || !this.#quiet) this.#takeServer();
    this.#pass(message);
  }
  #pass(message) {
    this.#cursor.see(message);
    this.#sink?.receive(message);
  }
  #takeServer() {
    this.#current = "server";
    this.#quiet = true;
    if (this.#commGone === null) this.#comm.unsubscribe();
  }
  #serverLost() {
    clearTimeout(this.#patience);
    this.#serverGone = true;
    if (this.#sink === null) return;
    if (this.#current === "server") {
      this.#current = "comm";
      this.#quiet = false;
      this.#commGone = null;
      this.#comm.subscribe(this.#cursor.held);
    } else if (this.#commGone !== null) {
      this.#sink.gone(this.#commGone);
    }
  }
  #fromComm(message) {
    if (this.#current === "comm") this.#commGone = null;
    if (this.#current === "comm" || message.type === "agent:message") this.#pass(message);
  }
  #commLost(detail) {
    this.#commGone = detail;
    if (this.#current === "server") return;
    this.#sink?.gone(detail);
    this.#server.subscribe(this.#cursor.held);
  }
};

// widget.ts
function render({ model, el: el2 }) {
  return mountView(el2, String(model.get("agent_id")), transportFor(model));
}
function transportFor(model) {
  const server = findServer(document, location.origin);
  const comm = new CommTransport(model);
  return server === null ? comm : new SwitchingTransport(new ServerTransport(server), comm);
}
var widget_default = { render };
export {
  agentRenderer,
  widget_default as default
};
