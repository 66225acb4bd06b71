// nbstream widget · sources sha256:712bfb1b53ea1e9d2e1ed80479a0b5cc4f5bf22de750e04d432220148efa79e6
// message.ts
var TOOL_NAME = "gen_ai.tool.name";
var TOOL_CALL_ID = "gen_ai.tool.call.id";
var INPUT_TOKENS = "gen_ai.usage.input_tokens";
var OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
var CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens";
var CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens";
var RESPONSE_ID = "gen_ai.response.id";
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
  const found = allowed.find((name2) => name2 === value);
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
    head: whole(from, "head", 0),
    ...from["after"] === void 0 ? {} : { after: whole(from, "after", 0) }
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
  const parsed3 = parsedObject(content);
  if (parsed3 === null) {
    const whole2 = content.trim();
    return { headline: oneLine(whole2), fields: fitsHeadline(whole2) ? [] : [{ name: "input", value: whole2 }] };
  }
  const fields2 = Object.entries(parsed3).map(([name2, value]) => ({ name: name2, value: shown(value) }));
  const telling = TELLING.find((name2) => typeof parsed3[name2] === "string");
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

// languages.ts
var C = "break case const continue default do else enum false for goto if null return static struct switch this true typedef void while ";
var CLASSES = "abstract class extends final finally implements import interface new package private protected public super throw try catch ";
var PYTHON = "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield";
var SCRIPT = `${C}${CLASSES}any as async await boolean declare delete from function in instanceof keyof let namespace never number of readonly satisfies set get string symbol type typeof undefined unknown var yield`;
var SHELL = "alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in local read readonly return set shift source then trap unset until while";
var SQL = "add all alter and as asc between by case cast check column commit constraint create cross default delete desc distinct drop else end exists false foreign from full group having if in index inner insert intersect into is join key left like limit natural not null offset on or order outer over partition primary references returning right rollback select set table then true union unique update using values view when where window with";
var RUST = `${C}as async await crate dyn fn impl in let loop match mod move mut pub ref Self self super trait type unsafe use where`;
var GO = `${C}any chan defer fallthrough func go import interface map nil package range select type var`;
var RUBY = "alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield require";
function language(words2, fields2 = {}) {
  const set = new Set(words2.split(" "));
  return { line: ["//"], block: ["/*", "*/"], quotes: `"'`, long: [], anyCase: false, marks: "@", words: set, ...fields2 };
}
var hash = { line: ["#"], block: null };
var script = language(SCRIPT, { long: ["`"] });
var c = language(`${C}${CLASSES}auto bool char delete double explicit float friend inline int long namespace nullptr operator override short signed sizeof template typename union unsigned using virtual`, { marks: "#" });
var java = language(`${C}${CLASSES}boolean byte char double float fun instanceof int long object override record sealed short string throws val var when yield async await using namespace`, { long: ['"""'] });
var shell = language(SHELL, { ...hash, marks: "$" });
var markup = language("", { line: [], block: ["<!--", "-->"], marks: "" });
var languages = {
  python: language(PYTHON, { ...hash, long: ['"""', "'''"] }),
  script,
  c,
  java,
  shell,
  markup,
  rust: language(RUST, { quotes: '"', marks: "#" }),
  go: language(GO, { long: ["`"] }),
  ruby: language(RUBY, { ...hash, marks: "@:" }),
  php: language(`${C}${CLASSES}array as echo fn foreach function match namespace require use var`, { line: ["//", "#"], marks: "$" }),
  sql: language(SQL, { line: ["--"], anyCase: true, marks: "" }),
  json: language("true false null", { line: ["//"], quotes: '"', marks: "" }),
  config: language("true false null yes no on off", { ...hash, long: ['"""', "'''"], marks: "&*" }),
  css: language("important media supports keyframes import from to", { line: [], marks: "@#." }),
  r: language("break else FALSE for function if in Inf library NA next NULL repeat return TRUE while", { ...hash, marks: "" }),
  lua: language("and break do else elseif end false for function goto if in local nil not or repeat return then true until while", {
    line: ["--"],
    block: ["--[[", "]]"],
    marks: ""
  }),
  diff: language("", { line: [], block: null, quotes: "", marks: "" })
};
var NAMES = {
  py: "python",
  python3: "python",
  ipython: "python",
  pycon: "python",
  starlark: "python",
  js: "script",
  jsx: "script",
  ts: "script",
  tsx: "script",
  javascript: "script",
  typescript: "script",
  mjs: "script",
  svelte: "script",
  vue: "script",
  "c++": "c",
  cpp: "c",
  h: "c",
  hpp: "c",
  cc: "c",
  objc: "c",
  cuda: "c",
  glsl: "c",
  zig: "c",
  kotlin: "java",
  kt: "java",
  scala: "java",
  csharp: "java",
  "c#": "java",
  cs: "java",
  swift: "java",
  dart: "java",
  groovy: "java",
  bash: "shell",
  sh: "shell",
  zsh: "shell",
  fish: "shell",
  console: "shell",
  "shell-session": "shell",
  dockerfile: "shell",
  make: "shell",
  makefile: "shell",
  powershell: "shell",
  html: "markup",
  xml: "markup",
  svg: "markup",
  xhtml: "markup",
  rs: "rust",
  golang: "go",
  rb: "ruby",
  elixir: "ruby",
  postgresql: "sql",
  mysql: "sql",
  sqlite: "sql",
  duckdb: "sql",
  jsonc: "json",
  json5: "json",
  jsonl: "json",
  yaml: "config",
  yml: "config",
  toml: "config",
  ini: "config",
  env: "config",
  hcl: "config",
  terraform: "config",
  scss: "css",
  less: "css",
  patch: "diff"
};
function languageOf(label2) {
  const name2 = label2.toLowerCase();
  const key = NAMES[name2] ?? name2;
  return Object.hasOwn(languages, key) ? languages[key] : null;
}
var isDiff = (one) => one === languages["diff"];
var isMarkup = (one) => one === markup;
var hasKeys = (one) => one === languages["json"] || one === languages["config"] || one === languages["css"];

// highlight.ts
var NUMBER = /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z%]{0,3}/y;
var NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
var TAG = /<\/?[\p{L}][\p{L}\p{N}:._-]*|\/?>/uy;
var BLANKS = /\s+/y;
function highlight(line, language2, carry) {
  if (isDiff(language2)) return { parts: diffLine(line), carry: null };
  const scanner = new LineScanner(line, language2);
  return { parts: scanner.parts, carry: scanner.run(carry) };
}
function diffLine(line) {
  if (line === "") return [];
  if (/^(?:@@|diff |index |\+\+\+|---)/.test(line)) return [{ kind: "hunk", text: line }];
  return [{ kind: line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "", text: line }];
}
var LineScanner = class {
  parts = [];
  #line;
  #language;
  #at = 0;
  constructor(line, language2) {
    this.#line = line;
    this.#language = language2;
  }
  /** Reads to the end. Returns what is open there. */
  run(carry) {
    let open = carry;
    while (this.#at < this.#line.length) {
      if (open !== null) {
        open = this.#close(open, 0);
        continue;
      }
      open = this.#step();
    }
    return open;
  }
  #step() {
    const { line, block, quotes, long, marks } = this.#language;
    if (block !== null && this.#sees(block[0])) return this.#close({ until: block[1], kind: "comment" }, block[0].length);
    if (line.some((start) => this.#sees(start)) && this.#commentMayStart()) return this.#push("comment", this.#line.length);
    const opening = long.find((quote) => this.#sees(quote));
    if (opening !== void 0) return this.#close({ until: opening, kind: "string" }, opening.length);
    const character = this.#line[this.#at];
    if (quotes.includes(character)) return this.#string(character);
    if (marks.includes(character)) return this.#marked();
    return this.#word();
  }
  /** `#` begins a comment at a line's start or after a blank: in a shell it is part of a word elsewhere. */
  #commentMayStart() {
    return this.#line[this.#at] !== "#" || this.#at === 0 || /\s/.test(this.#line[this.#at - 1]);
  }
  #close(open, skip) {
    let from = this.#at + skip;
    for (; ; ) {
      const found = this.#line.indexOf(open.until, from);
      if (found < 0) {
        this.#push(open.kind, this.#line.length);
        return open;
      }
      from = found + open.until.length;
      if (open.kind === "comment" || this.#line[found - 1] !== "\\") return this.#push(open.kind, from);
    }
  }
  #string(quote) {
    let end = this.#at + 1;
    while (end < this.#line.length && this.#line[end] !== quote) end += this.#line[end] === "\\" ? 2 : 1;
    const stop = Math.min(end + 1, this.#line.length);
    const isKey = hasKeys(this.#language) && /^\s*[:=]/.test(this.#line.slice(stop, stop + 8));
    return this.#push(isKey ? "key" : "string", stop);
  }
  #marked() {
    const name2 = this.#match(NAME, this.#at + 1);
    return this.#push(name2 === "" ? "" : "mark", this.#at + 1 + name2.length);
  }
  #word() {
    if (isMarkup(this.#language)) {
      const tag = this.#match(TAG, this.#at);
      if (tag !== "") return this.#push("word", this.#at + tag.length);
    }
    const blanks = this.#match(BLANKS, this.#at);
    if (blanks !== "") return this.#push("", this.#at + blanks.length);
    const number = this.#match(NUMBER, this.#at);
    if (number !== "") return this.#push("number", this.#at + number.length);
    const name2 = this.#match(NAME, this.#at);
    if (name2 === "") return this.#push("", this.#at + 1);
    return this.#push(this.#kindOf(name2), this.#at + name2.length);
  }
  #kindOf(name2) {
    const { words: words2, anyCase } = this.#language;
    const after = this.#line.slice(this.#at + name2.length, this.#at + name2.length + 4);
    if (words2.has(anyCase ? name2.toLowerCase() : name2)) return "word";
    if (isMarkup(this.#language)) return after.startsWith("=") ? "key" : "";
    if (hasKeys(this.#language) && /^\s*[:=](?!\/)/.test(after)) return "key";
    if (after.startsWith("(")) return "call";
    return /^\p{Lu}\p{L}*\p{Ll}/u.test(name2) ? "type" : "";
  }
  #sees(text3) {
    return this.#line.startsWith(text3, this.#at);
  }
  #match(pattern, at2) {
    pattern.lastIndex = at2;
    return pattern.exec(this.#line)?.[0] ?? "";
  }
  #push(kind, end) {
    const text3 = this.#line.slice(this.#at, end);
    this.#at = end;
    const last = this.parts.at(-1);
    if (last !== void 0 && last.kind === kind) this.parts[this.parts.length - 1] = { kind, text: last.text + text3 };
    else this.parts.push({ kind, text: text3 });
    return null;
  }
};

// limits.ts
var BLOCK_LIMIT = 1e6;
var NODE_LIMIT = 2e4;
var LINE_LIMIT = 1e4;
var CELL_LIMIT = 5e3;
var COLUMN_LIMIT = 200;
var NESTING_LIMIT = 50;
var LINK_LIMIT = 2048;
var Budget = class {
  #left = NODE_LIMIT;
  get spent() {
    return this.#left < 0;
  }
  get left() {
    return this.#left;
  }
  take(nodes) {
    this.#left -= nodes;
  }
};

// visible.ts
var TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;
var HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
function visible(text3) {
  return marked(text3.replace(TERMINAL, "").replace(/\r\n?/g, "\n"));
}
function marked(text3) {
  return text3.replace(HIDDEN, mark);
}
function mark(character) {
  const code = character.codePointAt(0);
  if (code < 32) return String.fromCodePoint(9216 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

// code.ts
var COLOUR_LIMIT = 8e3;
var CLASS_NAME = /^[a-z0-9+#-]{1,20}$/;
var NODE_SIZE = 4096;
var CodeBlock = class {
  element = el("div", "code");
  #code = el("code");
  #budget;
  #language;
  #carry = null;
  #pieces = 0;
  #hasLine = false;
  /** The line that is still growing, drawn anew with each piece of it. */
  #open = [];
  /** What the growing line has cost, given back when it is drawn anew. */
  #openNodes = 0;
  #openPieces = 0;
  constructor(info, budget) {
    const label2 = info.trim().split(/\s/, 1)[0] ?? "";
    this.#budget = budget;
    this.#language = languageOf(label2);
    const bar = el("div", "bar");
    if (label2 !== "") bar.append(el("span", "language", visible(label2).slice(0, 20)));
    const copy2 = el("button", "copy", "copy");
    copy2.type = "button";
    bar.append(copy2);
    const pre = el("pre");
    pre.tabIndex = 0;
    if (CLASS_NAME.test(label2.toLowerCase())) this.#code.className = `language-${label2.toLowerCase()}`;
    pre.append(this.#code);
    this.element.append(bar, pre);
    budget.take(8);
  }
  /** Adds a whole line. */
  line(text3) {
    this.#clearOpen();
    this.#carry = this.#draw(text3);
  }
  /** Shows the line that has no end yet; the next call takes its place. */
  partial(text3) {
    this.#clearOpen();
    if (text3 === "") return;
    const before = this.#code.lastChild;
    const hadLine = this.#hasLine;
    const nodes = this.#budget.left;
    const pieces = this.#pieces;
    const start = document.createTextNode(hadLine ? "\n" : "");
    this.#code.append(start);
    this.#hasLine = false;
    this.#draw(text3);
    this.#hasLine = hadLine;
    this.#openNodes = nodes - this.#budget.left;
    this.#openPieces = this.#pieces - pieces;
    for (let node = before === null ? this.#code.firstChild : before.nextSibling; node !== null; node = node.nextSibling) this.#open.push(node);
  }
  #clearOpen() {
    for (const node of this.#open) node.remove();
    this.#open = [];
    this.#budget.take(-this.#openNodes);
    this.#pieces -= this.#openPieces;
    this.#openNodes = 0;
    this.#openPieces = 0;
  }
  #draw(line) {
    const shown2 = marked(line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) : line);
    if (this.#hasLine) this.#text("\n");
    this.#hasLine = true;
    let carry = null;
    if (this.#language === null || this.#pieces >= COLOUR_LIMIT || this.#budget.spent) {
      this.#text(shown2);
    } else {
      const read = highlight(shown2, this.#language, this.#carry);
      carry = read.carry;
      for (const { kind, text: text3 } of read.parts) {
        if (kind === "") this.#text(text3);
        else this.#piece(kind, text3);
      }
    }
    if (line.length > LINE_LIMIT) this.#piece("cut", ` … ${count(line.length - LINE_LIMIT)} more characters on this line, in the store`);
    return carry;
  }
  #piece(className, text3) {
    this.#pieces += 1;
    this.#budget.take(2);
    this.#code.append(el("span", className, text3));
  }
  #text(text3) {
    if (text3 === "") return;
    const last = this.#code.lastChild;
    if (last instanceof Text && last.length < NODE_SIZE) {
      last.appendData(text3);
    } else {
      this.#budget.take(1);
      this.#code.append(document.createTextNode(text3));
    }
  }
};
var SAID = 1500;
function listenForCopies(root) {
  root.addEventListener("click", (event) => {
    const button2 = event.target;
    if (!(button2 instanceof HTMLButtonElement) || button2.className !== "copy") return;
    const text3 = button2.closest(".code")?.querySelector("pre")?.textContent ?? "";
    void copy(text3).then((done) => {
      button2.textContent = done ? "copied" : "select and copy by hand";
      window.setTimeout(() => button2.textContent = "copy", SAID);
    });
  });
}
async function copy(text3) {
  try {
    await navigator.clipboard.writeText(text3);
    return true;
  } catch {
    return false;
  }
}

// fences.ts
var OPENS = /^( {0,3})(`{3,}|~{3,})(.*)$/;
function fenceOf(line) {
  const found = OPENS.exec(line);
  if (found === null) return null;
  const [, indent, marks, info] = found;
  return { mark: marks[0], length: marks.length, indent: indent.length, info };
}
function closes(line, fence) {
  const found = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return found !== void 0 && found[0] === fence.mark && found.length >= fence.length;
}
function mayClose(line, fence) {
  return /^ {0,3}(?:`*|~*)[ \t]*$/.test(line) && (line.trim() === "" || line.trim()[0] === fence.mark);
}
function unindented(line, fence) {
  let at2 = 0;
  let column = 0;
  while (column < fence.indent && at2 < line.length) {
    if (line[at2] === "	") column += 4 - column % 4;
    else if (line[at2] === " ") column += 1;
    else break;
    at2 += 1;
  }
  return " ".repeat(Math.max(0, column - fence.indent)) + line.slice(at2);
}

// links.ts
var ABSOLUTE = /^(?:https?:\/\/[^/\\]|mailto:[^/\\])/i;
var HOST_LIKE = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?[.\u3002\uff0e\uff61])+[\p{L}\p{M}]{2,}/gu;
function safeLink(address, text3) {
  if (address.length > LINK_LIMIT || !ABSOLUTE.test(address)) return null;
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.href.length > LINK_LIMIT) return null;
  if (url.protocol === "mailto:") return { href: url.href, note: mailNote(url, text3) };
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username !== "" || url.password !== "") return null;
  return { href: url.href, note: hostNote(url, text3) };
}
function hostOf(address) {
  try {
    const url = new URL(address);
    if (url.host !== "") return url.host;
  } catch {
  }
  return address.length > 80 ? `${address.slice(0, 80)}…` : address;
}
function hostNote(url, text3) {
  if (url.hostname.includes("xn--")) return url.host;
  const real = bare(url.hostname);
  const shown2 = text3.slice(0, LINK_LIMIT).match(HOST_LIKE) ?? [];
  const strange = shown2.some((name2) => bare(name2.toLowerCase()) !== real);
  return strange || text3.trim() === "" ? url.host : "";
}
function mailNote(url, text3) {
  const address = url.pathname;
  return /@|\./.test(text3) && !text3.includes(address) ? address.slice(0, 120) : "";
}
function bare(host) {
  return host.startsWith("www.") ? host.slice(4) : host;
}

// vendor.js
var mn = Object.defineProperty;
var Ce = (e, n) => {
  for (var r in n) mn(e, r, { get: n[r], enumerable: true });
};
var te = {};
Ce(te, { decode: () => F, encode: () => T, format: () => L, parse: () => N });
var xe = {};
function gn(e) {
  let n = xe[e];
  if (n) return n;
  n = xe[e] = [];
  for (let r = 0; r < 128; r++) {
    let o = String.fromCharCode(r);
    n.push(o);
  }
  for (let r = 0; r < e.length; r++) {
    let o = e.charCodeAt(r);
    n[o] = "%" + ("0" + o.toString(16).toUpperCase()).slice(-2);
  }
  return n;
}
function G(e, n) {
  typeof n != "string" && (n = G.defaultChars);
  let r = gn(n);
  return e.replace(
    /(%[a-f0-9]{2})+/gi,
    function(o) {
      let i = "";
      for (let t = 0, l = o.length; t < l; t += 3) {
        let s = parseInt(o.slice(t + 1, t + 3), 16);
        if (s < 128) {
          i += r[s];
          continue;
        }
        if ((s & 224) === 192 && t + 3 < l) {
          let c2 = parseInt(o.slice(t + 4, t + 6), 16);
          if ((c2 & 192) === 128) {
            let f = s << 6 & 1984 | c2 & 63;
            f < 128 ? i += "��" : i += String.fromCharCode(f), t += 3;
            continue;
          }
        }
        if ((s & 240) === 224 && t + 6 < l) {
          let c2 = parseInt(
            o.slice(t + 4, t + 6),
            16
          ), f = parseInt(o.slice(t + 7, t + 9), 16);
          if ((c2 & 192) === 128 && (f & 192) === 128) {
            let a = s << 12 & 61440 | c2 << 6 & 4032 | f & 63;
            a < 2048 || a >= 55296 && a <= 57343 ? i += "���" : i += String.fromCharCode(a), t += 6;
            continue;
          }
        }
        if ((s & 248) === 240 && t + 9 < l) {
          let c2 = parseInt(o.slice(t + 4, t + 6), 16), f = parseInt(o.slice(t + 7, t + 9), 16), a = parseInt(o.slice(t + 10, t + 12), 16);
          if ((c2 & 192) === 128 && (f & 192) === 128 && (a & 192) === 128) {
            let h = s << 18 & 1835008 | c2 << 12 & 258048 | f << 6 & 4032 | a & 63;
            h < 65536 || h > 1114111 ? i += "����" : (h -= 65536, i += String.fromCharCode(55296 + (h >> 10), 56320 + (h & 1023))), t += 9;
            continue;
          }
        }
        i += "�";
      }
      return i;
    }
  );
}
G.defaultChars = ";/?:@&=+$,#";
G.componentChars = "";
var F = G;
var Ae = {};
function bn(e) {
  let n = Ae[e];
  if (n) return n;
  n = Ae[e] = [];
  for (let r = 0; r < 128; r++) {
    let o = String.fromCharCode(r);
    /^[0-9a-z]$/i.test(o) ? n.push(o) : n.push("%" + ("0" + r.toString(16).toUpperCase()).slice(-2));
  }
  for (let r = 0; r < e.length; r++) n[e.charCodeAt(r)] = e[r];
  return n;
}
function V(e, n, r) {
  typeof n != "string" && (r = n, n = V.defaultChars), typeof r > "u" && (r = true);
  let o = bn(n), i = "";
  for (let t = 0, l = e.length; t < l; t++) {
    let s = e.charCodeAt(t);
    if (r && s === 37 && t + 2 < l && /^[0-9a-f]{2}$/i.test(e.slice(t + 1, t + 3))) {
      i += e.slice(
        t,
        t + 3
      ), t += 2;
      continue;
    }
    if (s < 128) {
      i += o[s];
      continue;
    }
    if (s >= 55296 && s <= 57343) {
      if (s >= 55296 && s <= 56319 && t + 1 < l) {
        let c2 = e.charCodeAt(t + 1);
        if (c2 >= 56320 && c2 <= 57343) {
          i += encodeURIComponent(
            e[t] + e[t + 1]
          ), t++;
          continue;
        }
      }
      i += "%EF%BF%BD";
      continue;
    }
    i += encodeURIComponent(e[t]);
  }
  return i;
}
V.defaultChars = ";/?:@&=+$,-_.!~*'()#";
V.componentChars = "-_.!~*'()";
var T = V;
function L(e) {
  let n = "";
  return n += e.protocol || "", n += e.slashes ? "//" : "", n += e.auth ? e.auth + "@" : "", e.hostname && e.hostname.indexOf(":") !== -1 ? n += "[" + e.hostname + "]" : n += e.hostname || "", n += e.port ? ":" + e.port : "", n += e.pathname || "", n += e.search || "", n += e.hash || "", n;
}
function X() {
  this.protocol = null, this.slashes = null, this.auth = null, this.port = null, this.hostname = null, this.hash = null, this.search = null, this.pathname = null;
}
var _n = /^([a-z0-9.+-]+:)/i;
var Cn = /:[0-9]*$/;
var xn = /^(\/\/?(?!\/)[^\?\s]*)(\?[^\s]*)?$/;
var An = ["<", ">", '"', "`", " ", "\r", `
`, "	"];
var yn = ["{", "}", "|", "\\", "^", "`"].concat(An);
var vn = ["'"].concat(yn);
var ye = ["%", "/", "?", ";", "#"].concat(vn);
var ve = ["/", "?", "#"];
var Sn = 255;
var Se = /^[+a-z0-9A-Z_-]{0,63}$/;
var wn = /^([+a-z0-9A-Z_-]{0,63})(.*)$/;
var we = { javascript: true, "javascript:": true };
var Ee = { http: true, https: true, ftp: true, gopher: true, file: true, "http:": true, "https:": true, "ftp:": true, "gopher:": true, "file:": true };
function En(e, n) {
  if (e && e instanceof X) return e;
  let r = new X();
  return r.parse(e, n), r;
}
X.prototype.parse = function(e, n) {
  let r, o, i, t = e;
  if (t = t.trim(), !n && e.split("#").length === 1) {
    let f = xn.exec(
      t
    );
    if (f) return this.pathname = f[1], f[2] && (this.search = f[2]), this;
  }
  let l = _n.exec(t);
  if (l && (l = l[0], r = l.toLowerCase(), this.protocol = l, t = t.substr(l.length)), (n || l || t.match(/^\/\/[^@\/]+@[^@\/]+/)) && (i = t.substr(0, 2) === "//", i && !(l && we[l]) && (t = t.substr(2), this.slashes = true)), !we[l] && (i || l && !Ee[l])) {
    let f = -1;
    for (let u = 0; u < ve.length; u++)
      o = t.indexOf(ve[u]), o !== -1 && (f === -1 || o < f) && (f = o);
    let a, h;
    f === -1 ? h = t.lastIndexOf("@") : h = t.lastIndexOf("@", f), h !== -1 && (a = t.slice(0, h), t = t.slice(h + 1), this.auth = a), f = -1;
    for (let u = 0; u < ye.length; u++) o = t.indexOf(ye[u]), o !== -1 && (f === -1 || o < f) && (f = o);
    f === -1 && (f = t.length), t[f - 1] === ":" && f--;
    let d = t.slice(0, f);
    t = t.slice(f), this.parseHost(
      d
    ), this.hostname = this.hostname || "";
    let p = this.hostname[0] === "[" && this.hostname[this.hostname.length - 1] === "]";
    if (!p) {
      let u = this.hostname.split(/\./);
      for (let x = 0, A = u.length; x < A; x++) {
        let g = u[x];
        if (g && !g.match(Se)) {
          let y = "";
          for (let C2 = 0, b = g.length; C2 < b; C2++) g.charCodeAt(C2) > 127 ? y += "x" : y += g[C2];
          if (!y.match(Se)) {
            let C2 = u.slice(0, x), b = u.slice(x + 1), _ = g.match(wn);
            _ && (C2.push(_[1]), b.unshift(_[2])), b.length && (t = b.join(".") + t), this.hostname = C2.join(".");
            break;
          }
        }
      }
    }
    this.hostname.length > Sn && (this.hostname = ""), p && (this.hostname = this.hostname.substr(1, this.hostname.length - 2));
  }
  let s = t.indexOf("#");
  s !== -1 && (this.hash = t.substr(s), t = t.slice(0, s));
  let c2 = t.indexOf("?");
  return c2 !== -1 && (this.search = t.substr(c2), t = t.slice(0, c2)), t && (this.pathname = t), Ee[r] && this.hostname && !this.pathname && (this.pathname = ""), this;
};
X.prototype.parseHost = function(e) {
  let n = Cn.exec(e);
  n && (n = n[0], n !== ":" && (this.port = n.substr(1)), e = e.substr(0, e.length - n.length)), e && (this.hostname = e);
};
var N = En;
var le = {};
Ce(le, { Any: () => Pn, Cc: () => In, Cf: () => Tn, P: () => ie, S: () => oe, Z: () => Mn });
var ie = /\p{P}/u;
var oe = /\p{S}/u;
var Mn = /\p{Z}/u;
var In = /\p{Cc}/u;
var Tn = /\p{Cf}/u;
var Pn = /[\s\S]/u;
var On = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
var Rn = "quot amp lt gt OElig oelig Scaron scaron Yuml fnof circ tilde Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym upsih piv ensp emsp thinsp zwnj zwj lrm rlm ndash mdash lsquo rsquo sbquo ldquo rdquo bdquo dagger Dagger bull hellip permil prime Prime lsaquo rsaquo oline frasl euro image weierp real trade alefsym larr uarr rarr darr harr crarr lArr uArr rArr dArr hArr forall part exist empty nabla isin notin ni prod sum minus lowast radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub sube supe oplus otimes perp sdot lceil rceil lfloor rfloor lang rang loz spades clubs hearts diams apos Tab NewLine excl num dollar percnt lpar rpar ast plus comma period sol colon semi equals quest commat lsqb lbrack bsol rsqb rbrack Hat lowbar grave lcub lbrace verbar vert rcub rbrace hyphen dash check cross star starf phone female male Dcaron";
var $n = "22 26 3c 3e 152 153 160 161 178 192 2c6 2dc 391 392 393 394 395 396 397 398 399 39a 39b 39c 39d 39e 39f 3a0 3a1 3a3 3a4 3a5 3a6 3a7 3a8 3a9 3b1 3b2 3b3 3b4 3b5 3b6 3b7 3b8 3b9 3ba 3bb 3bc 3bd 3be 3bf 3c0 3c1 3c2 3c3 3c4 3c5 3c6 3c7 3c8 3c9 3d1 3d2 3d6 2002 2003 2009 200c 200d 200e 200f 2013 2014 2018 2019 201a 201c 201d 201e 2020 2021 2022 2026 2030 2032 2033 2039 203a 203e 2044 20ac 2111 2118 211c 2122 2135 2190 2191 2192 2193 2194 21b5 21d0 21d1 21d2 21d3 21d4 2200 2202 2203 2205 2207 2208 2209 220b 220f 2211 2212 2217 221a 221d 221e 2220 2227 2228 2229 222a 222b 2234 223c 2245 2248 2260 2261 2264 2265 2282 2283 2284 2286 2287 2295 2297 22a5 22c5 2308 2309 230a 230b 27e8 27e9 25ca 2660 2663 2665 2666 27 9 a 21 23 24 25 28 29 2a 2b 2c 2e 2f 3a 3b 3d 3f 40 5b 5b 5c 5d 5d 5e 5f 60 7b 7b 7c 7c 7d 7d 2010 2010 2713 2717 2606 2605 260e 2640 2642 10e";
var se = /* @__PURE__ */ new Map();
On.split(
  " "
).forEach((e, n) => se.set(e, String.fromCodePoint(160 + n)));
var zn = $n.split(" ");
Rn.split(" ").forEach((e, n) => se.set(e, String.fromCodePoint(Number.parseInt(
  zn[n],
  16
))));
function ce(e) {
  return se.get(e.slice(1, -1)) ?? e;
}
var K = class {
};
var Ln = /^xn--/;
var Dn = /[^\0-\x7F]/;
var jn = /[\x2E\u3002\uFF0E\uFF61]/g;
var Fn = { overflow: "Overflow: input needs wider integers to process", "not-basic": "Illegal input >= 0x80 (not a basic code point)", "invalid-input": "Invalid input" };
var fe = 35;
var E = Math.floor;
var ue = String.fromCharCode;
function P(e) {
  throw new RangeError(Fn[e]);
}
function Nn(e, n) {
  let r = [], o = e.length;
  for (; o--; ) r[o] = n(e[o]);
  return r;
}
function Ie(e, n) {
  let r = e.split("@"), o = "";
  r.length > 1 && (o = r[0] + "@", e = r[1]), e = e.replace(jn, ".");
  let i = e.split("."), t = Nn(i, n).join(".");
  return o + t;
}
function Te(e) {
  let n = [], r = 0, o = e.length;
  for (; r < o; ) {
    let i = e.charCodeAt(r++);
    if (i >= 55296 && i <= 56319 && r < o) {
      let t = e.charCodeAt(r++);
      (t & 64512) == 56320 ? n.push(((i & 1023) << 10) + (t & 1023) + 65536) : (n.push(i), r--);
    } else n.push(i);
  }
  return n;
}
var qn = (e) => String.fromCodePoint(...e);
var Bn = function(e) {
  return e >= 48 && e < 58 ? 26 + (e - 48) : e >= 65 && e < 91 ? e - 65 : e >= 97 && e < 123 ? e - 97 : 36;
};
var Me = function(e, n) {
  return e + 22 + 75 * (e < 26) - ((n != 0) << 5);
};
var Pe = function(e, n, r) {
  let o = 0;
  for (e = r ? E(e / 700) : e >> 1, e += E(
    e / n
  ); e > fe * 26 >> 1; o += 36) e = E(e / fe);
  return E(o + (fe + 1) * e / (e + 38));
};
var Oe = function(e) {
  let n = [], r = e.length, o = 0, i = 128, t = 72, l = e.lastIndexOf("-");
  l < 0 && (l = 0);
  for (let s = 0; s < l; ++s)
    e.charCodeAt(s) >= 128 && P("not-basic"), n.push(e.charCodeAt(s));
  for (let s = l > 0 ? l + 1 : 0; s < r; ) {
    let c2 = o;
    for (let a = 1, h = 36; ; h += 36) {
      s >= r && P("invalid-input");
      let d = Bn(e.charCodeAt(
        s++
      ));
      d >= 36 && P("invalid-input"), d > E((2147483647 - o) / a) && P("overflow"), o += d * a;
      let p = h <= t ? 1 : h >= t + 26 ? 26 : h - t;
      if (d < p) break;
      let u = 36 - p;
      a > E(2147483647 / u) && P("overflow"), a *= u;
    }
    let f = n.length + 1;
    t = Pe(o - c2, f, c2 == 0), E(o / f) > 2147483647 - i && P("overflow"), i += E(o / f), o %= f, n.splice(o++, 0, i);
  }
  return String.fromCodePoint(...n);
};
var Re = function(e) {
  let n = [];
  e = Te(e);
  let r = e.length, o = 128, i = 0, t = 72;
  for (let c2 of e) c2 < 128 && n.push(ue(c2));
  let l = n.length, s = l;
  for (l && n.push("-"); s < r; ) {
    let c2 = 2147483647;
    for (let a of e) a >= o && a < c2 && (c2 = a);
    let f = s + 1;
    c2 - o > E((2147483647 - i) / f) && P("overflow"), i += (c2 - o) * f, o = c2;
    for (let a of e) if (a < o && ++i > 2147483647 && P("overflow"), a === o) {
      let h = i;
      for (let d = 36; ; d += 36) {
        let p = d <= t ? 1 : d >= t + 26 ? 26 : d - t;
        if (h < p) break;
        let u = h - p, x = 36 - p;
        n.push(ue(Me(p + u % x, 0))), h = E(u / x);
      }
      n.push(ue(Me(h, 0))), t = Pe(i, f, s === l), i = 0, ++s;
    }
    ++i, ++o;
  }
  return n.join("");
};
var Un = function(e) {
  return Ie(e, function(n) {
    return Ln.test(n) ? Oe(n.slice(4).toLowerCase()) : n;
  });
};
var Hn = function(e) {
  return Ie(e, function(n) {
    return Dn.test(n) ? "xn--" + Re(n) : n;
  });
};
var Zn = { version: "2.3.1", ucs2: { decode: Te, encode: qn }, decode: Oe, encode: Re, toASCII: Hn, toUnicode: Un };
var ae = Zn;
/*! markdown-it 15.0.3 https://github.com/markdown-it/markdown-it @license MIT */
var $e = Object.defineProperty;
var We = (e, n) => {
  let r = {};
  for (var o in e) $e(r, o, {
    get: e[o],
    enumerable: true
  });
  return n || $e(r, Symbol.toStringTag, { value: "Module" }), r;
};
var Wn = We({
  arrayReplaceAt: () => Qn,
  asciiTrim: () => re,
  callable: () => Qe,
  escapeHtml: () => O,
  escapeRE: () => tr,
  fromCodePoint: () => B,
  isMdAsciiPunct: () => Z,
  isPunctChar: () => Ve,
  isPunctCharCode: () => H,
  isSpace: () => S,
  isValidEntityCode: () => ge,
  isWhiteSpace: () => U,
  lib: () => ir,
  normalizeReference: () => ne,
  unescapeAll: () => D,
  unescapeMd: () => Kn
});
function Qe(e) {
  let n = function(...r) {
    return Reflect.construct(e, r, new.target && new.target !== n ? new.target : e);
  };
  return Object.defineProperty(
    n,
    "name",
    { value: e.name }
  ), Object.setPrototypeOf(n, e), n.prototype = e.prototype, n;
}
function Qn(e, n, r) {
  return [].concat(e.slice(0, n), r, e.slice(n + 1));
}
function ge(e) {
  return !(e >= 55296 && e <= 57343 || e >= 64976 && e <= 65007 || (e & 65535) === 65535 || (e & 65535) === 65534 || e >= 0 && e <= 8 || e === 11 || e >= 14 && e <= 31 || e >= 127 && e <= 159 || e > 1114111);
}
function B(e) {
  if (e > 65535) {
    e -= 65536;
    let n = 55296 + (e >> 10), r = 56320 + (e & 1023);
    return String.fromCharCode(n, r);
  }
  return String.fromCharCode(e);
}
var Ge = /\\([!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~])/g;
var Gn = new RegExp(`${Ge.source}|${/&([a-z#][a-z0-9]{1,31});/gi.source}`, "gi");
var Vn = /^#((?:x[a-f0-9]{1,8}|[0-9]{1,8}))$/i;
function Xn(e, n) {
  if (n.charCodeAt(0) === 35 && Vn.test(n)) {
    let o = n[1].toLowerCase() === "x" ? parseInt(n.slice(2), 16) : parseInt(n.slice(1), 10);
    return ge(o) ? B(o) : e;
  }
  let r = ce(e);
  return r !== e ? r : e;
}
function Kn(e) {
  return e.indexOf("\\") < 0 ? e : e.replace(Ge, "$1");
}
function D(e) {
  return e.indexOf("\\") < 0 && e.indexOf("&") < 0 ? e : e.replace(Gn, function(n, r, o) {
    return r || Xn(n, o);
  });
}
var Yn = /[&<>"]/;
var Jn = /[&<>"]/g;
var er = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
function nr(e) {
  return er[e];
}
function O(e) {
  return Yn.test(e) ? e.replace(Jn, nr) : e;
}
var rr = /[.?*+^$[\]\\(){}|-]/g;
function tr(e) {
  return e.replace(rr, "\\$&");
}
function S(e) {
  switch (e) {
    case 9:
    case 32:
      return true;
  }
  return false;
}
function U(e) {
  if (e >= 8192 && e <= 8202) return true;
  switch (e) {
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 32:
    case 160:
    case 5760:
    case 8239:
    case 8287:
    case 12288:
      return true;
  }
  return false;
}
function Ve(e) {
  return ie.test(e) || oe.test(e);
}
function H(e) {
  return Ve(B(e));
}
function Z(e) {
  switch (e) {
    case 33:
    case 34:
    case 35:
    case 36:
    case 37:
    case 38:
    case 39:
    case 40:
    case 41:
    case 42:
    case 43:
    case 44:
    case 45:
    case 46:
    case 47:
    case 58:
    case 59:
    case 60:
    case 61:
    case 62:
    case 63:
    case 64:
    case 91:
    case 92:
    case 93:
    case 94:
    case 95:
    case 96:
    case 123:
    case 124:
    case 125:
    case 126:
      return true;
    default:
      return false;
  }
}
function ne(e) {
  return e = e.trim().replace(/\s+/g, " "), e.toLowerCase().toUpperCase();
}
function ze(e) {
  return e === 32 || e === 9 || e === 10 || e === 13;
}
function re(e) {
  let n = 0;
  for (; n < e.length && ze(e.charCodeAt(n)); n++) ;
  let r = e.length - 1;
  for (; r >= n && ze(e.charCodeAt(r)); r--) ;
  return e.slice(n, r + 1);
}
var ir = { mdurl: te, ucmicro: le };
function or(e, n, r) {
  let o, i, t, l, s = e.posMax, c2 = e.pos;
  for (e.pos = n + 1, o = 1; e.pos < s; ) {
    if (t = e.src.charCodeAt(e.pos), t === 93 && (o--, o === 0)) {
      i = true;
      break;
    }
    if (l = e.pos, e.md.inline.skipToken(e), t === 91) {
      if (l === e.pos - 1) o++;
      else if (r) return e.pos = c2, -1;
    }
  }
  let f = -1;
  return i && (f = e.pos), e.pos = c2, f;
}
function lr(e, n, r) {
  let o, i = n, t = { ok: false, pos: 0, str: "" };
  if (e.charCodeAt(i) === 60) {
    for (i++; i < r; ) {
      if (o = e.charCodeAt(i), o === 10 || o === 60) return t;
      if (o === 62) return t.pos = i + 1, t.str = D(e.slice(n + 1, i)), t.ok = true, t;
      if (o === 92 && i + 1 < r) {
        i += 2;
        continue;
      }
      i++;
    }
    return t;
  }
  let l = 0;
  for (; i < r && (o = e.charCodeAt(i), !(o === 32 || o < 32 || o === 127)); ) {
    if (o === 92 && i + 1 < r) {
      if (e.charCodeAt(i + 1) === 32) {
        i++;
        continue;
      }
      i += 2;
      continue;
    }
    if (o === 40 && (l++, l > 32)) return t;
    if (o === 41) {
      if (l === 0) break;
      l--;
    }
    i++;
  }
  return n === i || l !== 0 || (t.str = D(e.slice(n, i)), t.pos = i, t.ok = true), t;
}
function sr(e, n, r, o) {
  let i, t = n, l = {
    ok: false,
    can_continue: false,
    pos: 0,
    str: "",
    marker: 0
  };
  if (o) l.str = o.str, l.marker = o.marker;
  else {
    if (t >= r) return l;
    let s = e.charCodeAt(t);
    if (s !== 34 && s !== 39 && s !== 40) return l;
    n++, t++, s === 40 && (s = 41), l.marker = s;
  }
  for (; t < r; ) {
    if (i = e.charCodeAt(t), i === l.marker) return l.pos = t + 1, l.str += D(e.slice(n, t)), l.ok = true, l;
    if (i === 40 && l.marker === 41) return l;
    i === 92 && t + 1 < r && t++, t++;
  }
  return l.can_continue = true, l.str += D(e.slice(n, t)), l;
}
var cr = We({ parseLinkDestination: () => lr, parseLinkLabel: () => or, parseLinkTitle: () => sr });
function W(e) {
  "@babel/helpers - typeof";
  return W = typeof Symbol == "function" && typeof Symbol.iterator == "symbol" ? function(n) {
    return typeof n;
  } : function(n) {
    return n && typeof Symbol == "function" && n.constructor === Symbol && n !== Symbol.prototype ? "symbol" : typeof n;
  }, W(e);
}
function fr(e, n) {
  if (W(e) != "object" || !e) return e;
  var r = e[Symbol.toPrimitive];
  if (r !== void 0) {
    var o = r.call(e, n || "default");
    if (W(o) != "object") return o;
    throw new TypeError("@@toPrimitive must return a primitive value.");
  }
  return (n === "string" ? String : Number)(
    e
  );
}
function ur(e) {
  var n = fr(e, "string");
  return W(n) == "symbol" ? n : n + "";
}
function k(e, n, r) {
  return (n = ur(n)) in e ? Object.defineProperty(e, n, {
    value: r,
    enumerable: true,
    configurable: true,
    writable: true
  }) : e[n] = r, e;
}
var $ = class {
  constructor(e, n, r) {
    k(this, "map", null), k(this, "level", 0), k(this, "children", null), k(this, "content", ""), k(this, "markup", ""), k(
      this,
      "info",
      ""
    ), k(this, "block", false), k(this, "hidden", false), this.type = e, this.tag = n, this.attrs = null, this.nesting = r, this.meta = null;
  }
  attrIndex(e) {
    if (!this.attrs) return -1;
    let n = this.attrs;
    for (let r = 0, o = n.length; r < o; r++) if (n[r][0] === e) return r;
    return -1;
  }
  attrPush(e) {
    this.attrs ? this.attrs.push(e) : this.attrs = [e];
  }
  attrSet(e, n) {
    let r = this.attrIndex(
      e
    ), o = [e, n];
    r < 0 ? this.attrPush(o) : this.attrs[r] = o;
  }
  attrGet(e) {
    let n = this.attrIndex(e), r = null;
    return n >= 0 && (r = this.attrs[n][1]), r;
  }
  attrJoin(e, n) {
    let r = this.attrIndex(
      e
    );
    r < 0 ? this.attrPush([e, n]) : this.attrs[r][1] = `${this.attrs[r][1]} ${n}`;
  }
};
var Q = class {
  constructor() {
    k(this, "__rules__", []), k(this, "__cache__", null);
  }
  __find__(e) {
    for (let n = 0; n < this.__rules__.length; n++) if (this.__rules__[n].name === e) return n;
    return -1;
  }
  __compile__() {
    let e = /* @__PURE__ */ new Set();
    this.__rules__.forEach((n) => {
      n.enabled && n.alt.forEach((r) => {
        r && e.add(r);
      });
    }), this.__cache__ = /* @__PURE__ */ Object.create(null), this.__cache__[""] = [], this.__rules__.forEach((n) => {
      n.enabled && this.__cache__[""].push(n.fn);
    }), e.forEach((n) => {
      this.__cache__[n] = [], this.__rules__.forEach((r) => {
        r.enabled && r.alt.indexOf(n) >= 0 && this.__cache__[n].push(r.fn);
      });
    });
  }
  at(e, n, r = {}) {
    let o = this.__find__(e);
    if (o === -1) throw new Error(`Parser rule not found: ${e}`);
    this.__rules__[o].fn = n, this.__rules__[o].alt = r.alt || [], this.__cache__ = null;
  }
  before(e, n, r, o = {}) {
    let i = this.__find__(e);
    if (i === -1) throw new Error(
      `Parser rule not found: ${e}`
    );
    this.__rules__.splice(i, 0, { name: n, enabled: true, fn: r, alt: o.alt || [] }), this.__cache__ = null;
  }
  after(e, n, r, o = {}) {
    let i = this.__find__(e);
    if (i === -1) throw new Error(`Parser rule not found: ${e}`);
    this.__rules__.splice(i + 1, 0, { name: n, enabled: true, fn: r, alt: o.alt || [] }), this.__cache__ = null;
  }
  push(e, n, r = {}) {
    this.__rules__.push({ name: e, enabled: true, fn: n, alt: r.alt || [] }), this.__cache__ = null;
  }
  enable(e, n = false) {
    Array.isArray(e) || (e = [e]);
    let r = [];
    return e.forEach((o) => {
      let i = this.__find__(o);
      if (i < 0) {
        if (n) return;
        throw new Error(`Rules manager: invalid rule name ${o}`);
      }
      this.__rules__[i].enabled = true, r.push(o);
    }), this.__cache__ = null, r;
  }
  enableOnly(e, n = false) {
    Array.isArray(e) || (e = [e]), this.__rules__.forEach((r) => {
      r.enabled = false;
    }), this.enable(e, n);
  }
  disable(e, n = false) {
    Array.isArray(e) || (e = [e]);
    let r = [];
    return e.forEach((o) => {
      let i = this.__find__(o);
      if (i < 0) {
        if (n) return;
        throw new Error(`Rules manager: invalid rule name ${o}`);
      }
      this.__rules__[i].enabled = false, r.push(o);
    }), this.__cache__ = null, r;
  }
  getRules(e) {
    return this.__cache__ || this.__compile__(), this.__cache__[e] || [];
  }
};
var M = {};
M.code_inline = function(e, n, r, o, i) {
  let t = e[n];
  return `<code${i.renderAttrs(t)}>${O(t.content)}</code>`;
};
M.code_block = function(e, n, r, o, i) {
  let t = e[n];
  return `<pre${i.renderAttrs(t)}><code>${O(e[n].content)}</code></pre>
`;
};
M.fence = function(e, n, r, o, i) {
  let t = e[n], l = t.info ? D(t.info).trim() : "", s = "", c2 = "";
  if (l) {
    let a = l.split(/(\s+)/g);
    s = a[0], c2 = a.slice(2).join("");
  }
  let f;
  if (r.highlight ? f = r.highlight(t.content, s, c2) || O(t.content) : f = O(t.content), f.indexOf("<pre") === 0) return f + `
`;
  if (l) {
    let a = t.attrIndex("class"), h = t.attrs ? t.attrs.slice() : [];
    a < 0 ? h.push(["class", `${r.langPrefix}${s}`]) : (h[a] = [h[a][0], h[a][1]], h[a][1] += ` ${r.langPrefix}${s}`);
    let d = { attrs: h };
    return `<pre><code${i.renderAttrs(d)}>${f}</code></pre>
`;
  }
  return `<pre><code${i.renderAttrs(t)}>${f}</code></pre>
`;
};
M.image = function(e, n, r, o, i) {
  let t = e[n];
  return t.attrs[t.attrIndex("alt")][1] = i.renderInlineAsText(t.children, r, o), i.renderToken(e, n, r);
};
M.hardbreak = function(e, n, r) {
  return r.xhtmlOut ? `<br />
` : `<br>
`;
};
M.softbreak = function(e, n, r) {
  return r.breaks ? r.xhtmlOut ? `<br />
` : `<br>
` : `
`;
};
M.text = function(e, n) {
  return O(e[n].content);
};
M.html_block = function(e, n) {
  return e[n].content;
};
M.html_inline = function(e, n) {
  return e[n].content;
};
var Xe = class {
  constructor() {
    k(this, "rules", Object.assign({}, M));
  }
  renderAttrs(e) {
    let n, r, o;
    if (!e.attrs) return "";
    for (o = "", n = 0, r = e.attrs.length; n < r; n++) o += ` ${O(e.attrs[n][0])}="${O(String(e.attrs[n][1]))}"`;
    return o;
  }
  renderToken(e, n, r) {
    let o = e[n], i = "";
    if (o.hidden) return "";
    let t = n - 1;
    for (; t >= 0 && e[t].hidden && e[t].nesting === 0; ) t--;
    o.block && o.nesting !== -1 && t >= 0 && e[t].hidden && e[t].nesting === -1 && (i += `
`), i += (o.nesting === -1 ? "</" : "<") + o.tag, i += this.renderAttrs(o), o.nesting === 0 && r.xhtmlOut && (i += " /");
    let l = false;
    if (o.block && (l = true, o.nesting === 1)) {
      let s = n + 1;
      for (; s < e.length && e[s].hidden && e[s].nesting === 0; ) s++;
      if (s < e.length) {
        let c2 = e[s];
        (c2.type === "inline" || c2.hidden || c2.nesting === -1 && c2.tag === o.tag) && (l = false);
      }
    }
    return i += l ? `>
` : ">", i;
  }
  renderInline(e, n, r) {
    let o = "", i = this.rules;
    for (let t = 0, l = e.length; t < l; t++) {
      let s = e[t].type;
      typeof i[s] < "u" ? o += i[s](e, t, n, r, this) : o += this.renderToken(
        e,
        t,
        n
      );
    }
    return o;
  }
  renderInlineAsText(e, n, r) {
    let o = "";
    for (let i = 0, t = e.length; i < t; i++) switch (e[i].type) {
      case "text":
      case "code_inline":
        o += e[i].content;
        break;
      case "image":
        o += this.renderInlineAsText(e[i].children, n, r);
        break;
      case "html_inline":
      case "html_block":
        o += e[i].content;
        break;
      case "softbreak":
      case "hardbreak":
        o += `
`;
    }
    return o;
  }
  render(e, n, r) {
    let o = "", i = this.rules;
    for (let t = 0, l = e.length; t < l; t++) {
      let s = e[t].type;
      s === "inline" ? o += this.renderInline(e[t].children, n, r) : typeof i[s] < "u" ? o += i[s](e, t, n, r, this) : o += this.renderToken(e, t, n);
    }
    return o;
  }
};
var Ke = class {
  constructor(e, n, r) {
    k(this, "tokens", []), k(this, "inlineMode", false), k(this, "Token", $), this.src = e, this.env = r, this.md = n;
  }
};
var ar = /\r\n?/g;
var hr = /\0/g;
function pr(e) {
  let n;
  n = e.src.replace(ar, `
`), n = n.replace(hr, "�"), e.src = n;
}
function dr(e) {
  let n;
  e.inlineMode ? (n = new e.Token("inline", "", 0), n.content = e.src, n.map = [0, 1], n.children = [], e.tokens.push(n)) : e.md.block.parse(e.src, e.md, e.env, e.tokens);
}
function kr(e) {
  let n = e.tokens, r = 0;
  for (let o = 0; o < n.length; o++) n[o].type !== "reference_definition" && (o !== r && (n[r] = n[o]), r++);
  n.length !== r && (n.length = r);
}
function mr(e) {
  let n = e.tokens;
  for (let r = 0, o = n.length; r < o; r++) {
    let i = n[r];
    i.type === "inline" && e.md.inline.parse(i.content, e.md, e.env, i.children);
  }
}
function gr(e) {
  return /^<a[>\s]/i.test(e);
}
function br(e) {
  return /^<\/a\s*>/i.test(e);
}
function _r(e) {
  let n = e.tokens;
  if (e.md.options.linkify) for (let r = 0, o = n.length; r < o; r++) {
    if (n[r].type !== "inline" || !e.md.linkify.test(n[r].content)) continue;
    let i = n[r].children, t = [], l = 0;
    for (let s = i.length - 1; s >= 0; s--) {
      let c2 = i[s];
      if (c2.type === "link_close") {
        for (s--; i[s].level !== c2.level && i[s].type !== "link_open"; ) s--;
        continue;
      }
      if (c2.type === "html_inline" && (gr(c2.content) && l > 0 && l--, br(c2.content) && l++), !(l > 0) && c2.type === "text" && e.md.linkify.test(c2.content)) {
        let f = c2.content, a = e.md.linkify.match(f), h = [], d = c2.level, p = 0;
        a.length > 0 && a[0].index === 0 && s > 0 && i[s - 1].type === "text_special" && (a = a.slice(1));
        for (let u = 0; u < a.length; u++) {
          let x = a[u].url, A = e.md.normalizeLink(x);
          if (!e.md.validateLink(A)) continue;
          let g = a[u].text;
          a[u].schema ? a[u].schema === "mailto:" && !/^mailto:/i.test(g) ? g = e.md.normalizeLinkText(`mailto:${g}`).replace(/^mailto:/, "") : g = e.md.normalizeLinkText(g) : g = e.md.normalizeLinkText(
            `http://${g}`
          ).replace(/^http:\/\//, "");
          let y = a[u].index;
          if (y > p) {
            let m = new e.Token("text", "", 0);
            m.content = f.slice(p, y), m.level = d, h.push(m);
          }
          let C2 = new e.Token("link_open", "a", 1);
          C2.attrs = [["href", A]], C2.level = d++, C2.markup = "linkify", C2.info = "auto", h.push(C2);
          let b = new e.Token("text", "", 0);
          b.content = g, b.level = d, h.push(b);
          let _ = new e.Token("link_close", "a", -1);
          _.level = --d, _.markup = "linkify", _.info = "auto", h.push(_), p = a[u].lastIndex;
        }
        if (p < f.length) {
          let u = new e.Token("text", "", 0);
          u.content = f.slice(
            p
          ), u.level = d, h.push(u);
        }
        t.push({ index: s, nodes: h });
      }
    }
    if (t.length > 0) {
      let s = i.length;
      for (let h of t) s += h.nodes.length - 1;
      let c2 = new Array(s), f = 0, a = 0;
      t.reverse();
      for (let h = 0; h < i.length; h++) {
        let d = t[f];
        if (d?.index === h) {
          for (let p of d.nodes) c2[a++] = p;
          f++;
        } else c2[a++] = i[h];
      }
      n[r].children = c2;
    }
  }
}
var Ye = /\+-|\.\.|\?\?\?\?|!!!!|,,|--/;
var Cr = /\((c|tm|r)\)/i;
var xr = /\((c|tm|r)\)/gi;
var Ar = { c: "©", r: "®", tm: "™" };
function yr(e, n) {
  return Ar[n.toLowerCase()];
}
function vr(e) {
  let n = 0;
  for (let r = e.length - 1; r >= 0; r--) {
    let o = e[r];
    o.type === "text" && !n && (o.content = o.content.replace(xr, yr)), o.type === "link_open" && o.info === "auto" && n--, o.type === "link_close" && o.info === "auto" && n++;
  }
}
function Sr(e) {
  let n = 0;
  for (let r = e.length - 1; r >= 0; r--) {
    let o = e[r];
    o.type === "text" && !n && Ye.test(o.content) && (o.content = o.content.replace(/\+-/g, "±").replace(/\.{2,}/g, "…").replace(
      /([?!])…/g,
      "$1.."
    ).replace(/([?!]){4,}/g, "$1$1$1").replace(/,{2,}/g, ",").replace(/(^|[^-])---(?=[^-]|$)/gm, "$1—").replace(/(^|\s)--(?=\s|$)/gm, "$1–").replace(
      /(^|[^-\s])--(?=[^-\s]|$)/gm,
      "$1–"
    )), o.type === "link_open" && o.info === "auto" && n--, o.type === "link_close" && o.info === "auto" && n++;
  }
}
function wr(e) {
  let n;
  if (e.md.options.typographer) for (n = e.tokens.length - 1; n >= 0; n--) e.tokens[n].type === "inline" && (Cr.test(e.tokens[n].content) && vr(e.tokens[n].children), Ye.test(e.tokens[n].content) && Sr(e.tokens[n].children));
}
var Er = /['"]/;
var Le = /['"]/g;
var De = "’";
var Mr = 1e3;
function je(e, n, r) {
  for (; e.length > r; ) {
    let o = e.pop();
    o.isSingleQuote ? n.single = o.prevSameQuoteIdx : n.double = o.prevSameQuoteIdx;
  }
}
function Y(e, n, r, o) {
  e[n] || (e[n] = []), e[n].push({ pos: r, ch: o });
}
function Ir(e, n) {
  let r = "", o = 0;
  n.sort((i, t) => i.pos - t.pos);
  for (let i = 0; i < n.length; i++) {
    let t = n[i];
    r += e.slice(o, t.pos) + t.ch, o = t.pos + 1;
  }
  return r + e.slice(o);
}
function Tr(e, n) {
  let r, o = [], i = { single: -1, double: -1 }, t = {};
  for (let l = 0; l < e.length; l++) {
    let s = e[l], c2 = e[l].level;
    for (r = o.length - 1; r >= 0 && !(o[r].level <= c2); r--) ;
    if (je(o, i, r + 1), s.type !== "text") continue;
    let f = s.content, a = 0, h = f.length;
    e: for (; a < h; ) {
      Le.lastIndex = a;
      let d = Le.exec(f);
      if (!d) break;
      let p = true, u = true;
      a = d.index + 1;
      let x = d[0] === "'", A = 32;
      if (d.index - 1 >= 0) A = f.charCodeAt(d.index - 1);
      else for (r = l - 1; r >= 0 && !(e[r].type === "softbreak" || e[r].type === "hardbreak"); r--) if (e[r].content) {
        A = e[r].content.charCodeAt(e[r].content.length - 1);
        break;
      }
      let g = 32;
      if (a < h) g = f.charCodeAt(a);
      else for (r = l + 1; r < e.length && !(e[r].type === "softbreak" || e[r].type === "hardbreak"); r++) if (e[r].content) {
        g = e[r].content.charCodeAt(0);
        break;
      }
      let y = Z(A) || H(A), C2 = Z(g) || H(g), b = U(A), _ = U(g);
      if (_ ? p = false : C2 && (b || y || (p = false)), b ? u = false : y && (_ || C2 || (u = false)), g === 34 && d[0] === '"' && A >= 48 && A <= 57 && (u = p = false), p && u && (p = y, u = C2), !p && !u) {
        x && Y(t, l, d.index, De);
        continue;
      }
      if (u && (r = x ? i.single : i.double, r >= 0 && o[r].level === c2)) {
        let m = o[r], v, w;
        x ? (v = n.md.options.quotes[2], w = n.md.options.quotes[3]) : (v = n.md.options.quotes[0], w = n.md.options.quotes[1]), Y(t, l, d.index, w), Y(t, m.tokenIdx, m.contentPos, v), je(
          o,
          i,
          r
        );
        continue e;
      }
      if (p) {
        if (o.length >= Mr) return;
        o.push({ tokenIdx: l, contentPos: d.index, isSingleQuote: x, level: c2, prevSameQuoteIdx: x ? i.single : i.double }), x ? i.single = o.length - 1 : i.double = o.length - 1;
      } else u && x && Y(t, l, d.index, De);
    }
  }
  Object.keys(t).forEach(function(l) {
    let s = Number(l);
    e[s].content = Ir(e[s].content, t[l]);
  });
}
function Pr(e) {
  if (e.md.options.typographer) for (let n = e.tokens.length - 1; n >= 0; n--) e.tokens[n].type !== "inline" || !Er.test(e.tokens[n].content) || Tr(e.tokens[n].children, e);
}
function Or(e) {
  let n, r, o = e.length;
  for (n = 0; n < o; n++) e[n].type === "text_special" && (e[n].type = "text");
  for (n = r = 0; n < o; n++) e[n].type === "text" && n + 1 < o && e[n + 1].type === "text" ? e[n + 1].content = e[n].content + e[n + 1].content : (n !== r && (e[r] = e[n]), r++);
  n !== r && (e.length = r);
}
function Rr(e) {
  let n, r, o = e.tokens, i = o.length;
  for (let t = 0; t < i; t++) {
    if (o[t].type !== "inline") continue;
    let l = o[t].children, s = l.length;
    for (n = 0; n < s; n++) l[n].type === "text_special" && (l[n].type = "text"), l[n].children && Or(l[n].children);
    for (n = r = 0; n < s; n++) l[n].type === "text" && n + 1 < s && l[n + 1].type === "text" ? l[n + 1].content = l[n].content + l[n + 1].content : (n !== r && (l[r] = l[n]), r++);
    n !== r && (l.length = r);
  }
}
var he = [["normalize", pr], ["block", dr], ["strip_references", kr], ["inline", mr], ["linkify", _r], ["replacements", wr], ["smartquotes", Pr], ["text_join", Rr]];
var Je = class {
  constructor() {
    k(this, "ruler", new Q()), k(this, "State", Ke);
    for (let e = 0; e < he.length; e++) this.ruler.push(he[e][0], he[e][1]);
  }
  process(e) {
    let n = this.ruler.getRules("");
    for (let r = 0, o = n.length; r < o; r++) n[r](e);
  }
};
var en = class {
  constructor(e, n, r, o) {
    k(this, "bMarks", []), k(this, "eMarks", []), k(this, "tShift", []), k(this, "sCount", []), k(this, "bsCount", []), k(this, "blkIndent", 0), k(
      this,
      "line",
      0
    ), k(this, "lineMax", 0), k(this, "tight", false), k(this, "listIndent", -1), k(this, "parentType", "root"), k(this, "level", 0), k(this, "Token", $), this.src = e, this.md = n, this.env = r, this.tokens = o;
    let i = this.src;
    for (let t = 0, l = 0, s = 0, c2 = 0, f = i.length, a = false; l < f; l++) {
      let h = i.charCodeAt(l);
      if (!a) if (S(h)) {
        s++, h === 9 ? c2 += 4 - c2 % 4 : c2++;
        continue;
      } else a = true;
      (h === 10 || l === f - 1) && (h !== 10 && l++, this.bMarks.push(t), this.eMarks.push(l), this.tShift.push(s), this.sCount.push(c2), this.bsCount.push(0), a = false, s = 0, c2 = 0, t = l + 1);
    }
    this.bMarks.push(i.length), this.eMarks.push(i.length), this.tShift.push(0), this.sCount.push(0), this.bsCount.push(0), this.lineMax = this.bMarks.length - 1;
  }
  push(e, n, r) {
    let o = new $(
      e,
      n,
      r
    );
    return o.block = true, r < 0 && this.level--, o.level = this.level, r > 0 && this.level++, this.tokens.push(o), o;
  }
  isEmpty(e) {
    return this.bMarks[e] + this.tShift[e] >= this.eMarks[e];
  }
  skipEmptyLines(e) {
    for (let n = this.lineMax; e < n && !(this.bMarks[e] + this.tShift[e] < this.eMarks[e]); e++) ;
    return e;
  }
  skipSpaces(e) {
    for (let n = this.src.length; e < n && S(this.src.charCodeAt(e)); e++)
      ;
    return e;
  }
  skipSpacesBack(e, n) {
    if (e <= n) return e;
    for (; e > n; ) if (!S(this.src.charCodeAt(--e))) return e + 1;
    return e;
  }
  skipChars(e, n) {
    for (let r = this.src.length; e < r && this.src.charCodeAt(e) === n; e++) ;
    return e;
  }
  skipCharsBack(e, n, r) {
    if (e <= r) return e;
    for (; e > r; ) if (n !== this.src.charCodeAt(--e)) return e + 1;
    return e;
  }
  getLines(e, n, r, o) {
    if (e >= n) return "";
    let i = new Array(n - e);
    for (let t = 0, l = e; l < n; l++, t++) {
      let s = 0, c2 = this.bMarks[l], f = c2, a;
      for (l + 1 < n || o ? a = this.eMarks[l] + 1 : a = this.eMarks[l]; f < a && s < r; ) {
        let h = this.src.charCodeAt(f);
        if (S(h)) h === 9 ? s += 4 - (s + this.bsCount[l]) % 4 : s++;
        else if (f - c2 < this.tShift[l]) s++;
        else break;
        f++;
      }
      s > r ? i[t] = new Array(s - r + 1).join(" ") + this.src.slice(
        f,
        a
      ) : i[t] = this.src.slice(f, a);
    }
    return i.join("");
  }
};
var $r = 65536;
function pe(e, n) {
  let r = e.bMarks[n] + e.tShift[n], o = e.eMarks[n];
  return e.src.slice(r, o);
}
function Fe(e) {
  let n = [], r = e.length, o = 0, i = e.charCodeAt(o), t = false, l = 0, s = "";
  for (; o < r; ) i === 124 && (t ? (s += e.substring(l, o - 1), l = o) : (n.push(s + e.substring(l, o)), s = "", l = o + 1)), t = i === 92, o++, i = e.charCodeAt(
    o
  );
  return n.push(s + e.substring(l)), n;
}
function zr(e, n, r, o) {
  if (n + 2 > r) return false;
  let i = n + 1;
  if (e.sCount[i] < e.blkIndent || e.sCount[i] - e.blkIndent >= 4) return false;
  let t = e.bMarks[i] + e.tShift[i];
  if (t >= e.eMarks[i]) return false;
  let l = e.src.charCodeAt(t++);
  if (l !== 124 && l !== 45 && l !== 58 || t >= e.eMarks[i]) return false;
  let s = e.src.charCodeAt(t++);
  if (s !== 124 && s !== 45 && s !== 58 && !S(s) || l === 45 && S(s)) return false;
  for (; t < e.eMarks[i]; ) {
    let b = e.src.charCodeAt(t);
    if (b !== 124 && b !== 45 && b !== 58 && !S(b)) return false;
    t++;
  }
  let c2 = pe(e, n + 1), f = c2.split(
    "|"
  ), a = [];
  for (let b = 0; b < f.length; b++) {
    let _ = f[b].trim();
    if (!_) {
      if (b === 0 || b === f.length - 1) continue;
      return false;
    }
    if (!/^:?-+:?$/.test(_)) return false;
    _.charCodeAt(_.length - 1) === 58 ? a.push(_.charCodeAt(0) === 58 ? "center" : "right") : _.charCodeAt(0) === 58 ? a.push("left") : a.push("");
  }
  if (c2 = pe(e, n).trim(), c2.indexOf("|") === -1 || e.sCount[n] - e.blkIndent >= 4) return false;
  f = Fe(c2), f.length && f[0] === "" && f.shift(), f.length && f[f.length - 1] === "" && f.pop();
  let h = f.length;
  if (h === 0 || h !== a.length) return false;
  if (o) return true;
  let d = e.parentType;
  e.parentType = "table";
  let p = e.md.block.ruler.getRules("blockquote"), u = e.push("table_open", "table", 1), x = [n, 0];
  u.map = x;
  let A = e.push("thead_open", "thead", 1);
  A.map = [
    n,
    n + 1
  ];
  let g = e.push("tr_open", "tr", 1);
  g.map = [n, n + 1];
  for (let b = 0; b < f.length; b++) {
    let _ = e.push("th_open", "th", 1);
    a[b] && (_.attrs = [["style", `text-align:${a[b]}`]]);
    let m = e.push("inline", "", 0);
    m.content = f[b].trim(), m.children = [], e.push("th_close", "th", -1);
  }
  e.push("tr_close", "tr", -1), e.push("thead_close", "thead", -1);
  let y, C2 = 0;
  for (i = n + 2; i < r && !(e.sCount[i] < e.blkIndent); i++) {
    let b = false;
    for (let m = 0, v = p.length; m < v; m++) if (p[m](e, i, r, true)) {
      b = true;
      break;
    }
    if (b || (c2 = pe(e, i).trim(), !c2) || e.sCount[i] - e.blkIndent >= 4 || (f = Fe(c2), f.length && f[0] === "" && f.shift(), f.length && f[f.length - 1] === "" && f.pop(), C2 += h - f.length, C2 > $r)) break;
    if (i === n + 2) {
      let m = e.push("tbody_open", "tbody", 1);
      m.map = y = [n + 2, 0];
    }
    let _ = e.push("tr_open", "tr", 1);
    _.map = [i, i + 1];
    for (let m = 0; m < h; m++) {
      let v = e.push("td_open", "td", 1);
      a[m] && (v.attrs = [["style", `text-align:${a[m]}`]]);
      let w = e.push("inline", "", 0);
      w.content = f[m] ? f[m].trim() : "", w.children = [], e.push("td_close", "td", -1);
    }
    e.push("tr_close", "tr", -1);
  }
  return y && (e.push("tbody_close", "tbody", -1), y[1] = i), e.push("table_close", "table", -1), x[1] = i, e.parentType = d, e.line = i, true;
}
function Lr(e, n, r) {
  if (e.sCount[n] - e.blkIndent < 4) return false;
  let o = n + 1, i = o;
  for (; o < r; ) {
    if (e.isEmpty(o)) {
      o++;
      continue;
    }
    if (e.sCount[o] - e.blkIndent >= 4) {
      o++, i = o;
      continue;
    }
    break;
  }
  e.line = i;
  let t = e.push("code_block", "code", 0);
  return t.content = e.getLines(
    n,
    i,
    4 + e.blkIndent,
    false
  ) + `
`, t.map = [n, e.line], true;
}
function Dr(e, n, r, o) {
  let i = e.bMarks[n] + e.tShift[n], t = e.eMarks[n];
  if (e.sCount[n] - e.blkIndent >= 4 || i + 3 > t) return false;
  let l = e.src.charCodeAt(i);
  if (l !== 126 && l !== 96) return false;
  let s = i;
  i = e.skipChars(i, l);
  let c2 = i - s;
  if (c2 < 3) return false;
  let f = e.src.slice(s, i), a = e.src.slice(i, t);
  if (l === 96 && a.indexOf(String.fromCharCode(l)) >= 0) return false;
  if (o) return true;
  let h = n, d = false;
  for (; h++, !(h >= r || (i = s = e.bMarks[h] + e.tShift[h], t = e.eMarks[h], i < t && e.sCount[h] < e.blkIndent)); ) if (e.src.charCodeAt(i) === l && !(e.sCount[h] - e.blkIndent >= 4) && (i = e.skipChars(i, l), !(i - s < c2) && (i = e.skipSpaces(i), !(i < t)))) {
    d = true;
    break;
  }
  c2 = e.sCount[n], e.line = h + (d ? 1 : 0);
  let p = e.push("fence", "code", 0);
  return p.info = a, p.content = e.getLines(n + 1, h, c2, true), p.markup = f, p.map = [n, e.line], true;
}
function jr(e, n, r, o) {
  let i = e.bMarks[n] + e.tShift[n], t = e.eMarks[n], l = e.lineMax;
  if (e.sCount[n] - e.blkIndent >= 4 || e.src.charCodeAt(i) !== 62) return false;
  if (o) return true;
  let s = [], c2 = [], f = [], a = [], h = e.md.block.ruler.getRules("blockquote"), d = e.parentType;
  e.parentType = "blockquote";
  let p = false, u;
  for (u = n; u < r; u++) {
    let C2 = e.sCount[u] < e.blkIndent;
    if (i = e.bMarks[u] + e.tShift[u], t = e.eMarks[u], i >= t) break;
    if (e.src.charCodeAt(i++) === 62 && !C2) {
      let _ = e.sCount[u] + 1, m, v;
      e.src.charCodeAt(i) === 32 ? (i++, _++, v = false, m = true) : e.src.charCodeAt(i) === 9 ? (m = true, (e.bsCount[u] + _) % 4 === 3 ? (i++, _++, v = false) : v = true) : m = false;
      let w = _;
      for (s.push(e.bMarks[u]), e.bMarks[u] = i; i < t; ) {
        let j = e.src.charCodeAt(i);
        if (S(j)) j === 9 ? w += 4 - (w + e.bsCount[u] + (v ? 1 : 0)) % 4 : w++;
        else break;
        i++;
      }
      p = i >= t, c2.push(e.bsCount[u]), e.bsCount[u] = e.sCount[u] + 1 + (m ? 1 : 0), f.push(e.sCount[u]), e.sCount[u] = w - _, a.push(e.tShift[u]), e.tShift[u] = i - e.bMarks[u];
      continue;
    }
    if (p) break;
    let b = false;
    for (let _ = 0, m = h.length; _ < m; _++)
      if (h[_](e, u, r, true)) {
        b = true;
        break;
      }
    if (b) {
      e.lineMax = u, e.blkIndent !== 0 && (s.push(e.bMarks[u]), c2.push(e.bsCount[u]), a.push(e.tShift[u]), f.push(e.sCount[u]), e.sCount[u] -= e.blkIndent);
      break;
    }
    s.push(e.bMarks[u]), c2.push(e.bsCount[u]), a.push(e.tShift[u]), f.push(e.sCount[u]), e.sCount[u] = -1;
  }
  let x = e.blkIndent;
  e.blkIndent = 0;
  let A = e.push(
    "blockquote_open",
    "blockquote",
    1
  );
  A.markup = ">";
  let g = [n, 0];
  A.map = g, e.md.block.tokenize(e, n, u);
  let y = e.push("blockquote_close", "blockquote", -1);
  y.markup = ">", e.lineMax = l, e.parentType = d, g[1] = e.line;
  for (let C2 = 0; C2 < a.length; C2++) e.bMarks[C2 + n] = s[C2], e.tShift[C2 + n] = a[C2], e.sCount[C2 + n] = f[C2], e.bsCount[C2 + n] = c2[C2];
  return e.blkIndent = x, true;
}
function Fr(e, n, r, o) {
  let i = e.eMarks[n];
  if (e.sCount[n] - e.blkIndent >= 4) return false;
  let t = e.bMarks[n] + e.tShift[n], l = e.src.charCodeAt(t++);
  if (l !== 42 && l !== 45 && l !== 95) return false;
  let s = 1;
  for (; t < i; ) {
    let f = e.src.charCodeAt(t++);
    if (f !== l && !S(f)) return false;
    f === l && s++;
  }
  if (s < 3) return false;
  if (o) return true;
  e.line = n + 1;
  let c2 = e.push("hr", "hr", 0);
  return c2.map = [n, e.line], c2.markup = Array(s + 1).join(String.fromCharCode(l)), true;
}
function Ne(e, n) {
  let r = e.eMarks[n], o = e.bMarks[n] + e.tShift[n], i = e.src.charCodeAt(o++);
  return i !== 42 && i !== 45 && i !== 43 || o < r && !S(e.src.charCodeAt(o)) ? -1 : o;
}
function qe(e, n) {
  let r = e.bMarks[n] + e.tShift[n], o = e.eMarks[n], i = r;
  if (i + 1 >= o) return -1;
  let t = e.src.charCodeAt(i++);
  if (t < 48 || t > 57) return -1;
  for (; ; ) {
    if (i >= o) return -1;
    if (t = e.src.charCodeAt(i++), t >= 48 && t <= 57) {
      if (i - r >= 10) return -1;
      continue;
    }
    if (t === 41 || t === 46) break;
    return -1;
  }
  return i < o && (t = e.src.charCodeAt(i), !S(t)) ? -1 : i;
}
function Nr(e, n) {
  let r = e.level + 2;
  for (let o = n + 2, i = e.tokens.length - 2; o < i; o++) e.tokens[o].level === r && e.tokens[o].type === "paragraph_open" && (e.tokens[o + 2].hidden = true, e.tokens[o].hidden = true, o += 2);
}
function qr(e, n, r, o) {
  let i, t, l, s, c2 = n, f = true;
  if (e.sCount[c2] - e.blkIndent >= 4 || e.listIndent >= 0 && e.sCount[c2] - e.listIndent >= 4 && e.sCount[c2] < e.blkIndent) return false;
  let a = false;
  o && e.parentType === "paragraph" && e.sCount[c2] >= e.blkIndent && (a = true);
  let h, d, p;
  if ((p = qe(e, c2)) >= 0) {
    if (h = true, l = e.bMarks[c2] + e.tShift[c2], d = Number(e.src.slice(l, p - 1)), a && d !== 1) return false;
  } else if ((p = Ne(e, c2)) >= 0) h = false;
  else return false;
  if (a && e.skipSpaces(p) >= e.eMarks[c2]) return false;
  if (o) return true;
  let u = e.src.charCodeAt(p - 1), x = e.tokens.length;
  h ? (s = e.push("ordered_list_open", "ol", 1), d !== 1 && (s.attrs = [["start", d]])) : s = e.push("bullet_list_open", "ul", 1);
  let A = [c2, 0];
  s.map = A, s.markup = String.fromCharCode(u);
  let g = false, y = e.md.block.ruler.getRules("list"), C2 = e.parentType;
  for (e.parentType = "list"; c2 < r; ) {
    t = p, i = e.eMarks[c2];
    let b = e.sCount[c2] + p - (e.bMarks[c2] + e.tShift[c2]), _ = b;
    for (; t < i; ) {
      let z = e.src.charCodeAt(t);
      if (z === 9) _ += 4 - (_ + e.bsCount[c2]) % 4;
      else if (z === 32) _++;
      else break;
      t++;
    }
    let m = t, v;
    m >= i ? v = 1 : v = _ - b, v > 4 && (v = 1);
    let w = b + v;
    s = e.push("list_item_open", "li", 1), s.markup = String.fromCharCode(u);
    let j = [c2, 0];
    s.map = j, h && (s.info = e.src.slice(l, p - 1));
    let an = e.tight, hn = e.tShift[c2], pn = e.sCount[c2], dn = e.listIndent;
    if (e.listIndent = e.blkIndent, e.blkIndent = w, e.tight = true, e.tShift[c2] = m - e.bMarks[c2], e.sCount[c2] = _, m >= i && e.isEmpty(c2 + 1) ? e.line = Math.min(
      e.line + 2,
      r
    ) : e.md.block.tokenize(e, c2, r), (!e.tight || g) && (f = false), g = e.line - c2 > 1 && e.isEmpty(e.line - 1), e.blkIndent = e.listIndent, e.listIndent = dn, e.tShift[c2] = hn, e.sCount[c2] = pn, e.tight = an, s = e.push("list_item_close", "li", -1), s.markup = String.fromCharCode(u), c2 = e.line, j[1] = c2, c2 >= r || e.sCount[c2] < e.blkIndent || e.sCount[c2] - e.blkIndent >= 4) break;
    let _e = false;
    for (let z = 0, kn = y.length; z < kn; z++) if (y[z](e, c2, r, true)) {
      _e = true;
      break;
    }
    if (_e) break;
    if (h) {
      if (p = qe(e, c2), p < 0) break;
      l = e.bMarks[c2] + e.tShift[c2];
    } else if (p = Ne(e, c2), p < 0) break;
    if (u !== e.src.charCodeAt(p - 1)) break;
  }
  return h ? s = e.push("ordered_list_close", "ol", -1) : s = e.push("bullet_list_close", "ul", -1), s.markup = String.fromCharCode(u), A[1] = c2, e.line = c2, e.parentType = C2, f && Nr(e, x), true;
}
var de = 999;
function Br(e) {
  let n = e.length;
  for (let r = 0; r < e.length - 1; r++) {
    let o = e.charCodeAt(r);
    if (o < 55296 || o > 56319) continue;
    let i = e.charCodeAt(r + 1);
    i >= 56320 && i <= 57343 && (n--, r++);
  }
  return n;
}
function q(e, n) {
  return Math.min(e.eMarks[n] + 1, e.src.length);
}
function J(e, n) {
  let r = e.lineMax;
  if (n >= r || e.isEmpty(n)) return -1;
  let o = false;
  if (e.sCount[n] - e.blkIndent > 3 && (o = true), e.sCount[n] < 0 && (o = true), !o) {
    let i = e.md.block.ruler.getRules("reference"), t = e.parentType;
    e.parentType = "reference";
    let l = false;
    for (let s = 0, c2 = i.length; s < c2; s++) if (i[s](e, n, r, true)) {
      l = true;
      break;
    }
    if (e.parentType = t, l) return -1;
  }
  return e.bMarks[n] + e.tShift[n];
}
function Ur(e, n, r, o) {
  let i = e.src, t = e.bMarks[n] + e.tShift[n], l = n + 1;
  if (e.sCount[n] - e.blkIndent >= 4 || i.charCodeAt(t) !== 91) return false;
  let s = q(e, n), c2 = "", f = -1, a = ++t;
  for (; t < s; ) {
    if (c2.length + t - a > de * 2) return false;
    let m = i.charCodeAt(t);
    if (m === 91) return false;
    if (m === 93) {
      f = t;
      break;
    }
    if (m === 92 && (m = i.charCodeAt(++t)), m === 10 && t < s) {
      let v = J(e, l);
      if (v < 0) return false;
      c2 += i.slice(
        a,
        s
      ), t = a = v, s = q(e, l++);
      continue;
    }
    t++;
  }
  if (f < 0 || i.charCodeAt(f + 1) !== 58 || (c2 += i.slice(a, f), c2.length > de && Br(c2) > de)) return false;
  for (t = f + 2; t < s; ) {
    let m = i.charCodeAt(t);
    if (m === 10) {
      let v = J(e, l);
      if (v < 0) break;
      t = v, s = q(e, l++);
    } else if (S(m)) t++;
    else break;
  }
  let h = e.md.helpers.parseLinkDestination(i, t, s);
  if (!h.ok) return false;
  let d = e.md.normalizeLink(
    h.str
  );
  if (!e.md.validateLink(d)) return false;
  t = h.pos;
  let p = t, u = s, x = l;
  for (; t < s; ) {
    let m = i.charCodeAt(t);
    if (m === 10) {
      let v = J(e, l);
      if (v < 0) break;
      t = v, s = q(e, l++);
    } else if (S(
      m
    )) t++;
    else break;
  }
  let A = t, g = e.md.helpers.parseLinkTitle(i, t, s);
  for (; g.can_continue; ) {
    let m = J(e, l);
    if (m < 0) break;
    t = m, s = q(e, l++), g = e.md.helpers.parseLinkTitle(
      i,
      t,
      s,
      g
    );
  }
  let y;
  for (A !== p && g.ok ? (y = g.str, t = g.pos) : (y = "", t = p, s = u, l = x); t < s && S(i.charCodeAt(t)); ) t++;
  if (t < s && i.charCodeAt(t) !== 10 && y) for (y = "", t = p, s = u, l = x; t < s && S(i.charCodeAt(
    t
  )); ) t++;
  if (t < s && i.charCodeAt(t) !== 10) return false;
  let C2 = ne(c2);
  if (!C2) return false;
  if (o) return true;
  typeof e.env.references > "u" && (e.env.references = {}), typeof e.env.references[C2] > "u" && (e.env.references[C2] = { title: y, href: d });
  let b = e.push("reference_definition", "", 0);
  b.map = [n, l], b.hidden = true;
  let _ = /* @__PURE__ */ Object.create(null);
  return _.label = C2, b.meta = _, e.line = l, true;
}
var Hr = [
  "address",
  "article",
  "aside",
  "base",
  "basefont",
  "blockquote",
  "body",
  "caption",
  "center",
  "col",
  "colgroup",
  "dd",
  "details",
  "dialog",
  "dir",
  "div",
  "dl",
  "dt",
  "fieldset",
  "figcaption",
  "figure",
  "footer",
  "form",
  "frame",
  "frameset",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "head",
  "header",
  "hr",
  "html",
  "iframe",
  "legend",
  "li",
  "link",
  "main",
  "menu",
  "menuitem",
  "nav",
  "noframes",
  "ol",
  "optgroup",
  "option",
  "p",
  "param",
  "search",
  "section",
  "summary",
  "table",
  "tbody",
  "td",
  "tfoot",
  "th",
  "thead",
  "title",
  "tr",
  "track",
  "ul"
];
var nn = `<[A-Za-z][A-Za-z0-9\\-]*(?:\\s+[a-zA-Z_:][a-zA-Z0-9:._-]*(?:\\s*=\\s*(?:[^"'=<>\`\\x00-\\x20]+|'[^']*'|"[^"]*"))?)*\\s*\\/?>`;
var rn = "<\\/[A-Za-z][A-Za-z0-9\\-]*\\s*>";
new RegExp(`^(?:${nn}|${rn}|<!---?>|<!--(?:[^-]|-[^-]|--[^>])*-->|<[?][\\s\\S]*?[?]>|<![A-Za-z][^>]*>|<!\\[CDATA\\[[\\s\\S]*?\\]\\]>)`);
var tn = new RegExp(`^(?:${nn}|${rn})`);
var R = [
  [/^<(script|pre|style|textarea)(?=(\s|>|$))/i, /<\/(script|pre|style|textarea)>/i, true],
  [/^<!--/, /-->/, true],
  [/^<\?/, /\?>/, true],
  [/^<![A-Za-z]/, />/, true],
  [/^<!\[CDATA\[/, /\]\]>/, true],
  [new RegExp(`^</?(${Hr.join("|")})(?=(\\s|/?>|$))`, "i"), /^$/, true],
  [new RegExp(`${tn.source}\\s*$`), /^$/, false]
];
function Zr(e, n, r, o) {
  let i = e.bMarks[n] + e.tShift[n], t = e.eMarks[n];
  if (e.sCount[n] - e.blkIndent >= 4 || !e.md.options.html || e.src.charCodeAt(i) !== 60) return false;
  let l = e.src.slice(i, t), s = 0;
  for (; s < R.length && !R[s][0].test(l); s++) ;
  if (s === R.length) return false;
  if (o) return R[s][2];
  let c2 = n + 1, f = R[s][1].test("");
  if (!R[s][1].test(l)) {
    for (; c2 < r && !(e.sCount[c2] < e.blkIndent && (f || !e.isEmpty(c2))); c2++) if (i = e.bMarks[c2] + e.tShift[c2], t = e.eMarks[c2], l = e.src.slice(i, t), R[s][1].test(l)) {
      l.length !== 0 && c2++;
      break;
    }
  }
  e.line = c2;
  let a = e.push("html_block", "", 0);
  return a.map = [n, c2], a.content = e.getLines(n, c2, e.blkIndent, true), true;
}
function Wr(e, n, r, o) {
  let i = e.bMarks[n] + e.tShift[n], t = e.eMarks[n];
  if (e.sCount[n] - e.blkIndent >= 4) return false;
  let l = e.src.charCodeAt(i);
  if (l !== 35 || i >= t) return false;
  let s = 1;
  for (l = e.src.charCodeAt(++i); l === 35 && i < t && s <= 6; ) s++, l = e.src.charCodeAt(++i);
  if (s > 6 || i < t && !S(
    l
  )) return false;
  if (o) return true;
  t = e.skipSpacesBack(t, i);
  let c2 = e.skipCharsBack(t, 35, i);
  c2 > i && S(e.src.charCodeAt(c2 - 1)) && (t = c2), e.line = n + 1;
  let f = e.push(
    "heading_open",
    `h${s}`,
    1
  );
  f.markup = "########".slice(0, s), f.map = [n, e.line];
  let a = e.push("inline", "", 0);
  a.content = re(e.src.slice(i, t)), a.map = [n, e.line], a.children = [];
  let h = e.push("heading_close", `h${s}`, -1);
  return h.markup = "########".slice(0, s), true;
}
function Qr(e, n, r) {
  let o = e.md.block.ruler.getRules("paragraph");
  if (e.sCount[n] - e.blkIndent >= 4) return false;
  let i = e.parentType;
  e.parentType = "paragraph";
  let t = 0, l, s = n + 1;
  for (; s < r && !e.isEmpty(s); s++) {
    if (e.sCount[s] - e.blkIndent > 3) continue;
    if (e.sCount[s] >= e.blkIndent) {
      let p = e.bMarks[s] + e.tShift[s], u = e.eMarks[s];
      if (p < u && (l = e.src.charCodeAt(p), (l === 45 || l === 61) && (p = e.skipChars(p, l), p = e.skipSpaces(p), p >= u))) {
        t = l === 61 ? 1 : 2;
        break;
      }
    }
    if (e.sCount[s] < 0) continue;
    let d = false;
    for (let p = 0, u = o.length; p < u; p++) if (o[p](e, s, r, true)) {
      d = true;
      break;
    }
    if (d) break;
  }
  if (!t) return e.parentType = i, false;
  let c2 = re(e.getLines(n, s, e.blkIndent, false));
  e.line = s + 1;
  let f = e.push("heading_open", `h${t}`, 1);
  f.markup = String.fromCharCode(l), f.map = [n, e.line];
  let a = e.push("inline", "", 0);
  a.content = c2, a.map = [n, e.line - 1], a.children = [];
  let h = e.push("heading_close", `h${t}`, -1);
  return h.markup = String.fromCharCode(l), e.parentType = i, true;
}
function Gr(e, n, r) {
  let o = e.md.block.ruler.getRules(
    "paragraph"
  ), i = e.parentType, t = n + 1;
  for (e.parentType = "paragraph"; t < r && !e.isEmpty(t); t++) {
    if (e.sCount[t] - e.blkIndent > 3 || e.sCount[t] < 0) continue;
    let f = false;
    for (let a = 0, h = o.length; a < h; a++) if (o[a](e, t, r, true)) {
      f = true;
      break;
    }
    if (f) break;
  }
  let l = re(e.getLines(n, t, e.blkIndent, false));
  e.line = t;
  let s = e.push("paragraph_open", "p", 1);
  s.map = [n, e.line];
  let c2 = e.push("inline", "", 0);
  return c2.content = l, c2.map = [n, e.line], c2.children = [], e.push("paragraph_close", "p", -1), e.parentType = i, true;
}
var ee = [["table", zr, [
  "paragraph",
  "reference"
]], ["code", Lr], ["fence", Dr, ["paragraph", "reference", "blockquote", "list"]], ["blockquote", jr, ["paragraph", "reference", "blockquote", "list"]], ["hr", Fr, ["paragraph", "reference", "blockquote", "list"]], ["list", qr, ["paragraph", "reference", "blockquote"]], ["reference", Ur], ["html_block", Zr, ["paragraph", "reference", "blockquote"]], ["heading", Wr, ["paragraph", "reference", "blockquote"]], ["lheading", Qr], ["paragraph", Gr]];
var on = class {
  constructor() {
    k(this, "ruler", new Q()), k(this, "State", en);
    for (let e = 0; e < ee.length; e++) this.ruler.push(ee[e][0], ee[e][1], { alt: (ee[e][2] || []).slice() });
  }
  tokenize(e, n, r) {
    let o = this.ruler.getRules(""), i = o.length, t = e.md.options.maxNesting, l = n, s = false;
    for (; l < r && (e.line = l = e.skipEmptyLines(l), !(l >= r || e.sCount[l] < e.blkIndent)); ) {
      if (e.level >= t) {
        e.line = r;
        break;
      }
      let c2 = e.line, f = false;
      for (let a = 0; a < i; a++)
        if (f = o[a](e, l, r, false), f) {
          if (c2 >= e.line) throw new Error("block rule didn't increment state.line");
          break;
        }
      if (!f) throw new Error("none of the block rules matched");
      e.tight = !s, e.isEmpty(e.line - 1) && (s = true), l = e.line, l < r && e.isEmpty(l) && (s = true, l++, e.line = l);
    }
  }
  parse(e, n, r, o) {
    if (!e) return;
    let i = new this.State(e, n, r, o);
    this.tokenize(
      i,
      i.line,
      i.lineMax
    );
  }
};
var ln = class {
  constructor(e, n, r, o) {
    k(this, "pos", 0), k(this, "level", 0), k(this, "pending", ""), k(this, "pendingLevel", 0), k(this, "cache", {}), k(
      this,
      "backticks",
      {}
    ), k(this, "backticksScanned", false), k(this, "skipHtmlSpecial", false), k(this, "linkLevel", 0), k(this, "delimiters", []), k(this, "_prev_delimiters", []), k(this, "Token", $), this.src = e, this.env = r, this.md = n, this.tokens = o, this.tokens_meta = Array(o.length), this.posMax = this.src.length;
  }
  pushPending() {
    let e = new $("text", "", 0);
    return e.content = this.pending, e.level = this.pendingLevel, this.tokens.push(e), this.pending = "", e;
  }
  push(e, n, r) {
    this.pending && this.pushPending();
    let o = new $(e, n, r), i;
    return r < 0 && (this.level--, this.delimiters = this._prev_delimiters.pop()), o.level = this.level, r > 0 && (this.level++, this._prev_delimiters.push(this.delimiters), this.delimiters = [], i = { delimiters: this.delimiters }), this.pendingLevel = this.level, this.tokens.push(o), this.tokens_meta.push(i), o;
  }
  scanDelims(e, n) {
    let r = this.posMax, o = this.src.charCodeAt(e), i;
    if (e === 0) i = 32;
    else if (e === 1) i = this.src.charCodeAt(0), (i & 63488) === 55296 && (i = 65533);
    else if (i = this.src.charCodeAt(e - 1), (i & 64512) === 56320) {
      let u = this.src.charCodeAt(e - 2);
      i = (u & 64512) === 55296 ? 65536 + (u - 55296 << 10) + (i - 56320) : 65533;
    } else (i & 64512) === 55296 && (i = 65533);
    let t = e;
    for (; t < r && this.src.charCodeAt(t) === o; ) t++;
    let l = t - e, s = t < r ? this.src.charCodeAt(
      t
    ) : 32;
    if ((s & 64512) === 55296) {
      let u = this.src.charCodeAt(t + 1);
      s = (u & 64512) === 56320 ? 65536 + (s - 55296 << 10) + (u - 56320) : 65533;
    } else (s & 64512) === 56320 && (s = 65533);
    let c2 = Z(i) || H(i), f = Z(s) || H(s), a = U(i), h = U(s), d = !h && (!f || a || c2), p = !a && (!c2 || h || f);
    return { can_open: d && (n || !p || c2), can_close: p && (n || !d || f), length: l };
  }
};
function Vr(e) {
  switch (e) {
    case 10:
    case 33:
    case 35:
    case 36:
    case 37:
    case 38:
    case 42:
    case 43:
    case 45:
    case 58:
    case 60:
    case 61:
    case 62:
    case 64:
    case 91:
    case 92:
    case 93:
    case 94:
    case 95:
    case 96:
    case 123:
    case 125:
    case 126:
      return true;
    default:
      return false;
  }
}
function Xr(e, n) {
  let r = e.pos;
  for (; r < e.posMax && !Vr(e.src.charCodeAt(r)); ) r++;
  return r === e.pos ? false : (n || (e.pending += e.src.slice(e.pos, r)), e.pos = r, true);
}
function Kr(e) {
  return e >= 65 && e <= 90 || e >= 97 && e <= 122;
}
function Yr(e) {
  return e >= 65 && e <= 90 || e >= 97 && e <= 122 || e >= 48 && e <= 57 || e === 43 || e === 45 || e === 46;
}
function Jr(e, n) {
  if (!e.md.options.linkify || e.linkLevel > 0) return false;
  let r = e.pos, o = e.posMax;
  if (r + 3 > o || e.src.charCodeAt(r) !== 58 || e.src.charCodeAt(r + 1) !== 47 || e.src.charCodeAt(r + 2) !== 47) return false;
  let i = r - Math.min(10, e.pending.length, r), t = r;
  for (; t > i && Yr(e.src.charCodeAt(t - 1)); ) t--;
  if (t === r || !Kr(e.src.charCodeAt(t))) return false;
  let l = r - t, s = e.md.linkify.matchAtStart(e.src.slice(t));
  if (!s) return false;
  let c2 = s.url;
  if (c2.length <= l) return false;
  let f = c2.length;
  for (; f > 0 && c2.charCodeAt(f - 1) === 42; ) f--;
  f !== c2.length && (c2 = c2.slice(
    0,
    f
  ));
  let a = e.md.normalizeLink(c2);
  if (!e.md.validateLink(a)) return false;
  if (!n) {
    e.pending = e.pending.slice(0, -l);
    let h = e.push("link_open", "a", 1);
    h.attrs = [["href", a]], h.markup = "linkify", h.info = "auto";
    let d = e.push("text", "", 0);
    d.content = e.md.normalizeLinkText(c2);
    let p = e.push("link_close", "a", -1);
    p.markup = "linkify", p.info = "auto";
  }
  return e.pos += c2.length - l, true;
}
function et(e, n) {
  let r = e.pos;
  if (e.src.charCodeAt(r) !== 10) return false;
  let o = e.pending.length - 1, i = e.posMax;
  if (!n) if (o >= 0 && e.pending.charCodeAt(
    o
  ) === 32) if (o >= 1 && e.pending.charCodeAt(o - 1) === 32) {
    let t = o - 1;
    for (; t >= 1 && e.pending.charCodeAt(t - 1) === 32; ) t--;
    e.pending = e.pending.slice(0, t), e.push(
      "hardbreak",
      "br",
      0
    );
  } else e.pending = e.pending.slice(0, -1), e.push("softbreak", "br", 0);
  else e.push("softbreak", "br", 0);
  for (r++; r < i && S(e.src.charCodeAt(r)); ) r++;
  return e.pos = r, true;
}
var be = [];
for (let e = 0; e < 256; e++) be.push(0);
"\\!\"#$%&'()*+,./:;<=>?@[]^_`{|}~-".split("").forEach(function(e) {
  be[e.charCodeAt(0)] = 1;
});
function nt(e, n) {
  let r = e.pos, o = e.posMax;
  if (e.src.charCodeAt(r) !== 92 || (r++, r >= o)) return false;
  let i = e.src.charCodeAt(r);
  if (i === 10) {
    for (n || e.push("hardbreak", "br", 0), r++; r < o && (i = e.src.charCodeAt(r), !!S(i)); )
      r++;
    return e.pos = r, true;
  }
  if (i === 32) {
    if (!n) {
      let s = e.push("text_special", "", 0);
      s.content = "\\", s.markup = "\\", s.info = "escape";
    }
    return e.pos = r, true;
  }
  let t = e.src[r];
  if (i >= 55296 && i <= 56319 && r + 1 < o) {
    let s = e.src.charCodeAt(r + 1);
    s >= 56320 && s <= 57343 && (t += e.src[r + 1], r++);
  }
  let l = "\\" + t;
  if (!n) {
    let s = e.push("text_special", "", 0);
    i < 256 && be[i] !== 0 ? s.content = t : s.content = l, s.markup = l, s.info = "escape";
  }
  return e.pos = r + 1, true;
}
function rt(e) {
  let n = {}, r = 0;
  for (; (r = e.indexOf("`", r)) !== -1; ) {
    let o = r;
    for (; e.charCodeAt(++r) === 96; ) ;
    n[r - o] = o;
  }
  return n;
}
function tt(e, n) {
  var r;
  let o = e.pos;
  if (e.src.charCodeAt(o) !== 96) return false;
  let i = e.posMax, t = o + 1;
  for (; t < i && e.src.charCodeAt(t) === 96; ) t++;
  let l = e.src.slice(o, t), s = l.length;
  if (e.backticksScanned || (e.backticks = rt(e.src), e.backticksScanned = true), ((r = e.backticks[s]) !== null && r !== void 0 ? r : -1) >= t) {
    let c2 = t, f;
    for (; (f = e.src.indexOf("`", c2)) !== -1 && f < i; ) {
      for (c2 = f + 1; e.src.charCodeAt(c2) === 96; ) c2++;
      if (c2 > i) break;
      if (c2 - f === s) {
        if (!n) {
          let a = e.push("code_inline", "code", 0);
          a.markup = l;
          let h = e.src.slice(t, f).replace(/\n/g, " ");
          h.startsWith(" ") && h.endsWith(" ") && /[^ ]/.test(h) && (h = h.slice(1, -1)), a.content = h;
        }
        return e.pos = c2, true;
      }
    }
  }
  return n || (e.pending += l), e.pos = t, true;
}
function it(e, n) {
  let r = e.pos, o = e.src.charCodeAt(r);
  if (n || o !== 126) return false;
  let i = e.scanDelims(e.pos, true), t = i.length, l = String.fromCharCode(o);
  if (t < 2) return false;
  let s;
  t % 2 && (s = e.push("text", "", 0), s.content = l, t--);
  for (let c2 = 0; c2 < t; c2 += 2) s = e.push("text", "", 0), s.content = l + l, e.delimiters.push({ marker: o, length: 0, token: e.tokens.length - 1, end: -1, open: i.can_open, close: i.can_close });
  return e.pos += i.length, true;
}
function Be(e, n) {
  let r, o = [], i = n.length;
  for (let t = 0; t < i; t++) {
    let l = n[t];
    if (l.marker !== 126 || l.end === -1) continue;
    let s = n[l.end];
    r = e.tokens[l.token], r.type = "s_open", r.tag = "s", r.nesting = 1, r.markup = "~~", r.content = "", r = e.tokens[s.token], r.type = "s_close", r.tag = "s", r.nesting = -1, r.markup = "~~", r.content = "", e.tokens[s.token - 1].type === "text" && e.tokens[s.token - 1].content === "~" && o.push(s.token - 1);
  }
  for (; o.length; ) {
    let t = o.pop(), l = t + 1;
    for (; l < e.tokens.length && e.tokens[l].type === "s_close"; ) l++;
    l--, t !== l && (r = e.tokens[l], e.tokens[l] = e.tokens[t], e.tokens[t] = r);
  }
}
function ot(e) {
  let n = e.tokens_meta, r = e.tokens_meta.length;
  Be(e, e.delimiters);
  for (let i = 0; i < r; i++) {
    var o;
    let t = (o = n[i]) === null || o === void 0 ? void 0 : o.delimiters;
    t && Be(e, t);
  }
}
var sn = { tokenize: it, postProcess: ot };
function lt(e, n) {
  let r = e.pos, o = e.src.charCodeAt(r);
  if (n || o !== 95 && o !== 42) return false;
  let i = e.scanDelims(e.pos, o === 42);
  for (let t = 0; t < i.length; t++) {
    let l = e.push(
      "text",
      "",
      0
    );
    l.content = String.fromCharCode(o), e.delimiters.push({ marker: o, length: i.length, token: e.tokens.length - 1, end: -1, open: i.can_open, close: i.can_close });
  }
  return e.pos += i.length, true;
}
function Ue(e, n) {
  let r = n.length;
  for (let o = r - 1; o >= 0; o--) {
    let i = n[o];
    if (i.marker !== 95 && i.marker !== 42 || i.end === -1) continue;
    let t = n[i.end], l = o > 0 && n[o - 1].end === i.end + 1 && n[o - 1].marker === i.marker && n[o - 1].token === i.token - 1 && n[i.end + 1].token === t.token + 1, s = String.fromCharCode(i.marker), c2 = e.tokens[i.token];
    c2.type = l ? "strong_open" : "em_open", c2.tag = l ? "strong" : "em", c2.nesting = 1, c2.markup = l ? s + s : s, c2.content = "";
    let f = e.tokens[t.token];
    f.type = l ? "strong_close" : "em_close", f.tag = l ? "strong" : "em", f.nesting = -1, f.markup = l ? s + s : s, f.content = "", l && (e.tokens[n[o - 1].token].content = "", e.tokens[n[i.end + 1].token].content = "", o--);
  }
}
function st(e) {
  let n = e.tokens_meta, r = e.tokens_meta.length;
  Ue(e, e.delimiters);
  for (let i = 0; i < r; i++) {
    var o;
    let t = (o = n[i]) === null || o === void 0 ? void 0 : o.delimiters;
    t && Ue(e, t);
  }
}
var cn = { tokenize: lt, postProcess: st };
function ct(e, n) {
  let r, o, i, t, l = "", s = "", c2 = e.pos, f = true;
  if (e.src.charCodeAt(e.pos) !== 91) return false;
  let a = e.pos, h = e.posMax, d = e.pos + 1, p = e.md.helpers.parseLinkLabel(e, e.pos, true);
  if (p < 0) return false;
  let u = p + 1;
  if (u < h && e.src.charCodeAt(u) === 40) {
    for (f = false, u++; u < h && (r = e.src.charCodeAt(u), !(!S(r) && r !== 10)); u++) ;
    if (u >= h) return false;
    if (c2 = u, i = e.md.helpers.parseLinkDestination(e.src, u, e.posMax), i.ok) {
      for (l = e.md.normalizeLink(i.str), e.md.validateLink(l) ? u = i.pos : l = "", c2 = u; u < h && (r = e.src.charCodeAt(u), !(!S(r) && r !== 10)); u++) ;
      if (i = e.md.helpers.parseLinkTitle(e.src, u, e.posMax), u < h && c2 !== u && i.ok) for (s = i.str, u = i.pos; u < h && (r = e.src.charCodeAt(u), !(!S(r) && r !== 10)); u++) ;
    }
    (u >= h || e.src.charCodeAt(u) !== 41) && (f = true), u++;
  }
  if (f) {
    if (typeof e.env.references > "u") return false;
    if (u < h && e.src.charCodeAt(u) === 91 ? (c2 = u + 1, u = e.md.helpers.parseLinkLabel(e, u), u >= 0 ? o = e.src.slice(c2, u++) : u = p + 1) : u = p + 1, o || (o = e.src.slice(d, p)), o = ne(o), t = e.env.references[o], !t) return e.pos = a, false;
    l = t.href, s = t.title;
  }
  if (!n) {
    e.pos = d, e.posMax = p;
    let x = e.push("link_open", "a", 1), A = [["href", l]];
    if (x.attrs = A, s && A.push(["title", s]), o) {
      let g = /* @__PURE__ */ Object.create(null);
      g.label = o, x.meta = g;
    }
    e.linkLevel++, e.md.inline.tokenize(e), e.linkLevel--, e.push("link_close", "a", -1);
  }
  return e.pos = u, e.posMax = h, true;
}
function ft(e, n) {
  let r, o, i, t, l, s, c2, f, a = "", h = e.pos, d = e.posMax;
  if (e.src.charCodeAt(e.pos) !== 33 || e.src.charCodeAt(e.pos + 1) !== 91) return false;
  let p = e.pos + 2, u = e.md.helpers.parseLinkLabel(e, e.pos + 1, false);
  if (u < 0) return false;
  if (t = u + 1, t < d && e.src.charCodeAt(t) === 40) {
    for (t++; t < d && (r = e.src.charCodeAt(t), !(!S(r) && r !== 10)); t++) ;
    if (t >= d) return false;
    for (f = t, s = e.md.helpers.parseLinkDestination(e.src, t, e.posMax), s.ok && (a = e.md.normalizeLink(s.str), e.md.validateLink(a) ? t = s.pos : a = ""), f = t; t < d && (r = e.src.charCodeAt(t), !(!S(r) && r !== 10)); t++) ;
    if (s = e.md.helpers.parseLinkTitle(e.src, t, e.posMax), t < d && f !== t && s.ok) for (c2 = s.str, t = s.pos; t < d && (r = e.src.charCodeAt(t), !(!S(r) && r !== 10)); t++) ;
    else c2 = "";
    if (t >= d || e.src.charCodeAt(t) !== 41) return e.pos = h, false;
    t++;
  } else {
    if (typeof e.env.references > "u") return false;
    if (t < d && e.src.charCodeAt(t) === 91 ? (f = t + 1, t = e.md.helpers.parseLinkLabel(e, t), t >= 0 ? i = e.src.slice(f, t++) : t = u + 1) : t = u + 1, i || (i = e.src.slice(p, u)), i = ne(i), l = e.env.references[i], !l) return e.pos = h, false;
    a = l.href, c2 = l.title;
  }
  if (!n) {
    o = e.src.slice(p, u);
    let x = [];
    e.md.inline.parse(o, e.md, e.env, x);
    let A = e.push("image", "img", 0), g = [
      ["src", a],
      ["alt", ""]
    ];
    if (A.attrs = g, A.children = x, A.content = o, c2 && g.push(["title", c2]), i) {
      let y = /* @__PURE__ */ Object.create(null);
      y.label = i, A.meta = y;
    }
  }
  return e.pos = t, e.posMax = d, true;
}
var ut = /^([a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*)$/;
var at = /^([a-zA-Z][a-zA-Z0-9+.-]{1,31}):([^<>\x00-\x20]*)$/;
function ht(e, n) {
  let r = e.pos;
  if (e.src.charCodeAt(r) !== 60) return false;
  let o = e.pos, i = e.posMax;
  for (; ; ) {
    if (++r >= i) return false;
    let l = e.src.charCodeAt(r);
    if (l === 60) return false;
    if (l === 62) break;
  }
  let t = e.src.slice(o + 1, r);
  if (at.test(t)) {
    let l = e.md.normalizeLink(t);
    if (!e.md.validateLink(l)) return false;
    if (!n) {
      let s = e.push("link_open", "a", 1);
      s.attrs = [["href", l]], s.markup = "autolink", s.info = "auto";
      let c2 = e.push("text", "", 0);
      c2.content = e.md.normalizeLinkText(t);
      let f = e.push("link_close", "a", -1);
      f.markup = "autolink", f.info = "auto";
    }
    return e.pos += t.length + 2, true;
  }
  if (ut.test(t)) {
    let l = e.md.normalizeLink(`mailto:${t}`);
    if (!e.md.validateLink(l)) return false;
    if (!n) {
      let s = e.push("link_open", "a", 1);
      s.attrs = [["href", l]], s.markup = "autolink", s.info = "auto";
      let c2 = e.push("text", "", 0);
      c2.content = e.md.normalizeLinkText(t);
      let f = e.push(
        "link_close",
        "a",
        -1
      );
      f.markup = "autolink", f.info = "auto";
    }
    return e.pos += t.length + 2, true;
  }
  return false;
}
function pt(e) {
  return /^<a[>\s]/i.test(e);
}
function dt(e) {
  return /^<\/a\s*>/i.test(e);
}
function fn(e) {
  let n = e | 32;
  return n >= 97 && n <= 122;
}
function kt(e, n) {
  let r = e.src, o, i;
  if (r.startsWith("<!--", n)) {
    if (r.startsWith(">", n + 4)) return n + 5;
    if (r.startsWith("->", n + 4)) return n + 6;
    o = n + 4, i = "-->";
  } else if (r.startsWith("<![CDATA[", n)) o = n + 9, i = "]]>";
  else if (r.charCodeAt(n + 1) === 63) o = n + 2, i = "?>";
  else if (fn(r.charCodeAt(n + 2))) o = n + 3, i = ">";
  else return -1;
  if (e.skipHtmlSpecial) return -1;
  let t = r.indexOf(i, o);
  return t < 0 ? (e.skipHtmlSpecial = true, -1) : t + i.length;
}
function mt(e, n) {
  if (!e.md.options.html) return false;
  let r = e.posMax, o = e.pos;
  if (e.src.charCodeAt(o) !== 60 || o + 2 >= r) return false;
  let i, t = e.src.charCodeAt(o + 1);
  if (t === 33 || t === 63) i = kt(e, o);
  else if (t === 47 || fn(t)) {
    let l = e.src.slice(o).match(
      tn
    );
    i = l ? o + l[0].length : -1;
  } else return false;
  if (i < 0) return false;
  if (!n) {
    let l = e.push("html_inline", "", 0);
    l.content = e.src.slice(o, i), pt(l.content) && e.linkLevel++, dt(l.content) && e.linkLevel--;
  }
  return e.pos = i, true;
}
var gt = /^&#((?:x[a-f0-9]{1,6}|[0-9]{1,7}));/i;
var bt = /^&([a-z][a-z0-9]{1,31});/i;
function _t(e, n) {
  let r = e.pos, o = e.posMax;
  if (e.src.charCodeAt(
    r
  ) !== 38 || r + 1 >= o) return false;
  if (e.src.charCodeAt(r + 1) === 35) {
    let i = e.src.slice(r).match(gt);
    if (i) {
      if (!n) {
        let t = i[1][0].toLowerCase() === "x" ? parseInt(i[1].slice(1), 16) : parseInt(i[1], 10), l = e.push("text_special", "", 0);
        l.content = ge(t) ? B(t) : B(65533), l.markup = i[0], l.info = "entity";
      }
      return e.pos += i[0].length, true;
    }
  } else {
    let i = e.src.slice(
      r
    ).match(bt);
    if (i) {
      let t = ce(i[0]);
      if (t !== i[0]) {
        if (!n) {
          let l = e.push("text_special", "", 0);
          l.content = t, l.markup = i[0], l.info = "entity";
        }
        return e.pos += i[0].length, true;
      }
    }
  }
  return false;
}
function He(e) {
  let n = {}, r = e.length;
  if (!r) return;
  let o = 0, i = -2, t = [];
  for (let l = 0; l < r; l++) {
    let s = e[l];
    if (t.push(0), (e[o].marker !== s.marker || i !== s.token - 1) && (o = l), i = s.token, s.length = s.length || 0, !s.close) continue;
    n.hasOwnProperty(s.marker) || (n[s.marker] = [-1, -1, -1, -1, -1, -1]);
    let c2 = n[s.marker][(s.open ? 3 : 0) + s.length % 3], f = o - t[o] - 1, a = f;
    for (; f > c2; f -= t[f] + 1) {
      let h = e[f];
      if (h.marker === s.marker && h.open && h.end < 0) {
        let d = false;
        if ((h.close || s.open) && (h.length + s.length) % 3 === 0 && (h.length % 3 !== 0 || s.length % 3 !== 0) && (d = true), !d) {
          let p = f > 0 && !e[f - 1].open ? t[f - 1] + 1 : 0;
          t[l] = l - f + p, t[f] = p, s.open = false, h.end = l, h.close = false, a = -1, i = -2;
          break;
        }
      }
    }
    a !== -1 && (n[s.marker][(s.open ? 3 : 0) + (s.length || 0) % 3] = a);
  }
}
function Ct(e) {
  let n = e.tokens_meta, r = e.tokens_meta.length;
  He(e.delimiters);
  for (let i = 0; i < r; i++) {
    var o;
    let t = (o = n[i]) === null || o === void 0 ? void 0 : o.delimiters;
    t && He(t);
  }
}
function xt(e) {
  let n, r, o = 0, i = e.tokens, t = e.tokens.length;
  for (n = r = 0; n < t; n++) i[n].nesting < 0 && o--, i[n].level = o, i[n].nesting > 0 && o++, i[n].type === "text" && n + 1 < t && i[n + 1].type === "text" ? i[n + 1].content = i[n].content + i[n + 1].content : (n !== r && (i[r] = i[n]), r++);
  n !== r && (i.length = r);
}
var ke = [
  ["text", Xr],
  ["linkify", Jr],
  [
    "newline",
    et
  ],
  ["escape", nt],
  ["backticks", tt],
  ["strikethrough", sn.tokenize],
  ["emphasis", cn.tokenize],
  ["link", ct],
  ["image", ft],
  ["autolink", ht],
  ["html_inline", mt],
  ["entity", _t]
];
var me = [["balance_pairs", Ct], ["strikethrough", sn.postProcess], ["emphasis", cn.postProcess], ["fragments_join", xt]];
var un = class {
  constructor() {
    k(
      this,
      "ruler",
      new Q()
    ), k(this, "ruler2", new Q()), k(this, "State", ln);
    for (let e = 0; e < ke.length; e++) this.ruler.push(ke[e][0], ke[e][1]);
    for (let e = 0; e < me.length; e++) this.ruler2.push(
      me[e][0],
      me[e][1]
    );
  }
  skipToken(e) {
    let n = e.pos, r = this.ruler.getRules(""), o = r.length, i = e.md.options.maxNesting, t = e.cache;
    if (typeof t[n] < "u") {
      e.pos = t[n];
      return;
    }
    let l = false;
    if (e.level < i) {
      for (let s = 0; s < o; s++) if (e.level++, l = r[s](e, true), e.level--, l) {
        if (n >= e.pos) throw new Error("inline rule didn't increment state.pos");
        break;
      }
    } else e.pos = e.posMax;
    l || e.pos++, t[n] = e.pos;
  }
  tokenize(e) {
    let n = this.ruler.getRules(""), r = n.length, o = e.posMax, i = e.md.options.maxNesting;
    for (; e.pos < o; ) {
      let t = e.pos, l = false;
      if (e.level < i) {
        for (let s = 0; s < r; s++) if (l = n[s](e, false), l) {
          if (t >= e.pos) throw new Error("inline rule didn't increment state.pos");
          break;
        }
      }
      if (l) {
        if (e.pos >= o) break;
        continue;
      }
      e.pending += e.src[e.pos++];
    }
    e.pending && e.pushPending();
  }
  parse(e, n, r, o) {
    let i = new this.State(e, n, r, o);
    this.tokenize(i);
    let t = this.ruler2.getRules(""), l = t.length;
    for (let s = 0; s < l; s++) t[s](i);
  }
};
var At = { default: { options: { html: false, xhtmlOut: false, breaks: false, langPrefix: "language-", linkify: false, typographer: false, quotes: "“”‘’", highlight: null, maxNesting: 100 }, components: {
  core: {},
  block: {},
  inline: {}
} }, zero: { options: {
  html: false,
  xhtmlOut: false,
  breaks: false,
  langPrefix: "language-",
  linkify: false,
  typographer: false,
  quotes: "“”‘’",
  highlight: null,
  maxNesting: 20
}, components: { core: { rules: ["normalize", "block", "strip_references", "inline", "text_join"] }, block: { rules: ["paragraph"] }, inline: { rules: ["text"], rules2: [
  "balance_pairs",
  "fragments_join"
] } } }, commonmark: { options: {
  html: true,
  xhtmlOut: true,
  breaks: false,
  langPrefix: "language-",
  linkify: false,
  typographer: false,
  quotes: "“”‘’",
  highlight: null,
  maxNesting: 20
}, components: { core: { rules: ["normalize", "block", "strip_references", "inline", "text_join"] }, block: { rules: ["blockquote", "code", "fence", "heading", "hr", "html_block", "lheading", "list", "reference", "paragraph"] }, inline: { rules: [
  "autolink",
  "backticks",
  "emphasis",
  "entity",
  "escape",
  "html_inline",
  "image",
  "link",
  "newline",
  "text"
], rules2: ["balance_pairs", "emphasis", "fragments_join"] } } } };
var yt = /^(vbscript|javascript|file|data):/;
var vt = /^data:image\/(gif|png|jpeg|webp);/;
var Ze = ["http:", "https:", "mailto:"];
var I = class {
  validateLink(e) {
    let n = e.trim().toLowerCase();
    return yt.test(n) ? vt.test(n) : true;
  }
  normalizeLink(e) {
    let n = N(e, true);
    if (n.hostname && (!n.protocol || Ze.indexOf(n.protocol) >= 0)) try {
      n.hostname = ae.toASCII(n.hostname);
    } catch {
    }
    return n.auth && (n.auth = T(n.auth)), n.hostname && (n.hostname = T(n.hostname)), n.pathname && (n.pathname = T(n.pathname)), n.search && (n.search = T(n.search)), n.hash && (n.hash = T(n.hash)), L(n);
  }
  normalizeLinkText(e) {
    let n = N(e, true);
    if (n.hostname && (!n.protocol || Ze.indexOf(
      n.protocol
    ) >= 0)) try {
      n.hostname = ae.toUnicode(n.hostname);
    } catch {
    }
    return F(L(n), F.defaultChars + "%");
  }
  constructor(...e) {
    k(this, "inline", new un()), k(this, "block", new on()), k(this, "core", new Je()), k(this, "renderer", new Xe()), k(this, "linkify", new K()), k(this, "utils", Wn), k(this, "helpers", Object.assign({}, cr));
    let [n, r] = e;
    typeof n == "string" ? (this.configure(n), r && this.set(r)) : (this.configure("default"), this.set(n || {}));
  }
  set(e) {
    return Object.assign(this.options, e), this;
  }
  configure(e) {
    let n;
    if (typeof e == "string") {
      let i = e;
      if (n = At[i], !n) throw new Error(`Wrong 'markdown-it' preset "${i}", check name`);
    } else n = e;
    if (!n) throw new Error("Wrong `markdown-it` preset, can't be empty");
    n.options && (this.options = { ...n.options });
    let r = n.components;
    if (r) {
      var o;
      ["core", "block", "inline"].forEach((t) => {
        var l;
        let s = (l = r[t]) === null || l === void 0 ? void 0 : l.rules;
        s && this[t].ruler.enableOnly(s);
      });
      let i = (o = r.inline) === null || o === void 0 ? void 0 : o.rules2;
      i && this.inline.ruler2.enableOnly(i);
    }
    return this;
  }
  enable(e, n = false) {
    let r = [];
    Array.isArray(e) || (e = [e]), ["core", "block", "inline"].forEach((i) => {
      r = r.concat(this[i].ruler.enable(e, true));
    }), r = r.concat(this.inline.ruler2.enable(e, true));
    let o = e.filter((i) => r.indexOf(i) < 0);
    if (o.length && !n) throw new Error(`MarkdownIt. Failed to enable unknown rule(s): ${o}`);
    return this;
  }
  disable(e, n = false) {
    let r = [];
    Array.isArray(
      e
    ) || (e = [e]), ["core", "block", "inline"].forEach((i) => {
      r = r.concat(this[i].ruler.disable(e, true));
    }), r = r.concat(this.inline.ruler2.disable(e, true));
    let o = e.filter((i) => r.indexOf(
      i
    ) < 0);
    if (o.length && !n) throw new Error(`MarkdownIt. Failed to disable unknown rule(s): ${o}`);
    return this;
  }
  use(e, ...n) {
    return e.apply(e, [this, ...n]), this;
  }
  parse(e, n) {
    if (typeof e != "string") throw new Error("Input data should be a String");
    let r = new this.core.State(e, this, n);
    return this.core.process(r), r.tokens;
  }
  render(e, n = {}) {
    return this.renderer.render(this.parse(e, n), this.options, n);
  }
  parseInline(e, n) {
    let r = new this.core.State(e, this, n);
    return r.inlineMode = true, this.core.process(r), r.tokens;
  }
  renderInline(e, n = {}) {
    return this.renderer.render(this.parseInline(e, n), this.options, n);
  }
};
k(I, "Token", $);
k(I, "Ruler", Q);
k(I, "Renderer", Xe);
k(I, "ParserCore", Je);
k(I, "StateCore", Ke);
k(
  I,
  "ParserBlock",
  on
);
k(I, "StateBlock", en);
k(I, "ParserInline", un);
k(I, "StateInline", ln);
var St = Qe(I);

// tokens.ts
var parser = new St({ html: false, linkify: false, typographer: false, maxNesting: NESTING_LIMIT });
function parse(text3, references) {
  const env = { references: { ...references } };
  const tokens = parser.parse(text3, env);
  return { groups: grouped(tokens), references: env.references };
}
function grouped(tokens) {
  const groups = [];
  let first = 0;
  tokens.forEach((token, index) => {
    if (token.level !== 0 || token.nesting > 0) return;
    const [start, end] = tokens[first]?.map ?? [0, 0];
    groups.push({ tokens: tokens.slice(first, index + 1), start, end });
    first = index + 1;
  });
  return groups;
}
function attribute(token, name2) {
  return String(token.attrs?.find(([key]) => key === name2)?.[1] ?? "");
}
function infoOf(token) {
  return parser.utils.unescapeAll(token.info);
}
function tooDeep(tokens) {
  return tokens.some((token) => token.nesting > 0 && token.level >= NESTING_LIMIT - 1);
}

// inline.ts
var EMPHASIS = { em_open: "em", strong_open: "strong", s_open: "s" };
var InlineWriter = class {
  #root;
  #budget;
  #place;
  #links = [];
  #lineLength = 0;
  #cut = 0;
  #cutMark = null;
  constructor(root, budget) {
    this.#root = root;
    this.#place = root;
    this.#budget = budget;
  }
  write(tokens) {
    for (const token of tokens) {
      if (this.#budget.spent) return;
      this.#token(token);
    }
  }
  #token(token) {
    switch (token.type) {
      case "text":
      case "text_special":
        return this.#text(token.content);
      case "softbreak":
        return this.#endLine(document.createTextNode("\n"));
      case "hardbreak":
        return this.#endLine(el("br"));
      case "code_inline":
        return this.#code(token.content);
      case "em_open":
      case "strong_open":
      case "s_open":
        return this.#enter(el(EMPHASIS[token.type]));
      case "link_open":
        return this.#openLink(attribute(token, "href"));
      case "link_close":
        return this.#closeLink();
      case "em_close":
      case "strong_close":
      case "s_close":
        return this.#leave();
      case "image":
        return this.#image(token);
      default:
        return this.#text(token.content);
    }
  }
  #text(text3) {
    const shown2 = this.#fit(this.#links.length > 0 ? marked(text3) : text3);
    if (shown2 === "") return;
    this.#budget.take(1);
    const last = this.#place.lastChild;
    if (last instanceof Text) last.appendData(shown2);
    else this.#place.appendChild(document.createTextNode(shown2));
  }
  #code(text3) {
    const shown2 = this.#fit(marked(text3));
    if (shown2 === "" && text3 !== "") return;
    this.#budget.take(2);
    this.#place.appendChild(el("code", "", shown2));
  }
  #enter(element) {
    this.#budget.take(1);
    this.#place.appendChild(element);
    this.#place = element;
  }
  #leave() {
    if (this.#place !== this.#root) this.#place = this.#place.parentNode ?? this.#root;
  }
  /** Becomes a link or stays text when its text is known: what it says decides what must be said beside it. */
  #openLink(address) {
    const element = safeLink(address, "x") === null ? el("span", "nolink") : el("a");
    this.#links.push({ element, address });
    this.#enter(element);
  }
  #closeLink() {
    const link = this.#links.pop();
    this.#leave();
    if (link === void 0) return;
    const { element, address } = link;
    const text3 = element.textContent ?? "";
    const safe = safeLink(address, text3);
    if (safe === null) {
      if (address !== "" && address !== text3) this.#aside(readable(address));
      return;
    }
    if (!(element instanceof HTMLAnchorElement)) return;
    element.href = safe.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer nofollow";
    element.referrerPolicy = "no-referrer";
    if (safe.note !== "") this.#aside(safe.note);
  }
  /** Small print after a link: where it goes. */
  #aside(text3) {
    this.#budget.take(2);
    this.#place.appendChild(el("span", "target", ` (${marked(text3)})`));
  }
  /** An image is never fetched: its words, and whom it would have asked. */
  #image(token) {
    const words2 = this.#fit(marked(altText(token.children ?? [])));
    this.#budget.take(4);
    const box = el("span", "image");
    box.append(el("span", "alt", words2 === "" ? "image" : words2), el("span", "target", ` (${marked(hostOf(attribute(token, "src")))})`));
    this.#place.appendChild(box);
  }
  #endLine(node) {
    this.#budget.take(1);
    this.#lineLength = 0;
    this.#cut = 0;
    this.#cutMark = null;
    const last = this.#place.lastChild;
    if (node instanceof Text && last instanceof Text) last.appendData(node.data);
    else this.#place.appendChild(node);
  }
  /** What of `text` still has room on its line. */
  #fit(text3) {
    const room = Math.max(0, LINE_LIMIT - this.#lineLength);
    this.#lineLength += text3.length;
    if (text3.length <= room) return text3;
    this.#cut += text3.length - room;
    if (this.#cutMark === null) {
      this.#cutMark = el("span", "cut");
      this.#budget.take(2);
      this.#root.appendChild(this.#cutMark);
    }
    this.#cutMark.textContent = ` … ${count(this.#cut)} more characters on this line, in the store`;
    return text3.slice(0, room);
  }
};
function altText(tokens) {
  return tokens.map((token) => token.children === null ? lineText(token) : altText(token.children)).join("");
}
function lineText(token) {
  return token.type === "softbreak" || token.type === "hardbreak" ? " " : token.content;
}
function readable(address) {
  return address.length > 200 ? `${address.slice(0, 200)}…` : address;
}

// markdown.ts
var CONTAINERS = {
  paragraph: "p",
  blockquote: "blockquote",
  bullet_list: "ul",
  ordered_list: "ol",
  list_item: "li",
  table: "table",
  thead: "thead",
  tbody: "tbody",
  tr: "tr",
  th: "th",
  td: "td"
};
var HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"];
var ALIGNMENTS = {
  "text-align:left": "left",
  "text-align:center": "center",
  "text-align:right": "right"
};
var OPEN = /^(.*)_open$/;
function looseness(tokens) {
  const own = tokens.filter((token) => token.type === "paragraph_open" && token.level === 2);
  return own.length === 0 ? null : own.some((token) => !token.hidden);
}
var NOTHING = { loose: false, cells: 0, lost: 0 };
var BlockBuilder = class {
  #root = document.createDocumentFragment();
  #budget;
  #before;
  #place = this.#root;
  #cells = 0;
  #columns = 0;
  /** Cells that were left out of the table that is open. */
  #lost = 0;
  constructor(budget, before = NOTHING) {
    this.#budget = budget;
    this.#before = before;
  }
  build(tokens) {
    for (const token of tokens) {
      if (this.#budget.spent) break;
      if (token.nesting > 0) this.#open(token);
      else if (token.nesting < 0) this.#close(token);
      else this.#leaf(token);
    }
    return [...this.#root.childNodes];
  }
  #open(token) {
    if (token.type === "paragraph_open" && this.#hides(token)) return;
    const kind = OPEN.exec(token.type)?.[1] ?? "";
    if (kind === "table") this.#beginTable();
    if (kind === "tr") this.#columns = 0;
    if (kind === "td" || kind === "th") this.#columns += 1;
    if (kind in CONTAINERS) this.#enter(this.#container(kind, token));
    else if (kind === "heading") this.#enter(el(HEADINGS[Number(token.tag[1]) - 1] ?? "h6"));
    else this.#enter(el("div"));
  }
  /** Whether a paragraph has no element: in a list without blank lines. */
  #hides(token) {
    return token.hidden && !(this.#before.loose && token.level === 2);
  }
  #container(kind, token) {
    const element = el(CONTAINERS[kind]);
    if (kind === "ordered_list") {
      const start = Number(attribute(token, "start") || "1");
      if (start !== 1 && Number.isSafeInteger(start)) element.setAttribute("start", String(start));
    }
    const alignment = ALIGNMENTS[attribute(token, "style")];
    if (alignment !== void 0) element.className = alignment;
    return element;
  }
  #enter(element) {
    this.#budget.take(1);
    this.#place.appendChild(element);
    this.#place = element;
  }
  #close(token) {
    if (token.type === "paragraph_close" && this.#hides(token)) return;
    const closed = this.#place;
    this.#place = closed.parentNode ?? this.#root;
    if (token.type === "tr_close" && closed instanceof HTMLElement && !closed.hasChildNodes()) closed.remove();
    if (token.type === "td_close" || token.type === "th_close") this.#limitCells(closed);
    if (token.type === "table_close") this.#endTable();
  }
  #leaf(token) {
    switch (token.type) {
      case "inline":
        return this.#inline(token);
      case "fence":
        return this.#code(token.content, infoOf(token));
      case "code_block":
        return this.#code(token.content, "");
      case "hr":
        this.#budget.take(1);
        this.#place.appendChild(el("hr"));
        return;
      default:
        this.#budget.take(1);
        this.#place.appendChild(document.createTextNode(token.content));
    }
  }
  #inline(token) {
    if (this.#columns > 0 && this.#full) return;
    const children = token.children ?? [];
    const task = this.#place instanceof HTMLElement && this.#place.closest("li") !== null ? taskOf(children) : null;
    if (task !== null && this.#isItemStart()) {
      this.#budget.take(2);
      this.#place.appendChild(el("span", task.done ? "task done" : "task", task.done ? "☑" : "☐"));
      new InlineWriter(this.#place, this.#budget).write(task.rest);
    } else {
      new InlineWriter(this.#place, this.#budget).write(children);
    }
  }
  /** Whether what comes now is the first of its list item. */
  #isItemStart() {
    const place = this.#place;
    if (place.localName === "li") return !place.hasChildNodes();
    return place.localName === "p" && place.parentElement?.localName === "li" && place.previousSibling === null;
  }
  #code(content, info) {
    const block = new CodeBlock(info, this.#budget);
    const lines3 = content.split("\n");
    if (lines3.at(-1) === "") lines3.pop();
    for (const line of lines3) block.line(line);
    this.#place.appendChild(block.element);
  }
  get #full() {
    return this.#cells > CELL_LIMIT || this.#columns > COLUMN_LIMIT;
  }
  #beginTable() {
    this.#cells = this.#before.cells;
    this.#lost = this.#before.lost;
    const box = el("div", "wide");
    box.tabIndex = 0;
    this.#enter(box);
  }
  #limitCells(cell) {
    this.#cells += 1;
    if (!this.#full) return;
    this.#lost += 1;
    this.#budget.take(-1);
    cell.remove();
  }
  #endTable() {
    this.#columns = 0;
    this.#place = this.#place.parentNode ?? this.#root;
    if (this.#lost === 0) return;
    this.#budget.take(2);
    this.#place.appendChild(el("p", "cut", `… ${count(this.#lost)} more cells of this table are not shown here; the store has them all`));
  }
};
function taskOf(children) {
  const [first, ...others] = children;
  const found = first?.type === "text" ? /^\[([ xX])\](?=\s)/.exec(first.content) : null;
  if (first === void 0 || found === null) return null;
  return { done: found[1] !== " ", rest: [{ ...first, content: first.content.slice(3) }, ...others] };
}

// growing.ts
var GROW_FROM = 1500;
var Growing = class _Growing {
  /** Where items and rows go: a list, or the body of a table. */
  host;
  /** The items and rows that are read again. */
  nodes;
  before;
  /** The lines that a table's rows need before them to be read as rows. */
  head;
  #first;
  /** The text of the finished items. */
  #finished = [];
  constructor(host, first, head, before) {
    this.host = host;
    this.nodes = [...host.childNodes];
    this.#first = first;
    this.head = head;
    this.before = before;
  }
  /** Begins with a block that is on the page, or null where it does not grow by parts. */
  static from(group, element, text3) {
    const first = group.tokens[0];
    if (!(element instanceof HTMLElement)) return null;
    if (first.type === "table_open") {
      const body = element.querySelector("tbody");
      const head = lines(text3, group.start, group.start + 2);
      return body === null ? null : new _Growing(body, first, head, { loose: false, cells: 0, lost: 0 });
    }
    const loose = looseness(group.tokens);
    if (loose === null || !/^(?:bullet|ordered)_list_open$/.test(first.type)) return null;
    return new _Growing(element, first, "", { loose, cells: 0, lost: 0 });
  }
  /** Whether the block that the open text begins with is this one. */
  goesOn(group) {
    const first = group?.tokens[0];
    return first !== void 0 && group?.start === 0 && first.type === this.#first.type && first.markup === this.#first.markup;
  }
  /** Whether a blank line has come that makes paragraphs of all items, those that are finished too. */
  loosens(group) {
    return this.#first.type !== "table_open" && !this.before.loose && looseness(group.tokens) === true;
  }
  /** The block's own text again, from its start. */
  textFrom(open) {
    return this.#finished.join("") + open;
  }
  /** The items or rows of a new build of the open part. */
  partsOf(built) {
    const element = built[0];
    if (!(element instanceof HTMLElement)) return [];
    const host = this.#first.type === "table_open" ? element.querySelector("tbody") : element;
    return host === null ? [] : [...host.childNodes];
  }
  /** Lines at which the items or rows of the open part begin. */
  startsOf(group) {
    const inTable = this.#first.type === "table_open";
    const kind = inTable ? "tr_open" : "list_item_open";
    const starts = group.tokens.filter((token) => token.type === kind && token.level === (inTable ? 2 : 1));
    return starts.map((token) => token.map?.[0] ?? 0).filter((line) => !inTable || line > group.start);
  }
  /** The first `count` items or rows are finished; `text` is theirs. */
  finish(count2, text3, columns) {
    const done = this.nodes.splice(0, count2);
    this.#finished.push(text3);
    const cells = done.reduce((sum2, node) => sum2 + node.childNodes.length, 0);
    const { loose, cells: shown2, lost } = this.before;
    this.before = { loose, cells: shown2 + cells, lost: lost + Math.max(0, count2 * columns - cells) };
  }
};
function lines(text3, from, to) {
  const start = lineStart(text3, from);
  return text3.slice(start, start + lineStart(text3.slice(start), to - from));
}
function lineStart(text3, number) {
  let at2 = 0;
  for (let line = 0; line < number; line += 1) {
    const end = text3.indexOf("\n", at2);
    if (end < 0) return text3.length;
    at2 = end + 1;
  }
  return at2;
}

// morph.ts
function morph(parent, have, want, end) {
  const now = want.map((wanted, index) => {
    const old = have[index];
    if (old === void 0) return parent.insertBefore(wanted, end);
    if (alike(old, wanted)) {
      become(old, wanted);
      return old;
    }
    old.replaceWith(wanted);
    return wanted;
  });
  for (const old of have.slice(want.length)) old.remove();
  return now;
}
function become(old, wanted) {
  if (old instanceof Text && wanted instanceof Text) {
    if (old.data === wanted.data) return;
    if (wanted.data.startsWith(old.data)) old.appendData(wanted.data.slice(old.data.length));
    else old.data = wanted.data;
  } else {
    morph(old, [...old.childNodes], [...wanted.childNodes], null);
  }
}
function alike(a, b) {
  if (a instanceof Text) return b instanceof Text;
  if (!(a instanceof Element) || !(b instanceof Element) || a.localName !== b.localName) return false;
  return a.attributes.length === b.attributes.length && [...a.attributes].every((one) => b.getAttribute(one.name) === one.value);
}
function nodesOf(node) {
  let count2 = 1;
  for (const child of node.childNodes) count2 += nodesOf(child);
  return count2;
}

// pacer.ts
var GAP = 10;
var REST = 6;
var LONGEST2 = 1e3;
var Pacer = class {
  #draw;
  #requested = false;
  #timer = 0;
  #ended = -Infinity;
  #cost = 0;
  constructor(draw) {
    this.#draw = draw;
  }
  /** Asks for a drawing; many requests before it make one. */
  request() {
    if (this.#requested) return;
    this.#requested = true;
    const wait = this.#ended + Math.min(LONGEST2, Math.max(GAP, this.#cost * REST)) - performance.now();
    if (wait <= 0) queueMicrotask(this.#run);
    else this.#timer = window.setTimeout(this.#run, wait);
  }
  /** Draws now. */
  flush() {
    this.#requested = true;
    this.#run();
  }
  cancel() {
    window.clearTimeout(this.#timer);
    this.#requested = false;
  }
  #run = () => {
    if (!this.#requested) return;
    this.cancel();
    const start = performance.now();
    this.#draw();
    this.#ended = performance.now();
    this.#cost = this.#ended - start;
  };
};

// writer.ts
var NODE_SIZE2 = 4096;
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
    if (this.#node === null || this.#node.length > NODE_SIZE2) {
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
var UNDECIDED = /(?:^|\n)[ \t]*(?:[#>*+=_~`|:-]+|\d{1,9}[.)]?)?[ \t]*$/;
var REDRAW_LIMIT = 3e5;
var RichText = class {
  element;
  #pacer = new Pacer(() => this.#draw(false));
  /** All that is shown, in the pieces it came in. */
  #pieces = [];
  #length = 0;
  /** A carriage return at the end of a piece: the next may begin with its line feed. */
  #heldReturn = false;
  /** The text that is not finished, and its nodes on the page. */
  #tail = "";
  #nodes = [];
  /** How many of the nodes belong to each block of the tail. */
  #counts = [];
  /** What the nodes of the tail have taken of the budget. */
  #tailCost = 0;
  #budget = new Budget();
  #references = {};
  /** Definitions that the last reading knew, and those that all of the page was drawn with. */
  #known = 0;
  #drawnWith = 0;
  #finished = false;
  #code = null;
  #growing = null;
  #plain = null;
  #cutMark = null;
  constructor(className) {
    this.element = el("div", className);
    listenForCopies(this.element);
  }
  append(text3) {
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text3.length;
    if (room > 0) this.#take(text3.slice(0, room));
    if (this.#length > BLOCK_LIMIT) this.#markCut();
    this.#pacer.request();
  }
  flush() {
    if (this.#heldReturn) this.#take("\n");
    this.#pacer.cancel();
    this.#draw(true);
    if (this.#finished && this.#known > this.#drawnWith && this.#length <= REDRAW_LIMIT) {
      this.#startAnew();
      this.#references = parse(this.#tail, {}).references;
      this.#draw(true);
    }
  }
  replace(text3) {
    const before = this.#pieces.join("");
    if (this.#length <= BLOCK_LIMIT && before !== "" && text3.startsWith(before)) {
      if (text3.length > before.length) this.append(text3.slice(before.length));
      return;
    }
    this.#pieces = [];
    this.#length = 0;
    this.#heldReturn = false;
    this.#startAnew();
    this.append(text3);
  }
  #take(text3) {
    let piece = this.#heldReturn ? `\r${text3}` : text3;
    this.#heldReturn = piece.endsWith("\r");
    if (this.#heldReturn) piece = piece.slice(0, -1);
    piece = piece.replace(/\r\n?/g, "\n").replaceAll("\0", "�");
    this.#pieces.push(piece);
    this.#tail += piece;
  }
  #startAnew() {
    this.element.replaceChildren();
    this.#tail = this.#pieces.join("");
    this.#nodes = [];
    this.#tailCost = 0;
    this.#budget = new Budget();
    this.#references = {};
    this.#known = 0;
    this.#drawnWith = 0;
    this.#finished = false;
    this.#code = null;
    this.#growing = null;
    this.#plain = null;
    this.#cutMark = null;
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }
  /** Draws what has come. `whole`: nothing more is coming for now, so nothing is held back. */
  #draw(whole2) {
    for (let more = true; more; ) {
      if (this.#plain !== null) more = this.#drawPlain(this.#plain);
      else if (this.#code !== null) more = this.#drawCode(this.#code, whole2);
      else more = this.#drawBlocks(whole2);
      if (this.#budget.spent && this.#plain === null) more = this.#goPlain();
    }
  }
  #drawPlain(writer) {
    writer.write(this.#tail);
    this.#tail = "";
    return false;
  }
  /** Adds lines to the open code. Returns whether it has ended. */
  #drawCode({ fence, block }, whole2) {
    let at2 = 0;
    for (let end = this.#tail.indexOf("\n"); end >= 0; end = this.#tail.indexOf("\n", at2)) {
      const line = this.#tail.slice(at2, end);
      at2 = end + 1;
      if (closes(line, fence)) {
        block.partial("");
        this.#tail = this.#tail.slice(at2);
        this.#code = null;
        return true;
      }
      block.line(unindented(line, fence));
      if (this.#budget.spent) break;
    }
    this.#tail = this.#tail.slice(at2);
    const held = whole2 ? closes(this.#tail, fence) : mayClose(this.#tail, fence);
    block.partial(held ? "" : unindented(this.#tail, fence));
    return false;
  }
  /** Reads the open tail and draws it. Returns whether something has begun that must be drawn in another way. */
  #drawBlocks(whole2) {
    const undecided = whole2 ? null : UNDECIDED.exec(this.#tail);
    const text3 = undecided === null ? this.#tail : this.#tail.slice(0, undecided.index + (undecided[0].startsWith("\n") ? 1 : 0));
    const parsed3 = parse(text3, this.#references);
    this.#known = Object.keys(parsed3.references).length;
    if (!this.#finished) this.#drawnWith = this.#known;
    const first = parsed3.groups[0];
    if (this.#growing !== null && first !== void 0) {
      if (!this.#growing.goesOn(first)) return this.#endGrowing();
      if (this.#growing.loosens(first)) return this.#loosen(this.#growing);
    }
    this.#place(parsed3.groups, text3);
    if (this.#budget.spent) return false;
    return this.#finish(parsed3, text3);
  }
  #place(groups, text3) {
    this.#budget.take(-this.#tailCost);
    const before = this.#budget.left;
    const growing = this.#growing;
    const built = groups.map((group, index) => {
      if (growing === null || index > 0) return this.#build(group, text3);
      const parts2 = new BlockBuilder(this.#budget, growing.before).build(group.tokens);
      growing.nodes = morph(growing.host, growing.nodes, growing.partsOf(parts2), null);
      return parts2.slice(1);
    });
    this.#nodes = morph(this.element, this.#nodes, built.flat(), this.#cutMark);
    this.#counts = built.map((nodes) => nodes.length);
    this.#tailCost = before - this.#budget.left;
  }
  #build(group, text3) {
    return tooDeep(group.tokens) ? this.#asWritten(group, text3) : new BlockBuilder(this.#budget).build(group.tokens);
  }
  /** What is nested too deep is shown as it was written: markdown-it would leave it out. */
  #asWritten(group, text3) {
    const paragraph = el("p", "plain");
    new LineWriter(paragraph).write(lines(text3, group.start, group.end));
    this.#budget.take(nodesOf(paragraph) + 2);
    return [paragraph, el("p", "cut", `… nested more than ${NESTING_LIMIT} deep: shown as it was written`)];
  }
  /** Lets go of the blocks that cannot change any more. Returns as `#drawBlocks`. */
  #finish(parsed3, text3) {
    const { groups } = parsed3;
    const last = groups.at(-1);
    if (last === void 0) return false;
    const wholeLines = text3.split("\n").length - 1;
    const certain = last.start < wholeLines ? groups.length - 1 : groups.length - 2;
    let from = 0;
    if (certain > 0) {
      const done = groups[certain - 1];
      from = Math.min(done.end, groups[certain].start);
      this.#letGo(certain, lineStart(text3, from), parsed3);
    }
    if (certain !== groups.length - 1 || tooDeep(last.tokens)) return false;
    const shifted = { ...last, start: last.start - from, end: last.end - from };
    if (last.tokens[0].type === "fence") return this.#beginCode(shifted);
    if (this.#growing !== null || this.#tail.length > GROW_FROM) this.#grow(last, shifted, wholeLines - from);
    return false;
  }
  /** The first `done` blocks are finished, and with them the text before `offset`. */
  #letGo(done, offset, parsed3) {
    this.#commit(this.#tail.slice(0, offset), parsed3);
    this.#growing = null;
    this.#finished = true;
    this.#tail = this.#tail.slice(offset);
    this.#nodes = this.#nodes.slice(this.#counts.slice(0, done).reduce((sum2, nodes) => sum2 + nodes, 0));
    this.#tailCost = this.#nodes.reduce((sum2, node) => sum2 + nodesOf(node), 0);
  }
  /** Keeps the definitions of finished text; those of open text may still change. */
  #commit(finished, parsed3) {
    if (Object.keys(parsed3.references).length > Object.keys(this.#references).length) {
      this.#references = parse(finished, this.#references).references;
    }
  }
  #beginCode(group) {
    const start = lineStart(this.#tail, group.start);
    const after = lineStart(this.#tail, group.start + 1);
    const fence = fenceOf(this.#tail.slice(start, after).replace(/\n$/, ""));
    const node = this.#nodes.at(-1);
    if (fence === null || node === void 0) return false;
    this.#references = parse(this.#tail.slice(0, start), this.#references).references;
    this.#budget.take(-this.#tailCost);
    this.#tailCost = 0;
    const block = new CodeBlock(infoOf(group.tokens[0]), this.#budget);
    node.replaceWith(block.element);
    this.#nodes = [];
    this.#finished = true;
    this.#growing = null;
    this.#tail = this.#tail.slice(after);
    this.#code = { fence, block };
    return true;
  }
  /** Lets go of the finished items of a long list, or rows of a table. */
  #grow(group, shifted, wholeLines) {
    const node = this.#nodes.at(0);
    if (this.#growing === null && node !== void 0 && this.#nodes.length === 1) {
      this.#growing = Growing.from(shifted, node, this.#tail);
      if (this.#growing !== null) this.#nodes = [];
    }
    const growing = this.#growing;
    if (growing === null) return;
    const starts = growing.startsOf(shifted.start === group.start ? group : shift(group, group.start - shifted.start));
    const last = starts.length - 1;
    const done = (starts[last] ?? 0) < wholeLines ? last : last - 1;
    if (done <= 0) return;
    const columns = group.tokens.filter((token) => token.type === "th_open").length;
    const offset = lineStart(this.#tail, starts[done]);
    const text3 = this.#tail.slice(0, offset);
    this.#references = parse(text3, this.#references).references;
    growing.finish(done, text3, columns);
    this.#finished = true;
    this.#tail = growing.head + this.#tail.slice(offset);
    this.#tailCost = growing.nodes.reduce((sum2, child) => sum2 + nodesOf(child), 0);
  }
  #endGrowing() {
    for (const node of this.#growing?.nodes ?? []) node.remove();
    this.#growing = null;
    return true;
  }
  /** A blank line made paragraphs of all items: the list is read once more as a whole. */
  #loosen(growing) {
    this.#tail = growing.textFrom(this.#tail);
    growing.host.remove();
    this.#growing = null;
    return true;
  }
  /** The budget is spent: what is not finished goes on as plain text, under a line that says so. */
  #goPlain() {
    for (const node of [...this.#nodes, ...this.#growing?.nodes ?? []]) node.remove();
    if (this.#growing !== null) this.#tail = this.#tail.slice(this.#growing.head.length);
    this.#nodes = [];
    this.#growing = null;
    this.#code?.block.partial("");
    this.#code = null;
    const note = el("p", "cut", `… more than ${count(NODE_LIMIT)} elements: from here on the text is shown as it was written`);
    const paragraph = el("p", "plain");
    for (const element of [note, paragraph]) this.element.insertBefore(element, this.#cutMark);
    this.#plain = new LineWriter(paragraph);
    return true;
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
function shift(group, by) {
  const tokens = group.tokens.map((token) => token.map === null ? token : { ...token, map: [token.map[0] - by, token.map[1] - by] });
  return { tokens, start: group.start - by, end: group.end - by };
}

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
  /* The list keeps its own place: rows come and go above what is read. */
  overflow-anchor: none;
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
}

.scroller:focus-visible {
  outline-offset: -2px;
}

.column {
  padding: 14px 16px 6px 8px;
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
  padding-bottom: 10px;
  overflow-wrap: anywhere;
}

.mark {
  color: var(--quiet);
  text-align: center;
  user-select: none;
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
  /* At rest: it moves with the text, and a page that animates paints all the time. */
  background: var(--live);
}

.pulse {
  width: 6px;
  height: 6px;
  margin: 2px 0 10px 23px;
  border-radius: 50%;
  background: var(--live);
  animation: breathe 1.4s ease-in-out infinite;
}

/* Its place stays, so that nothing moves when it comes and goes. */
.pulse.quiet {
  visibility: hidden;
  animation: none;
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

.row.note {
  padding-bottom: 6px;
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

.small .line {
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
  --find: #e0a100;
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
  justify-content: space-between;
  min-height: 38px;
  font-size: 12px;
  border-bottom: 1px solid var(--hair);
}

.who {
  display: flex;
  flex: 1;
  align-items: baseline;
  gap: 10px;
  min-width: 0;
}

.elapsed,
.speed {
  flex: none;
}

.elapsed:not(:empty) + .speed:not(:empty)::before {
  content: "· ";
}

.speed {
  margin-left: -6px;
}

.toolbar {
  display: flex;
  flex: none;
  gap: 2px;
}

.toolbar button {
  padding: 2px 8px;
  border: 1px solid transparent;
  border-radius: 5px;
}

.toolbar button:hover:enabled,
.toolbar button[aria-expanded="true"] {
  color: var(--strong);
  background: var(--sunken);
}

.toolbar button.on {
  color: var(--live);
}

.toolbar .stop {
  margin-left: 4px;
  border-color: var(--line);
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
.speed,
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

/* ── one of many ───────────────────────────────────────────────────────── */

.compact {
  font-size: 12px;
}

.compact header {
  min-height: 32px;
}

.compact .scroller {
  height: 260px;
  max-height: none;
}

.compact .model,
.compact .speed,
.compact .foldbutton,
.compact .kindsbutton,
.compact .rawtoggle {
  display: none;
}
`;

// copy.ts
function mountCopy(parent, markdown, why) {
  const host = el("div", "nbstream-copy");
  const frame2 = el("section", "frame saved");
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
  frame2.setAttribute("aria-label", "saved copy of an agent's output");
  frame2.append(line, scroller);
  host.attachShadow({ mode: "open" }).append(el("style", "", frame_default + blocks_default + copy_default), frame2);
  const endTheme = followTheme(host);
  parent.append(host);
  return () => {
    endTheme();
    host.remove();
  };
}

// state.ts
var SILENCE_LIMIT = 25;
function isTerminal(record) {
  return record !== null && record.status !== "created" && record.status !== "running";
}
function stateOf(situation) {
  const { record, live, behind, gone } = situation;
  if (record !== null && isTerminal(record) && behind === 0) return ending(record);
  if (gone !== null) {
    return situation.transport === "comm" ? kernelGone(situation.agentId) : state("disconnected", "disconnected", "wait", gone);
  }
  if (record === null) return state("connecting", "connecting", "wait");
  if (situation.transport === "replay") return state("replay", "replay", "live");
  if (behind > 0) return state("catching-up", `catching up · ${count(behind)} behind`, "wait");
  if (situation.silence >= SILENCE_LIMIT) {
    const comm = situation.transport === "comm";
    return state("stalled", "stalled", "wait", comm ? "the kernel does not answer; it may be busy" : "the Jupyter server is silent");
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

// total.ts
function totalOf(parts2, agents, now) {
  const records = parts2.map(({ record }) => record).filter((record) => record !== null);
  const running = records.filter((record) => !isTerminal(record)).length;
  const failed = records.filter((record) => record.status === "failed" || record.status === "interrupted").length;
  const waiting = agents - records.length;
  const starts = records.map((record) => Date.parse(record.started_at ?? record.created_at ?? "")).filter(Number.isFinite);
  const ends = records.map((record) => Date.parse(record.completed_at ?? "")).filter(Number.isFinite);
  const end = running + waiting > 0 || ends.length === 0 ? now : Math.max(...ends);
  const usages = parts2.map(({ tally }) => tally.usage).filter((usage) => usage !== null);
  const costs = parts2.map(({ tally }) => tally.cost).filter((dollars) => dollars !== null);
  return {
    agents,
    running,
    ...words(running, waiting, failed),
    elapsed: starts.length === 0 ? null : end - Math.min(...starts),
    input: usages.reduce((sum2, { input }) => sum2 + input, 0),
    output: usages.reduce((sum2, { output }) => sum2 + output, 0),
    dollars: costs.length === 0 ? null : costs.reduce((sum2, dollars) => sum2 + dollars, 0),
    reporting: usages.length
  };
}
function words(running, waiting, failed) {
  const trouble = failed > 0 ? ` · ${failed} not finished` : "";
  if (running > 0) return { label: `${running} running${trouble}`, tone: "live" };
  if (waiting > 0) return { label: `waiting for ${plural(waiting, "agent")}`, tone: "wait" };
  return failed > 0 ? { label: `over${trouble}`, tone: "bad" } : { label: "all finished", tone: "good" };
}

// outline.ts
var SPAWNS = /* @__PURE__ */ new Set(["Task", "Agent"]);
var Outline = class {
  rows = [];
  running = /* @__PURE__ */ new Set();
  #entries = /* @__PURE__ */ new Map();
  #results = /* @__PURE__ */ new Map();
  /** The latest call of each id: a source may use an id again. */
  #calls = /* @__PURE__ */ new Map();
  /** What grows, in each lane. */
  #growing = /* @__PURE__ */ new Map();
  /** Whether something is still being said or done. */
  get active() {
    return this.#growing.size > 0 || this.running.size > 0;
  }
  /** Repeats a change of the fold. Returns what it touched, in order. */
  apply(change) {
    const { block } = change;
    const owner = this.#results.get(block.key);
    if (owner !== void 0) return this.#applyResult(owner, change);
    const entry = this.#entries.get(block.key);
    if (change.kind === "drop") return entry === void 0 ? [] : this.#remove(entry);
    if (entry === void 0) return this.#open(change);
    const look = lookOf(block);
    if (look === "result" !== (entry.look === "result")) return [...this.#remove(entry), ...this.#open(change)];
    const before = entry.look;
    entry.look = look;
    this.#link(entry);
    const touched = before === look ? { kind: "changed", entry, change } : { kind: "looks", entry };
    return [touched, ...this.#grow(entry)];
  }
  /** The agent is over: nothing grows, nothing runs. Returns what that changed. */
  end() {
    const ended = /* @__PURE__ */ new Set([...this.#growing.values(), ...this.running]);
    for (const entry of ended) {
      entry.growing = false;
      entry.over = true;
    }
    this.#growing.clear();
    this.running.clear();
    return [...ended].map((entry) => ({ kind: "settled", entry }));
  }
  #open(change) {
    const { block } = change;
    const look = lookOf(block);
    const call = this.#calls.get(textOf(block.metadata[TOOL_CALL_ID]) ?? "");
    if (look === "result" && call !== void 0 && call.result === null) {
      this.#results.set(block.key, call);
      return this.#applyResult(call, change);
    }
    const parent = this.#calls.get(textOf(block.metadata[PARENT]) ?? "") ?? null;
    const entry = {
      key: block.key,
      block,
      look,
      result: null,
      children: [],
      parent,
      row: null,
      growing: false,
      over: false
    };
    this.#entries.set(block.key, entry);
    if (parent === null) this.#place(entry);
    else parent.children.push(entry);
    this.#link(entry);
    const settled = this.#grow(entry);
    return [...settled.filter((each) => each.entry !== entry), { kind: "added", entry }];
  }
  /** At the end of the list; beside a subagent that still runs, if it is one too. */
  #place(entry) {
    const last = this.rows.at(-1);
    const parallel = last !== void 0 && spawns(entry) && last.entries.every(spawns) && last.entries.some((each) => this.running.has(each));
    const row3 = parallel ? last : { entries: [], height: 0, touched: false };
    row3.entries.push(entry);
    entry.row = row3;
    if (!parallel) this.rows.push(row3);
  }
  #applyResult(call, change) {
    if (change.kind === "drop") {
      this.#results.delete(change.block.key);
      call.result = null;
      this.running.add(call);
    } else {
      call.result = change.block;
      this.running.delete(call);
    }
    return [...this.#stop(call), { kind: "result", entry: call, change }];
  }
  /** A call whose result is here has all of its input. */
  #stop(call) {
    if (!call.growing) return [];
    call.growing = false;
    if (this.#growing.get(call.parent) === call) this.#growing.delete(call.parent);
    return [{ kind: "settled", entry: call }];
  }
  /** Remembers a call by its id, which may come later than the call. */
  #link(entry) {
    const id = textOf(entry.block.metadata[TOOL_CALL_ID]);
    if (entry.look !== "call" || id === null || this.#calls.get(id) === entry) return;
    this.#calls.set(id, entry);
    if (entry.result === null && !entry.over) this.running.add(entry);
  }
  /** One block grows in each lane; the one before it is whole then. */
  #grow(entry) {
    const before = this.#growing.get(entry.parent);
    const settled = [];
    if (before !== void 0 && before !== entry) {
      before.growing = false;
      settled.push({ kind: "settled", entry: before });
    }
    const wasGrowing = entry.growing;
    entry.growing = !entry.block.whole;
    if (entry.growing) this.#growing.set(entry.parent, entry);
    else this.#growing.delete(entry.parent);
    if (wasGrowing && !entry.growing) settled.push({ kind: "settled", entry });
    return settled;
  }
  #remove(entry) {
    this.#entries.delete(entry.key);
    this.running.delete(entry);
    if (this.#growing.get(entry.parent) === entry) this.#growing.delete(entry.parent);
    const siblings = entry.row?.entries ?? entry.parent?.children ?? [];
    siblings.splice(siblings.indexOf(entry), 1);
    if (entry.row?.entries.length === 0) this.rows.splice(this.rows.lastIndexOf(entry.row), 1);
    return [{ kind: "removed", entry }];
  }
};
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
function outcomeOf(entry) {
  const result = entry.look === "result" ? entry.block : entry.result;
  if (result !== null) return result.metadata[IS_ERROR] === true ? "bad" : "ok";
  return entry.over ? "open" : "running";
}
function spawns(entry) {
  return entry.look === "call" && (entry.children.length > 0 || SPAWNS.has(textOf(entry.block.metadata[TOOL_NAME]) ?? ""));
}
function* within(entry) {
  yield entry;
  for (const child of entry.children) yield* within(child);
}

// blocks.ts
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
  fold(open) {
    for (const each of this.element.querySelectorAll("details")) each.open = open;
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
  fold() {
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
    const glimpse2 = el("span", "glimpse");
    const text3 = new RichText("prose");
    summary.append(label2, glimpse2);
    fold.append(summary, text3.element);
    super(row("mind", "", fold));
    this.#block = block;
    this.#text = text3;
    this.#label = label2;
    this.#glimpse = glimpse2;
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

// fold.ts
var Fold = class {
  #last = 0;
  #blocks = /* @__PURE__ */ new Map();
  /**
   * Adds the next row. Returns what it changed, or null where a reader sees no difference.
   *
   * Throws RangeError when rows do not come in sequence order.
   */
  add(row3) {
    if (row3.sequence_number <= this.#last) {
      throw new RangeError(`expected a row after ${this.#last}, got ${row3.sequence_number}: merge through MessageLog`);
    }
    this.#last = row3.sequence_number;
    if (row3.op === "note" || row3.block === null) return this.#note(row3);
    const key = `block ${row3.block}`;
    const block = this.#blocks.get(key);
    if (row3.op === "drop") {
      this.#blocks.delete(key);
      return block === void 0 ? null : { kind: "drop", block };
    }
    if (block === void 0) return this.#open(key, row3);
    return row3.op === "append" ? extend(block, row3) : settle(block, row3);
  }
  /** The transcript, in the order in which its blocks began. */
  blocks() {
    return [...this.#blocks.values()].sort((a, b) => a.sequence_number - b.sequence_number);
  }
  #note(row3) {
    if (BOOKKEEPING.has(String(row3.metadata[KIND])) || row3.op === "drop") return null;
    return this.#open(`note ${row3.sequence_number}`, row3);
  }
  #open(key, row3) {
    const block = {
      key,
      block: row3.block,
      sequence_number: row3.sequence_number,
      last_sequence_number: row3.sequence_number,
      type: row3.type,
      role: row3.role,
      part: row3.part,
      content: row3.content,
      metadata: row3.metadata,
      created_at: row3.created_at,
      ended_at: row3.created_at,
      whole: row3.op !== "append"
    };
    this.#blocks.set(key, block);
    return { kind: "open", block };
  }
};
function extend(block, row3) {
  touch(block, row3);
  block.content += row3.content;
  return { kind: "append", block, text: row3.content };
}
function settle(block, row3) {
  touch(block, row3);
  const before = block.content;
  const sameKind = block.type === row3.type && block.part === row3.part;
  block.content = row3.content;
  block.type = row3.type;
  block.role = row3.role;
  block.part = row3.part;
  if (!sameKind || !row3.content.startsWith(before)) return { kind: "replace", block };
  const rest = row3.content.slice(before.length);
  return rest === "" ? { kind: "settle", block } : { kind: "append", block, text: rest };
}
function touch(block, row3) {
  block.last_sequence_number = row3.sequence_number;
  block.ended_at = row3.created_at;
  block.whole = row3.op === "set";
  if (Object.keys(row3.metadata).length > 0) block.metadata = row3.metadata;
}

// frame.ts
var PATIENCE = 250;
var QUICKEST = 33;
var SLOWEST = 100;
var REST2 = 30;
var PAINT_TIME = 10;
var LEAST_TIME = 1;
var frame = -1;
var frameEnds = 0;
function paintDeadline() {
  const now = performance.now();
  const current = Number(document.timeline.currentTime ?? now);
  if (current !== frame) {
    frame = current;
    frameEnds = now + PAINT_TIME;
  }
  return Math.max(frameEnds, now + LEAST_TIME);
}
var FrameClock = class {
  #paint;
  #frame = 0;
  #timer = 0;
  #waiting = 0;
  #painted = -SLOWEST;
  /** Milliseconds of a paint, of late. */
  #cost = 0;
  #measured = true;
  constructor(paint) {
    this.#paint = paint;
  }
  /** Asks for a paint; many requests before it make one. */
  request() {
    if (this.#timer !== 0) return;
    this.#timer = window.setTimeout(this.#run, PATIENCE);
    const pace = Math.min(SLOWEST, Math.max(QUICKEST, this.#cost * REST2)) - 8;
    const wait = this.#painted + pace - performance.now();
    if (wait > 0) this.#waiting = window.setTimeout(this.#next, wait);
    else this.#next();
  }
  /** Asks for the very next frame: there is more to paint than the last one had time for. */
  hurry() {
    this.stop();
    this.#timer = window.setTimeout(this.#run, PATIENCE);
    this.#next();
  }
  /** The layout of the last paint is done. */
  laidOut() {
    if (this.#measured) return;
    this.#measured = true;
    this.#cost += (performance.now() - this.#painted - this.#cost) / 4;
  }
  stop() {
    window.clearTimeout(this.#timer);
    window.clearTimeout(this.#waiting);
    cancelAnimationFrame(this.#frame);
    this.#timer = 0;
  }
  #next = () => {
    if (!document.hidden) this.#frame = requestAnimationFrame(this.#run);
  };
  #run = () => {
    this.stop();
    this.#painted = performance.now();
    this.#measured = false;
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
  #gone = /* @__PURE__ */ new Map();
  #contiguous = 0;
  #ready = 0;
  #head = 0;
  /**
   * Takes a delivery. Returns the rows that were new, in sequence order.
   *
   * With `after`, numbers between that one and the delivery's last row that are not in it are of no row any more.
   */
  merge(messages, after) {
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
    if (after !== void 0) this.#explain([...messages], after);
    this.#advance();
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
  /** How many rows there are up to `contiguous`: those that can be shown. */
  get ready() {
    return this.#ready;
  }
  /** Every missing range up to the head. Costs only the rows beyond the first hole. */
  holes() {
    const holes = [];
    let expected = this.#contiguous + 1;
    for (let i = this.#ready; i < this.#ordered.length; i += 1) {
      const number = this.#ordered[i].sequence_number;
      expected = this.#past(expected);
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
  /** Remembers the ranges that a delivery says are gone, by their first number. */
  #explain(messages, after) {
    let expected = after + 1;
    for (const { sequence_number } of messages) {
      if (sequence_number > expected) this.#gone.set(expected, Math.max(sequence_number, this.#gone.get(expected) ?? 0));
      expected = Math.max(expected, sequence_number + 1);
    }
  }
  /** The number itself, or the one after the range that is gone from it on. */
  #past(number) {
    return this.#gone.get(number) ?? number;
  }
  #advance() {
    for (; ; ) {
      const next = this.#past(this.#contiguous + 1);
      if (!this.#byNumber.has(next)) return;
      this.#contiguous = next;
      this.#ready += 1;
    }
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

// prompt.ts
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

// refill.ts
var FIRST2 = 250;
var LONGEST3 = 5e3;
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
    this.#pause = Math.min(this.#pause * 2, LONGEST3);
    this.#due = now + this.#pause;
    return true;
  }
};

// announcer.ts
var PACE = 1e3;
var LENGTH = 300;
var Announcer = class {
  element = el("div", "unseen");
  #waiting = [];
  #timer = 0;
  constructor() {
    this.element.setAttribute("role", "status");
    this.element.setAttribute("aria-live", "polite");
  }
  close() {
    window.clearTimeout(this.#timer);
  }
  say(text3) {
    this.#waiting.push(text3);
    if (this.#timer === 0) this.#next();
  }
  entry(entry) {
    const words2 = wordsOf(entry);
    if (words2 !== null) this.say(words2);
  }
  #next = () => {
    this.#timer = 0;
    if (this.#waiting.length === 0) return;
    setText(this.element, this.#waiting.splice(0).slice(-3).join(". "));
    this.#timer = window.setTimeout(this.#next, PACE);
  };
};
function wordsOf(entry) {
  switch (entry.look) {
    case "text":
      return entry.block.content.slice(0, LENGTH);
    case "error":
      return `error: ${entry.block.content.slice(0, LENGTH)}`;
    case "summary":
      return "the run has ended";
    case "call":
    case "result": {
      const outcome = outcomeOf(entry);
      const name2 = textOf(entry.block.metadata[TOOL_NAME]) ?? "tool";
      return outcome === "running" ? null : `${name2} ${outcome === "bad" ? "failed" : "done"}`;
    }
    default:
      return null;
  }
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
  #speed = el("span", "speed");
  #stop = el("button", "stop", "Stop");
  #stopped = null;
  constructor(onStop, toolbar) {
    this.#stop.type = "button";
    this.#stop.hidden = true;
    this.#stop.addEventListener("click", () => {
      this.#stopped = performance.now();
      this.#showStop(true);
      onStop();
    });
    this.#pill.append(icon("dot", ""), this.#label);
    const who = el("div", "who");
    who.append(this.#source, this.#model, this.#pill, this.#elapsed, this.#speed);
    toolbar.append(this.#stop);
    this.element.append(who, toolbar);
  }
  update(record, state2, speed, now) {
    this.#pill.dataset["tone"] = state2.tone;
    setText(this.#label, state2.label);
    this.#pill.title = state2.detail ?? "";
    if (record === null) return;
    setText(this.#source, record.source);
    setText(this.#model, record.model ?? "");
    setText(this.#elapsed, elapsed(record, now));
    setText(this.#speed, speed === null ? "" : speedWords(speed));
    this.#speed.title = speed === null ? "" : SPEED_BASIS[speed.basis];
    this.#showStop(!isTerminal(record) && state2.key !== "kernel-gone" && state2.key !== "replay");
  }
  #showStop(possible) {
    const waiting = this.#stopped !== null && performance.now() - this.#stopped < STOP_AGAIN;
    this.#stop.hidden = !possible;
    this.#stop.disabled = waiting;
    setText(this.#stop, waiting ? "Stopping…" : "Stop");
  }
};
var SPEED_BASIS = {
  usage: "Output tokens as the source reports them, over the time in which it was speaking",
  deltas: "Pieces of text counted in the last 5 seconds; most sources send about one token in each"
};
function speedWords({ perSecond, basis }) {
  const rounded = perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond));
  return basis === "usage" ? `${rounded} tok/s` : `≈ ${rounded} deltas/s`;
}
function elapsed(record, now) {
  const start = record.started_at ?? record.created_at;
  const end = record.completed_at ?? (isTerminal(record) ? null : new Date(now).toISOString());
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
      const on2 = this.#raw.getAttribute("aria-pressed") !== "true";
      this.#raw.setAttribute("aria-pressed", String(on2));
      onRaw(on2);
    });
    this.element.append(this.#dot, this.#line, el("span", "space"), this.#raw);
  }
  update(state2, truth) {
    this.#dot.dataset["tone"] = truth.conflicts + truth.malformed > 0 ? "bad" : state2.tone;
    setText(this.#line, truthLine(state2, truth));
  }
};
function truthLine(state2, truth) {
  const parts2 = [state2.key.replace("-", " ")];
  parts2.push(truth.contiguous > 0 ? `seq 1–${truth.contiguous}` : "no rows yet");
  if (truth.head > truth.contiguous) parts2.push(`head ${truth.head}`);
  parts2.push(plural(truth.holes, "hole"));
  if (truth.duplicates > 0) parts2.push(`${count(truth.duplicates)} ${truth.duplicates === 1 ? "duplicate" : "duplicates"} refused`);
  if (truth.conflicts > 0) parts2.push(plural(truth.conflicts, "conflict"));
  if (truth.malformed > 0) parts2.push(`${count(truth.malformed)} malformed`);
  if (truth.contiguous > 0) parts2.push("saved");
  parts2.push(truth.transport);
  return parts2.join(" · ");
}

// follow.ts
var NEAR = 24;
var BottomFollower = class {
  /** Called after a scroll. */
  onScroll = () => void 0;
  #scroller;
  #jump;
  #following = true;
  #lastTop = 0;
  constructor(scroller, jump) {
    this.#scroller = scroller;
    this.#jump = jump;
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    jump.addEventListener("click", () => this.jump());
  }
  get following() {
    return this.#following;
  }
  /** After new content: goes to the bottom if that is where the reader is. */
  keep() {
    const scroller = this.#scroller;
    if (this.#following) {
      const end = scroller.scrollHeight - scroller.clientHeight;
      if (Math.abs(end - scroller.scrollTop) >= 1) scroller.scrollTop = end;
    }
    this.#lastTop = scroller.scrollTop;
    this.#show();
  }
  /** Goes to the bottom and stays there. */
  jump() {
    this.#following = true;
    this.onScroll();
    this.keep();
    this.#scroller.focus({ preventScroll: true });
  }
  /** The reader looks at another place. */
  leave() {
    this.#following = false;
    this.#show();
  }
  #near() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }
  #show() {
    if (this.#jump.hidden !== this.#following) this.#jump.hidden = this.#following;
  }
  #scrolled = () => {
    const top = this.#scroller.scrollTop;
    if (top === this.#lastTop) return;
    if (this.#near()) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    this.onScroll();
    this.#lastTop = this.#scroller.scrollTop;
    this.#show();
  };
};

// marks.ts
var LIMIT = 2e3;
var FOUND = "nbstream-found";
var CURRENT = "nbstream-current";
function shared(name2) {
  if (typeof Highlight === "undefined") return null;
  let highlight2 = CSS.highlights.get(name2);
  if (highlight2 === void 0) {
    highlight2 = new Highlight();
    CSS.highlights.set(name2, highlight2);
  }
  return highlight2;
}
var Marks = class {
  #found = shared(FOUND);
  #current = shared(CURRENT);
  #ranges = [];
  clear() {
    for (const range of this.#ranges) {
      this.#found?.delete(range);
      this.#current?.delete(range);
    }
    this.#ranges = [];
  }
  /** Marks `words` under each of the elements; of `at` the n-th one stands out. Returns that one, if it is on the page. */
  paint(elements, words2, at2) {
    this.clear();
    let current = null;
    for (const element of elements) {
      const ranges = rangesOf(element, words2.trim().toLowerCase(), LIMIT - this.#ranges.length);
      const chosen = at2?.element === element ? ranges[Math.min(at2.nth, ranges.length - 1)] : void 0;
      for (const range of ranges) (range === chosen ? this.#current : this.#found)?.add(range);
      current = chosen ?? current;
      this.#ranges.push(...ranges);
    }
    return current;
  }
};
function rangesOf(element, wanted, room) {
  const ranges = [];
  if (wanted === "") return ranges;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < room; node = walker.nextNode()) {
    if (node.parentElement?.closest(".actions, .unseen, .glimpse") !== null) continue;
    const text3 = node.data.toLowerCase();
    for (let at2 = text3.indexOf(wanted); at2 >= 0 && ranges.length < room; at2 = text3.indexOf(wanted, at2 + wanted.length)) {
      if (at2 + wanted.length > node.length) break;
      const range = document.createRange();
      range.setStart(node, at2);
      range.setEnd(node, at2 + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}

// search.ts
var HIT_LIMIT = 1e4;
function findHits(rows, words2) {
  const wanted = words2.trim().toLowerCase();
  const hits = [];
  if (wanted === "") return hits;
  for (const row3 of rows) {
    let inRow = 0;
    for (const entry of row3.entries.flatMap((each) => [...within(each)])) {
      for (const text3 of [entry.block.content, entry.result?.content ?? ""]) {
        for (let left = occurrences(text3, wanted); left > 0; left -= 1) {
          hits.push({ row: row3, entry, inRow });
          inRow += 1;
          if (hits.length >= HIT_LIMIT) return hits;
        }
      }
    }
  }
  return hits;
}
function occurrences(text3, wanted) {
  const lower = text3.toLowerCase();
  let found = 0;
  for (let at2 = lower.indexOf(wanted); at2 >= 0 && found < HIT_LIMIT; at2 = lower.indexOf(wanted, at2 + wanted.length)) found += 1;
  return found;
}

// searchbar.ts
var AGAIN = 500;
var SearchBar = class {
  element = el("div", "searchbar");
  /** Called when the reader is taken to another place. */
  onLeave = () => void 0;
  #host;
  #transcript;
  #scroller;
  #field = el("input", "searchfield");
  #count = el("span", "hits");
  #marks = new Marks();
  #hits = [];
  #at = -1;
  #searched = 0;
  constructor(host, transcript, scroller) {
    this.#host = host;
    this.#transcript = transcript;
    this.#scroller = scroller;
    this.#field.type = "search";
    this.#field.placeholder = "Search this run";
    this.#field.setAttribute("aria-label", "Search this run");
    this.#count.setAttribute("role", "status");
    const step = (label2, name2, by) => {
      const made = el("button", "step", label2);
      made.type = "button";
      made.title = name2;
      made.setAttribute("aria-label", name2);
      made.addEventListener("click", () => this.#step(by));
      return made;
    };
    const close = el("button", "step", "✕");
    close.type = "button";
    close.title = "Close the search (Esc)";
    close.setAttribute("aria-label", "Close the search");
    close.addEventListener("click", () => this.close());
    this.element.append(this.#field, this.#count, step("↑", "Previous (Shift+Enter)", -1), step("↓", "Next (Enter)", 1), close);
    this.element.hidden = true;
    this.#listen();
  }
  get open() {
    return !this.element.hidden;
  }
  show() {
    this.element.hidden = false;
    this.#field.focus();
    this.#field.select();
    this.#search();
  }
  close() {
    this.element.hidden = true;
    this.#hits = [];
    this.#at = -1;
    this.#marks.clear();
    this.#scroller.focus({ preventScroll: true });
  }
  dispose() {
    this.#marks.clear();
  }
  /** The page has changed: finds and marks again, at a pace. */
  refresh() {
    if (!this.open || this.#field.value.trim() === "") return;
    if (performance.now() - this.#searched > AGAIN) {
      const current = this.#hits[this.#at];
      this.#find();
      this.#at = current === void 0 ? -1 : this.#hits.findIndex((hit) => hit.entry === current.entry && hit.inRow === current.inRow);
      this.#tell();
    }
    this.#mark();
  }
  #listen() {
    this.#field.addEventListener("input", () => this.#search());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.close();
      else return;
      event.preventDefault();
    });
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    this.#field.addEventListener("focus", () => this.#host.setAttribute("data-lm-suppress-shortcuts", "true"));
    this.#field.addEventListener("blur", () => this.#host.removeAttribute("data-lm-suppress-shortcuts"));
  }
  #search() {
    this.#find();
    this.#at = -1;
    if (this.#hits.length > 0) this.#step(1);
    else {
      this.#tell();
      this.#mark();
    }
  }
  #find() {
    this.#searched = performance.now();
    this.#hits = findHits(this.#transcript.rows, this.#field.value);
  }
  #step(by) {
    const { length } = this.#hits;
    if (length === 0) return;
    this.#at = this.#at < 0 ? by > 0 ? 0 : length - 1 : (this.#at + by + length) % length;
    this.#tell();
    const hit = this.#hits[this.#at];
    this.onLeave();
    const slot = this.#transcript.list.reveal(hit.row);
    if (slot === null) return;
    this.#unfold(slot, hit);
    const range = this.#mark();
    if (range !== null) this.#toSight(range);
  }
  /** Opens what hides the words: a folded thought, a closed card, the rest of an output. */
  #unfold(slot, hit) {
    const range = this.#marks.paint([slot], this.#field.value, { element: slot, nth: hit.inRow });
    if (range?.startContainer.parentElement?.checkVisibility() === true) return;
    this.#transcript.open(hit.entry);
  }
  #toSight(range) {
    const place = range.getBoundingClientRect();
    const box = this.#scroller.getBoundingClientRect();
    if (place.top < box.top + 20 || place.bottom > box.bottom - 20) this.#scroller.scrollTop += place.top - box.top - box.height / 3;
  }
  #mark() {
    const { slots } = this.#transcript.list;
    const hit = this.#hits[this.#at];
    const element = hit === void 0 ? void 0 : slots.get(hit.row);
    return this.#marks.paint(slots.values(), this.#field.value, element === void 0 ? null : { element, nth: hit.inRow });
  }
  #tell() {
    const many = this.#hits.length;
    const all = many >= HIT_LIMIT ? `${count(many)}+` : count(many);
    const nothing = this.#field.value.trim() === "" ? "" : "nothing found";
    setText(this.#count, many === 0 ? nothing : this.#at < 0 ? `${all} found` : `${count(this.#at + 1)} of ${all}`);
  }
};

// filter.ts
var KINDS = ["messages", "reasoning", "tools", "notices", "errors"];
function kindsOf(entry) {
  switch (entry.look) {
    case "user":
    case "text":
    case "summary":
      return ["messages"];
    case "thought":
      return ["reasoning"];
    case "note":
      return ["notices"];
    case "error":
      return ["errors"];
    case "call":
    case "result":
      return outcomeOf(entry) === "bad" ? ["tools", "errors"] : ["tools"];
  }
}
function passes(row3, shown2) {
  return shown2.size === KINDS.length || row3.entries.some((entry) => kindsOf(entry).some((kind) => shown2.has(kind)));
}

// toolbar.ts
var Toolbar = class {
  element = el("div", "toolbar");
  /** The kinds to choose from, under the header while it is open. */
  panel = el("div", "kinds");
  #actions;
  #kinds = press("kindsbutton", "kinds", "Choose what is shown");
  #fold = press("foldbutton", "fold", "Fold everything");
  constructor(actions) {
    this.#actions = actions;
    const search = press("searchbutton", "search", "Search this run (Ctrl+F or ⌘F)");
    search.addEventListener("click", () => actions.search());
    this.#kinds.setAttribute("aria-expanded", "false");
    this.#kinds.addEventListener("click", () => this.#togglePanel());
    this.#fold.addEventListener("click", () => this.#toggleFold());
    this.element.append(search, this.#kinds, this.#fold);
    this.#fillPanel();
  }
  #togglePanel() {
    this.panel.hidden = !this.panel.hidden;
    this.#kinds.setAttribute("aria-expanded", String(!this.panel.hidden));
  }
  #toggleFold() {
    const open = this.#fold.textContent === "unfold";
    this.#fold.textContent = open ? "fold" : "unfold";
    this.#fold.title = open ? "Fold everything" : "Unfold everything";
    this.#actions.fold(open);
  }
  #fillPanel() {
    this.panel.hidden = true;
    this.panel.setAttribute("role", "group");
    this.panel.setAttribute("aria-label", "kinds shown");
    const shown2 = new Set(KINDS);
    for (const kind of KINDS) {
      const label2 = el("label", "", kind);
      const box = el("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => {
        if (box.checked) shown2.add(kind);
        else shown2.delete(kind);
        this.#kinds.classList.toggle("on", shown2.size < KINDS.length);
        this.#actions.filter(new Set(shown2));
      });
      label2.prepend(box);
      this.panel.append(label2);
    }
  }
};
function press(className, label2, title) {
  const made = el("button", className, label2);
  made.type = "button";
  made.title = title;
  return made;
}

// actions.ts
var SAID2 = 1500;
function actionsOf(entry, element, askRaw) {
  const bar = el("div", "actions");
  const input = element.querySelector(":scope > .stack > .card > .input");
  if (input !== null && entry.look === "call") bar.append(inputButton(input));
  bar.append(copyButton(entry), rawButton(entry, element, askRaw));
  return bar;
}
function button(className, label2, title, onClick) {
  const made = el("button", className);
  made.type = "button";
  made.title = title;
  name(made, label2);
  made.addEventListener("click", () => onClick(made));
  return made;
}
function name(made, label2) {
  made.dataset["label"] = label2;
  made.setAttribute("aria-label", label2);
}
function inputButton(input) {
  const made = button("inputbutton", "input", "Show the whole input", (self) => {
    const card = input.parentElement;
    const open = !(card.open && card.classList.contains("withinput"));
    card.open = card.open || open;
    card.classList.toggle("withinput", open);
    self.setAttribute("aria-expanded", String(open));
  });
  made.setAttribute("aria-expanded", "false");
  return made;
}
function copyButton(entry) {
  return button("copybutton", "copy", "Copy this as text", (self) => {
    void copyText(plainText(entry), self).then((done) => {
      name(self, done ? "copied" : "not allowed");
      window.setTimeout(() => name(self, "copy"), SAID2);
    });
  });
}
function rawButton(entry, element, askRaw) {
  return button("rawbutton", "raw", "Show the source as received", () => {
    const open = element.querySelector(":scope > .rawanswer");
    if (open !== null) {
      open.remove();
      return;
    }
    const number = (entry.result ?? entry.block).last_sequence_number;
    const answer = el("pre", "rawanswer", `asking for the source of seq ${number} …`);
    answer.tabIndex = 0;
    element.append(answer);
    askRaw(number, answer);
  });
}
function plainText(entry) {
  const parts2 = [];
  for (const each of within(entry)) {
    parts2.push(each.block.content);
    if (each.result !== null && outcomeOf(each) !== "running") parts2.push(each.result.content);
  }
  return parts2.join("\n\n");
}
async function copyText(text3, near) {
  try {
    await navigator.clipboard.writeText(text3);
    return true;
  } catch {
    const area = el("textarea", "unseen");
    area.value = text3;
    near.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    near.focus();
    return done;
  }
}

// guess.ts
var LINE = 21;
var CODE_LINE = 18;
var HEAD = 31;
var GAP2 = 10;
var WIDTH = 84;
var PREVIEW = 9;
function guessHeight(row3) {
  return Math.max(...row3.entries.map(guessEntry)) + GAP2;
}
function guessEntry(entry) {
  switch (entry.look) {
    case "text":
    case "user":
    case "error":
      return LINE * lines2(entry.block.content, 400);
    case "thought":
    case "note":
      return LINE;
    case "summary":
      return 2 * HEAD;
    case "call":
    case "result": {
      const output = entry.look === "result" ? entry.block.content : entry.result?.content ?? "";
      const shown2 = output === "" ? 0 : CODE_LINE * lines2(output, PREVIEW) + 13;
      return HEAD + shown2 + Math.min(entry.children.length, 8) * (HEAD + GAP2);
    }
  }
}
function lines2(content, limit) {
  let found = 1 + Math.floor(content.length / WIDTH);
  for (let at2 = content.indexOf("\n"); at2 >= 0 && found < limit; at2 = content.indexOf("\n", at2 + 1)) found += 1;
  return Math.min(found, limit);
}

// windowing.ts
var Offsets = class {
  /** `#sums[i]` is where row i begins; one more than there are rows. */
  #sums = [0];
  /** Sums up to this index are right. */
  #right = 0;
  #heightOf;
  #count = 0;
  /** `heightOf` gives the pixels of a row, measured or guessed. */
  constructor(heightOf) {
    this.#heightOf = heightOf;
  }
  get count() {
    return this.#count;
  }
  /** There are so many rows now; those before `changed` are as they were. */
  resize(count2, changed) {
    this.#count = count2;
    this.#sums.length = Math.min(this.#sums.length, count2 + 1);
    this.changed(changed);
  }
  /** The height of a row is another one. */
  changed(index) {
    this.#right = Math.max(0, Math.min(this.#right, index));
  }
  /** Where a row begins; of the count of rows: where all of them end. */
  at(index) {
    for (; this.#right < index; this.#right += 1) {
      this.#sums[this.#right + 1] = this.#sums[this.#right] + this.#heightOf(this.#right);
    }
    return this.#sums[index];
  }
  get total() {
    return this.at(this.#count);
  }
  /** The row at that place: the last one that begins at or before it. */
  find(place) {
    this.at(this.#count);
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = low + high + 1 >> 1;
      if (this.#sums[middle] <= place) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
  /** The rows that touch the pixels from `top` to `bottom`. */
  range(top, bottom) {
    if (this.#count === 0) return { first: 0, last: 0 };
    return { first: this.find(top), last: Math.min(this.#count, this.find(bottom) + 1) };
  }
};

// list.ts
var OVERSCAN = 600;
var SLOTS = 120;
var WindowedList = class {
  element = el("div", "rows");
  #scroller;
  #stage;
  #slots = /* @__PURE__ */ new Map();
  #rowOf = /* @__PURE__ */ new WeakMap();
  #index = /* @__PURE__ */ new Map();
  #offsets;
  #watcher = new ResizeObserver((changes2) => this.#resized(changes2));
  /** Called in the frame in which heights have changed, after its layout and before it is seen. */
  onResize = () => void 0;
  /** Whether the bottom is kept in sight; then nothing else moves the page. */
  following = true;
  /** Pixels of the viewport, as the browser last told: asking would cost a layout. */
  #viewport = 0;
  #rows = [];
  #mounted = { first: 0, last: 0 };
  #known = 0;
  /** Rows that are on the page are not where they were. */
  #stale = false;
  constructor(scroller, stage) {
    this.#scroller = scroller;
    this.#stage = stage;
    this.#offsets = new Offsets((index) => this.#heightOf(this.#rows[index]));
    this.#watcher.observe(scroller);
  }
  close() {
    this.#watcher.disconnect();
  }
  get slots() {
    return this.#slots;
  }
  /** These are the rows; those before `changed` are as they were. */
  setRows(rows, changed) {
    this.#rows = rows;
    if (changed < this.#known) this.#index.clear();
    for (let i = changed < this.#known ? 0 : changed; i < rows.length; i += 1) this.#index.set(rows[i], i);
    this.#stale ||= changed < this.#known;
    this.#known = rows.length;
    this.#offsets.resize(rows.length, changed);
  }
  indexOf(row3) {
    return this.#index.get(row3) ?? -1;
  }
  /**
   * Puts on the page what is near the viewport.
   *
   * @param bottom whether the end of the list is what the reader looks at. A new row or two there cost no layout: the
   *   browser tells their heights in the same frame.
   */
  update(bottom) {
    if (this.#rows.length === 0 && this.#slots.size === 0) return;
    const height = this.#viewport || OVERSCAN;
    if (bottom) {
      this.#fill(() => this.#range(this.#offsets.total - height - OVERSCAN, this.#offsets.total), 4);
      return;
    }
    const top = this.#scroller.scrollTop - this.element.offsetTop;
    const anchor = this.#offsets.find(top);
    const away = top - this.#offsets.at(anchor);
    const place = () => this.#offsets.at(anchor) + away;
    this.#fill(() => this.#range(place() - OVERSCAN, place() + height + OVERSCAN), 0);
    this.#keep(anchor, away);
  }
  /** Shows a range, and again where its measures make it another one; `few` new rows are not measured at once. */
  #fill(range, few) {
    for (let pass = 0; pass < 3; pass += 1) {
      const next = range();
      if (pass > 0 && next.first >= this.#mounted.first && next.last <= this.#mounted.last) return;
      if (this.#show(next) > few) this.#measure();
      this.#pad();
    }
  }
  /** Scrolls to a row, a third of the viewport from its top. */
  reveal(row3) {
    const index = this.indexOf(row3);
    if (index < 0) return null;
    const room = this.#scroller.clientHeight / 3;
    for (let pass = 0; pass < 2; pass += 1) {
      this.#scroller.scrollTop = this.element.offsetTop + this.#offsets.at(index) - room;
      this.update(false);
    }
    return this.#slots.get(row3) ?? null;
  }
  #heightOf(row3) {
    return row3.height > 0 ? row3.height : guessHeight(row3);
  }
  #range(top, bottom) {
    const range = this.#offsets.range(top, bottom);
    const { first, last } = range;
    if (last - first <= SLOTS) return range;
    const from = last === this.#rows.length ? last - SLOTS : Math.floor((first + last - SLOTS) / 2);
    return { first: from, last: from + SLOTS };
  }
  /** Returns how many rows are new on the page. */
  #show(range) {
    const { first, last } = this.#mounted;
    if (range.first === first && range.last === last && this.#slots.size === last - first && !this.#stale) return 0;
    this.#stale = false;
    let added = 0;
    const wanted = new Set(this.#rows.slice(range.first, range.last));
    for (const [row3, slot] of this.#slots) if (!wanted.has(row3)) this.#take(row3, slot);
    let before = null;
    for (const row3 of wanted) {
      const known = this.#slots.get(row3);
      const slot = known ?? this.#put(row3);
      if (known === void 0) added += 1;
      const place = before === null ? this.element.firstChild : before.nextSibling;
      if (place !== slot) this.element.insertBefore(slot, place);
      before = slot;
    }
    this.#mounted = range;
    return added;
  }
  #put(row3) {
    const slot = el("div", "slot");
    this.#slots.set(row3, slot);
    this.#rowOf.set(slot, row3);
    this.#stage.mount(row3, slot);
    this.#watcher.observe(slot);
    return slot;
  }
  #take(row3, slot) {
    this.#watcher.unobserve(slot);
    this.#slots.delete(row3);
    slot.remove();
    this.#stage.unmount(row3);
  }
  /** One layout, then the heights of what is on the page. */
  #measure() {
    for (const [row3, slot] of this.#slots) if (row3.height === 0) this.#note(row3, slot.getBoundingClientRect().height);
  }
  #note(row3, height) {
    if (height === 0 || Math.abs(row3.height - height) < 0.1) return false;
    row3.height = height;
    this.#offsets.changed(this.indexOf(row3));
    return true;
  }
  #pad() {
    const { style } = this.element;
    const above = `${this.#offsets.at(this.#mounted.first)}px`;
    const below = `${this.#offsets.total - this.#offsets.at(this.#mounted.last)}px`;
    if (style.paddingTop !== above) style.paddingTop = above;
    if (style.paddingBottom !== below) style.paddingBottom = below;
  }
  /** Leaves the row `away` pixels above the viewport's edge, as it was. */
  #keep(anchor, away) {
    const wanted = this.element.offsetTop + this.#offsets.at(anchor) + away;
    if (Math.abs(wanted - this.#scroller.scrollTop) >= 1) this.#scroller.scrollTop = wanted;
  }
  /** What is on the page has other heights: a growing answer, an opened card, a narrower cell. */
  #resized(changes2) {
    const top = this.#scroller.scrollTop - this.element.offsetTop;
    const anchor = this.#offsets.find(top);
    let above = 0;
    for (const change of changes2) {
      if (change.target === this.#scroller) this.#viewport = change.contentRect.height;
      const row3 = this.#rowOf.get(change.target);
      const index = row3 === void 0 ? -1 : this.indexOf(row3);
      if (row3 === void 0 || index < 0 || !change.target.isConnected) continue;
      const before = this.#heightOf(row3);
      const height = change.borderBoxSize[0]?.blockSize ?? 0;
      if (this.#note(row3, height) && index < anchor) above += height - before;
    }
    if (!this.following && Math.abs(above) >= 1) this.#scroller.scrollTop += above;
    const { first, last } = this.#mounted;
    this.onResize(first === 0 || this.#offsets.at(last) - this.#offsets.at(first) >= this.#viewport);
  }
};

// tally.ts
var LOOK_BACK = 5e3;
var PAUSE = 2500;
var Tally = class {
  /** Dollars; the source's own running total. */
  cost = null;
  turns = null;
  #byAnswer = /* @__PURE__ */ new Map();
  #byTurn = [];
  #deltas = [];
  #streaming = 0;
  #pieces = 0;
  #last = null;
  add(row3) {
    if (row3.op === "append" && row3.role === "assistant") this.#count(Date.parse(row3.created_at));
    const { metadata } = row3;
    const output = numberOf(metadata[OUTPUT_TOKENS]);
    if (row3.type === "response") {
      this.cost = numberOf(metadata[COST_USD]) ?? this.cost;
      this.turns = numberOf(metadata[TURNS]) ?? this.turns;
      if (output !== null) this.#byTurn.push(usageOf(metadata));
    } else if (output !== null) {
      this.#byAnswer.set(textOf(metadata[RESPONSE_ID]) ?? row3.id, usageOf(metadata));
    }
  }
  /** Tokens so far, or null where the source has not said. */
  get usage() {
    const reported = this.#byTurn.length > 0 ? this.#byTurn : [...this.#byAnswer.values()];
    return reported.length === 0 ? null : reported.reduce(sum);
  }
  /**
   * How fast the agent speaks: of the last seconds while it does, over all that was reported once it is over.
   *
   * @param now milliseconds of the clock that the rows are stamped with; null when the run is over.
   */
  speed(now) {
    if (now === null) {
      const output = this.usage?.output ?? 0;
      return output > 0 && this.#streaming > 500 && this.#pieces * 4 >= output ? { perSecond: output / this.#streaming * 1e3, basis: "usage" } : null;
    }
    if (this.#last === null || now - this.#last > PAUSE) return null;
    this.#deltas = this.#deltas.filter((at2) => at2 > now - LOOK_BACK);
    const first = this.#deltas[0];
    if (first === void 0 || this.#deltas.length < 5 || now - first < 500) return null;
    return { perSecond: this.#deltas.length / (now - first) * 1e3, basis: "deltas" };
  }
  #count(at2) {
    if (!Number.isFinite(at2)) return;
    if (this.#last !== null && at2 - this.#last < PAUSE) this.#streaming += Math.max(0, at2 - this.#last);
    this.#last = at2;
    this.#pieces += 1;
    this.#deltas.push(at2);
    if (this.#deltas.length > 2e4) this.#deltas = this.#deltas.filter((each) => each > at2 - LOOK_BACK);
  }
};
function usageOf(metadata) {
  const tokens = (key) => numberOf(metadata[key]) ?? 0;
  return {
    input: tokens(INPUT_TOKENS),
    cacheRead: tokens(CACHE_READ_TOKENS),
    cacheWrite: tokens(CACHE_WRITE_TOKENS),
    output: tokens(OUTPUT_TOKENS)
  };
}
function sum(a, b) {
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output
  };
}

// summary.ts
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
    for (const [name2, value] of summaryFigures(block.metadata)) {
      const figure = el("div", name2 === "status" ? "ending" : "");
      figure.append(el("dt", "", name2), el("dd", "", value));
      figures.append(figure);
    }
    card.append(figures);
    const bar = tokenBar(usageOf(block.metadata));
    if (bar !== null) card.append(bar);
    this.#place.append(card);
  }
};
function summaryFigures(metadata) {
  const figures = [["status", metadata[IS_ERROR] === true ? "failed" : "finished"]];
  const add = (name2, value, format) => {
    if (value !== null) figures.push([name2, format(value)]);
  };
  const { cacheRead, cacheWrite } = usageOf(metadata);
  add("took", numberOf(metadata[DURATION_MS]), duration);
  add("turns", numberOf(metadata[TURNS]), count);
  add("input", numberOf(metadata[INPUT_TOKENS]), count);
  add("cached", cacheRead > 0 ? cacheRead : null, count);
  add("cache write", cacheWrite > 0 ? cacheWrite : null, count);
  add("output", numberOf(metadata[OUTPUT_TOKENS]), count);
  add("cost", numberOf(metadata[COST_USD]), cost);
  return figures;
}
function tokenBar({ input, cacheRead, cacheWrite, output }) {
  const parts2 = [
    ["cached", cacheRead],
    ["written", cacheWrite],
    ["fresh", Math.max(0, input - cacheRead - cacheWrite)],
    ["output", output]
  ];
  const total = parts2.reduce((sum2, [, tokens]) => sum2 + tokens, 0);
  if (total === 0 || input === 0) return null;
  const bar = el("div", "tokenbar");
  const said = parts2.filter(([, tokens]) => tokens > 0).map(([name2, tokens]) => `${name2} ${count(tokens)}`);
  bar.title = `tokens: ${said.join(" · ")}`;
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", bar.title);
  for (const [name2, tokens] of parts2) {
    if (tokens === 0) continue;
    const part2 = el("span", name2);
    part2.style.flexGrow = String(tokens);
    bar.append(part2);
  }
  return bar;
}

// changes.ts
var EDIT_LIMIT = 400;
var CONTEXT = 3;
function changes(before, after) {
  const a = split(before);
  const b = split(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text3) => ({ sign: " ", text: text3 });
  const middle = myers(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return folded([...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)]);
}
function patchLines(patch) {
  return split(patch).map((line) => {
    if (/^(?:@@|diff |index |\+\+\+ |--- |\\ )/.test(line)) return { sign: "@", text: line };
    const sign = line[0];
    if (sign === "+" || sign === "-") return { sign, text: line.slice(1) };
    return { sign: " ", text: sign === " " ? line.slice(1) : line };
  });
}
function isPatch(text3) {
  return /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(text3.slice(0, 4e3));
}
function split(text3) {
  if (text3 === "") return [];
  const lines3 = text3.replace(/\r\n?/g, "\n").split("\n");
  if (lines3.at(-1) === "") lines3.pop();
  return lines3;
}
function myers(a, b) {
  const trace = [];
  let front = /* @__PURE__ */ new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(EDIT_LIMIT, a.length + b.length); edits += 1) {
    trace.push(new Map(front));
    const next = new Map(front);
    for (let k2 = -edits; k2 <= edits; k2 += 2) {
      const down = k2 === -edits || k2 !== edits && (front.get(k2 - 1) ?? -1) < (front.get(k2 + 1) ?? -1);
      let x = down ? front.get(k2 + 1) ?? 0 : (front.get(k2 - 1) ?? 0) + 1;
      while (x < a.length && x - k2 < b.length && a[x] === b[x - k2]) x += 1;
      next.set(k2, x);
      if (x >= a.length && x - k2 >= b.length) return walkBack(a, b, trace);
    }
    front = next;
  }
  return [...a.map((text3) => ({ sign: "-", text: text3 })), ...b.map((text3) => ({ sign: "+", text: text3 }))];
}
function walkBack(a, b, trace) {
  const lines3 = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const front = trace[edits];
    const k2 = x - y;
    const down = k2 === -edits || k2 !== edits && (front.get(k2 - 1) ?? -1) < (front.get(k2 + 1) ?? -1);
    const from = down ? k2 + 1 : k2 - 1;
    const startX = edits === 0 ? 0 : front.get(from) ?? 0;
    const startY = edits === 0 ? 0 : startX - from;
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      lines3.push({ sign: " ", text: a[x] });
    }
    if (edits === 0) break;
    if (down) lines3.push({ sign: "+", text: b[startY] });
    else lines3.push({ sign: "-", text: a[startX] });
    x = startX;
    y = startY;
  }
  return ordered(lines3.reverse());
}
function ordered(lines3) {
  const result = [];
  let coming = [];
  for (const line of lines3) {
    if (line.sign === "+") {
      coming.push(line);
      continue;
    }
    if (line.sign === " ") {
      result.push(...coming);
      coming = [];
    }
    result.push(line);
  }
  return [...result, ...coming];
}
function folded(lines3) {
  const near = /* @__PURE__ */ new Set();
  lines3.forEach((line, index) => {
    if (line.sign === " ") return;
    for (let at2 = index - CONTEXT; at2 <= index + CONTEXT; at2 += 1) near.add(at2);
  });
  const result = [];
  let skipped = 0;
  const tell = () => {
    if (skipped > 0) result.push({ sign: "@", text: `${skipped} unchanged ${skipped === 1 ? "line" : "lines"}` });
    skipped = 0;
  };
  lines3.forEach((line, index) => {
    if (!near.has(index)) {
      skipped += 1;
      return;
    }
    tell();
    result.push(line);
  });
  tell();
  return result;
}

// diff.ts
var DIFF_LIMIT = 1e3;
var CLASSES2 = { " ": "same", "-": "minus", "+": "plus", "@": "hunk" };
var WORDS = { " ": "", "-": "removed: ", "+": "added: ", "@": "" };
function editView(before, after, fileName = "") {
  return view(changes(before, after), fileName);
}
function patchView(patch) {
  return view(patchLines(patch), "");
}
function view(lines3, fileName) {
  const pre = el("pre", "diff");
  pre.tabIndex = 0;
  const language2 = languageOf(/\.([a-z0-9+#]{1,12})$/i.exec(fileName)?.[1] ?? "");
  for (const { sign, text: text3 } of lines3.slice(0, DIFF_LIMIT)) {
    const line = el("span", `line ${CLASSES2[sign]}`);
    const mark2 = el("span", "sign", sign === "@" ? "⋯" : sign);
    mark2.setAttribute("aria-hidden", "true");
    line.append(mark2);
    if (WORDS[sign] !== "") line.append(el("span", "unseen", WORDS[sign]));
    const shown2 = marked(text3.slice(0, LINE_LIMIT));
    if (language2 === null || sign === "@") line.append(shown2);
    else for (const part2 of highlight(shown2, language2, null).parts) line.append(part2.kind === "" ? part2.text : el("span", part2.kind, part2.text));
    if (text3.length > LINE_LIMIT) line.append(el("span", "cut", ` … ${count(text3.length - LINE_LIMIT)} more characters on this line, in the store`));
    pre.append(line, "\n");
  }
  if (lines3.length > DIFF_LIMIT) pre.append(el("span", "cut", `… ${count(lines3.length - DIFF_LIMIT)} more lines, in the store`));
  return pre;
}

// edits.ts
var EDIT_LIMIT2 = 20;
function fileChange(tool, content, isPatch2) {
  const input = parsed(content);
  if (input === null) return null;
  const file = textIn(input, "file_path", "filePath", "path", "notebook_path") ?? "";
  const patch = textIn(input, "patch", "diff");
  if (patch !== null && isPatch2(patch)) return { kind: "patch", patch };
  const list = Array.isArray(input["edits"]) ? input["edits"] : [input];
  const edits = list.slice(0, EDIT_LIMIT2).flatMap((each) => editIn(each, file));
  if (edits.length > 0) return { kind: "edits", edits };
  const written = /^write/i.test(tool) ? textIn(input, "content", "text") : null;
  return written === null ? null : { kind: "edits", edits: [{ file, before: "", after: written }] };
}
function editIn(value, file) {
  if (typeof value !== "object" || value === null) return [];
  const fields2 = value;
  const before = textIn(fields2, "old_string", "oldString", "old_text", "oldText");
  const after = textIn(fields2, "new_string", "newString", "new_text", "newText");
  return before === null || after === null ? [] : [{ file: textIn(fields2, "file_path") ?? file, before, after }];
}
function textIn(fields2, ...names) {
  const name2 = names.find((each) => typeof fields2[each] === "string");
  return name2 === void 0 ? null : String(fields2[name2]);
}
function parsed(content) {
  if (content.trimStart()[0] !== "{") return null;
  try {
    return { ...JSON.parse(content) };
  } catch {
    return null;
  }
}

// json.ts
var PART_LIMIT = 100;
var TEXT_LIMIT = 1e4;
var GLIMPSE = 80;
var JSON_LIMIT = 1e6;
function jsonView(text3, open = 1) {
  const start = text3.trimStart()[0];
  if (text3.length > JSON_LIMIT || start !== "{" && start !== "[") return null;
  try {
    const box = el("div", "json");
    box.append(part(null, JSON.parse(text3), open));
    return box;
  } catch {
    return null;
  }
}
function part(name2, value, open) {
  if (typeof value !== "object" || value === null) return leaf(name2, value);
  const entries = Array.isArray(value) ? value.map((item, index) => [String(index), item]) : Object.entries(value);
  if (entries.length === 0) return row2(name2, el("span", "quiet", Array.isArray(value) ? "[]" : "{}"));
  const fold = el("details");
  const summary = el("summary");
  if (name2 !== null) summary.append(el("span", "key", marked(name2)), ": ");
  const size = Array.isArray(value) ? `[${count(entries.length)}]` : `{${count(entries.length)}}`;
  summary.append(el("span", "quiet", size), " ", el("span", "glimpse", glimpse(value)));
  fold.append(summary);
  const fill = () => {
    if (fold.childElementCount === 1) fold.append(parts(entries, open - 1));
  };
  fold.addEventListener("toggle", fill);
  if (open > 0) {
    fill();
    fold.open = true;
  }
  return fold;
}
function parts(entries, open) {
  const box = el("div", "parts");
  let shown2 = 0;
  const more = el("button", "more");
  more.type = "button";
  const fill = () => {
    const next = entries.slice(shown2, shown2 + PART_LIMIT).map(([name2, value]) => part(name2, value, open));
    shown2 += next.length;
    more.remove();
    box.append(...next);
    if (shown2 === entries.length) return;
    more.textContent = `${count(entries.length - shown2)} more`;
    box.append(more);
  };
  more.addEventListener("click", fill);
  fill();
  return box;
}
function leaf(name2, value) {
  if (typeof value !== "string") return row2(name2, el("span", typeof value === "number" ? "number" : "word", String(value)));
  const shown2 = marked(value.slice(0, TEXT_LIMIT));
  const text3 = el("span", "string", shown2.includes("\n") ? shown2 : JSON.stringify(shown2));
  const line = row2(name2, text3);
  if (value.length > TEXT_LIMIT) line.append(el("span", "cut", ` … ${count(value.length - TEXT_LIMIT)} more characters, in the store`));
  return line;
}
function row2(name2, value) {
  const line = el("div", "part");
  if (name2 !== null) line.append(el("span", "key", marked(name2)), ": ");
  line.append(value);
  return line;
}
function glimpse(value) {
  const pieces = [];
  let length = 0;
  for (const [name2, item] of Object.entries(value).slice(0, 8)) {
    const shown2 = typeof item === "object" && item !== null ? Array.isArray(item) ? "[…]" : "{…}" : JSON.stringify(typeof item === "string" ? item.slice(0, GLIMPSE) : item);
    pieces.push(Array.isArray(value) ? shown2 : `${name2}: ${shown2}`);
    length += pieces.at(-1).length + 2;
    if (length > GLIMPSE) break;
  }
  const text3 = marked(pieces.join(", ").replace(/\s+/g, " "));
  return text3.length > GLIMPSE ? `${text3.slice(0, GLIMPSE)}…` : text3;
}

// input.ts
var FIELD_LIMIT = 40;
function changeView(tool, content) {
  const change = fileChange(tool, content, isPatch);
  if (change === null) return null;
  const box = el("div", "change");
  if (change.kind === "patch") box.append(patchView(change.patch));
  else for (const { file, before, after } of change.edits) box.append(editView(before, after, file));
  return box;
}
function structured(content) {
  const shown2 = isPatch(content) ? patchView(content) : jsonView(content, 1);
  if (shown2 === null) return null;
  const box = el("div", "output");
  box.append(shown2);
  return box;
}
function fieldList(fields2) {
  const list = el("dl", "fields");
  for (const { name: name2, value } of fields2.slice(0, FIELD_LIMIT)) {
    const written = el("dd");
    const json = jsonView(value, 1);
    if (json === null) new LineWriter(written).write(visible(value.slice(0, 1e5)));
    else written.append(json);
    list.append(el("dt", "", visible(name2)), written);
  }
  if (fields2.length > FIELD_LIMIT) list.append(el("dt", "", "…"), el("dd", "cut", plural(fields2.length - FIELD_LIMIT, "more field")));
  return list;
}

// lanes.ts
var SHOWN = 8;
var MORE = 24;
var Lane = class {
  element = el("div", "lane");
  #owner;
  #maker;
  #label = el("div", "lanelabel");
  #earlier = el("button", "earlier");
  #rows = el("div", "rows");
  #shown = [];
  #limit = SHOWN;
  constructor(owner, maker) {
    this.#owner = owner;
    this.#maker = maker;
    this.#earlier.type = "button";
    this.#earlier.addEventListener("click", () => {
      this.#limit += MORE;
      this.fill();
    });
    this.element.append(this.#label, this.#earlier, this.#rows);
    this.fill();
  }
  /** Shows the last rows of the lane. */
  fill() {
    const wanted = this.#owner.children.slice(-this.#limit);
    for (const entry of this.#shown) if (!wanted.includes(entry)) this.#maker.forget(entry);
    let before = null;
    for (const entry of wanted) {
      const { element } = this.#maker.make(entry);
      const place = before === null ? this.#rows.firstChild : before.nextSibling;
      if (place !== element) this.#rows.insertBefore(element, place);
      before = element;
    }
    this.#shown.splice(0, this.#shown.length, ...wanted);
    this.#tell();
  }
  /** Forgets every view in it. */
  clear() {
    for (const entry of this.#shown) this.#maker.forget(entry);
    this.#shown.length = 0;
  }
  #tell() {
    const hidden = this.#owner.children.length - this.#shown.length;
    this.#earlier.hidden = hidden === 0;
    setText(this.#earlier, `${plural(hidden, "earlier row")}`);
    setText(this.#label, laneLabel(this.#owner));
  }
  /** The call has ended, or has more to count. */
  relabel() {
    setText(this.#label, laneLabel(this.#owner));
  }
};
function laneLabel(owner) {
  const parts2 = ["subagent"];
  const kind = /"subagent_type"\s*:\s*"([^"\\]{1,40})"/.exec(owner.block.content.slice(0, 2e4))?.[1];
  if (textOf(kind) !== null) parts2.push(kind);
  const took = owner.result === null ? null : between(owner.block.ended_at, owner.result.created_at);
  if (took !== null && outcomeOf(owner) !== "running") parts2.push(duration(took));
  const tools = owner.children.filter((each) => each.look === "call").length;
  if (tools > 0) parts2.push(plural(tools, "tool"));
  return parts2.join(" · ");
}

// ansi.ts
var COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
var STYLES = [
  "bold",
  "dim",
  "italic",
  "underline",
  "strike",
  "inverse",
  ...["fg", "bg"].flatMap((ground) => COLOURS.flatMap((name2) => [`${ground}-${name2}`, `${ground}-bright-${name2}`]))
];
var CELLS = 1e4;
var SEQUENCE_LIMIT = 4096;
var CSI = /\u001b\[([0-?]*)[ -/]*([@-~])/y;
var STRING = /\u001b[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)/y;
var SHORT = /\u001b(?:[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/y;
var UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\n]*\u001b?|[ -/]*)$/;
var PLAIN = /[^\u001b\r\n\b]+/y;
var Line = class {
  #runs = [];
  #cells = null;
  #length = 0;
  #cursor = 0;
  /** Characters beyond the limit. */
  lost = 0;
  write(text3, style) {
    if (this.#cells === null && this.#cursor >= this.#length) this.#append(text3, style);
    else this.#overwrite(text3, style);
  }
  back() {
    this.#cursor = Math.max(0, this.#cursor - 1);
  }
  home() {
    this.#cursor = 0;
  }
  /** Clears to the end of the line (0), from its start (1) or all of it (2). */
  clear(what) {
    const cells = this.#split();
    if (what === 0) cells.length = Math.min(cells.length, this.#cursor);
    else if (what === 2) cells.length = 0;
    else for (let at2 = 0; at2 <= this.#cursor && at2 < cells.length; at2 += 1) cells[at2] = { text: " ", style: "" };
    this.#length = cells.length;
  }
  runs() {
    if (this.#cells === null) return this.#runs;
    const runs = [];
    for (const { text: text3, style } of this.#cells) {
      const last = runs.at(-1);
      if (last !== void 0 && last.style === style) last.text += text3;
      else runs.push({ text: text3, style });
    }
    return runs;
  }
  #append(text3, style) {
    const room = Math.max(0, CELLS - this.#length);
    if (text3.length > room) this.lost += text3.length - room;
    const shown2 = text3.slice(0, room);
    if (shown2 === "") return;
    const last = this.#runs.at(-1);
    if (last !== void 0 && last.style === style) last.text += shown2;
    else this.#runs.push({ text: shown2, style });
    this.#length += shown2.length;
    this.#cursor = this.#length;
  }
  #overwrite(text3, style) {
    const cells = this.#split();
    for (const character of text3) {
      if (this.#cursor >= CELLS) {
        this.lost += character.length;
        continue;
      }
      while (cells.length < this.#cursor) cells.push({ text: " ", style: "" });
      cells[this.#cursor] = { text: character, style };
      this.#cursor += 1;
    }
    this.#length = cells.length;
  }
  #split() {
    if (this.#cells === null) {
      this.#cells = this.#runs.flatMap((run) => Array.from(run.text, (text3) => ({ text: text3, style: run.style })));
      this.#cursor = Math.min(this.#cursor, this.#cells.length);
    }
    return this.#cells;
  }
};
var AnsiReader = class {
  /** The line that is still open. */
  line = new Line();
  #style = new Style();
  #held = "";
  /** Takes a piece of output. Returns the lines that it ends. Costs O(its length). */
  feed(text3) {
    return this.#read(this.#held + text3, false);
  }
  /** The output is over: what was held back as the start of a sequence is text. */
  end() {
    return this.#read(this.#held, true);
  }
  #read(text3, whole2) {
    const done = [];
    this.#held = "";
    let at2 = 0;
    while (at2 < text3.length) {
      const character = text3[at2];
      if (character === "\n") {
        done.push(this.line);
        this.line = new Line();
        at2 += 1;
      } else if (character === "\r") {
        this.line.home();
        at2 += 1;
      } else if (character === "\b") {
        this.line.back();
        at2 += 1;
      } else if (character === "\x1B") {
        const next = this.#sequence(text3, at2, whole2);
        if (next === null) {
          this.#held = text3.slice(at2);
          return done;
        }
        at2 = next;
      } else {
        PLAIN.lastIndex = at2;
        const plain = PLAIN.exec(text3)[0];
        this.line.write(marked(plain), this.#style.name);
        at2 += plain.length;
      }
    }
    return done;
  }
  /** Reads the sequence at `at`. Returns where it ends, or null when more of it must come. */
  #sequence(text3, at2, whole2) {
    for (const pattern of [CSI, STRING, SHORT]) {
      pattern.lastIndex = at2;
      const found = pattern.exec(text3);
      if (found === null) continue;
      if (pattern === CSI) this.#control(found[1], found[2]);
      return at2 + found[0].length;
    }
    const rest = text3.length - at2;
    if (!whole2 && rest < SEQUENCE_LIMIT && UNFINISHED.test(text3.slice(at2))) return null;
    this.line.write("␛", this.#style.name);
    return at2 + 1;
  }
  #control(parameters, final) {
    if (final === "m") this.#style.apply(parameters);
    if (final === "K" && /^[012]?$/.test(parameters)) this.line.clear(Number(parameters));
  }
};
var Style = class {
  /** Words for a class. */
  name = "";
  #flags = /* @__PURE__ */ new Set();
  #fg = "";
  #bg = "";
  /** Applies the parameters of one SGR sequence. Source: ECMA-48, 8.3.117; xterm for 38, 48 and 90 to 107. */
  apply(parameters) {
    if (!/^[\d;:]*$/.test(parameters)) return;
    const codes = parameters.split(/[;:]/).slice(0, 64).map((code) => code === "" ? 0 : Number(code));
    for (let at2 = 0; at2 < codes.length; at2 += 1) at2 += this.#one(codes, at2);
    this.name = [...this.#flags, this.#fg, this.#bg].filter((word) => word !== "").join(" ");
  }
  /** Applies the code at `at`. Returns how many more codes it has used. */
  #one(codes, at2) {
    const code = codes[at2];
    if (code === 38 || code === 48) return this.#extended(codes, at2);
    if (code >= 30 && code <= 37) this.#fg = `fg-${COLOURS[code - 30]}`;
    else if (code >= 90 && code <= 97) this.#fg = `fg-bright-${COLOURS[code - 90]}`;
    else if (code >= 40 && code <= 47) this.#bg = `bg-${COLOURS[code - 40]}`;
    else if (code >= 100 && code <= 107) this.#bg = `bg-bright-${COLOURS[code - 100]}`;
    else if (code === 39) this.#fg = "";
    else if (code === 49) this.#bg = "";
    else this.#flag(code);
    return 0;
  }
  #flag(code) {
    const on2 = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike" };
    const off = {
      22: ["bold", "dim"],
      23: ["italic"],
      24: ["underline"],
      27: ["inverse"],
      29: ["strike"]
    };
    if (code === 0) {
      this.#flags.clear();
      this.#fg = "";
      this.#bg = "";
    }
    const word = on2[code];
    if (word !== void 0) this.#flags.add(word);
    for (const gone of off[code] ?? []) this.#flags.delete(gone);
  }
  #extended(codes, at2) {
    const ground = codes[at2] === 38 ? "fg" : "bg";
    const [mode, a = 0, b = 0, c2 = 0] = codes.slice(at2 + 1);
    const colour = mode === 5 ? ofPalette(a) : mode === 2 ? nearest(a, b, c2) : "";
    if (colour !== "") {
      if (ground === "fg") this.#fg = `fg-${colour}`;
      else this.#bg = `bg-${colour}`;
    }
    return mode === 5 ? 2 : mode === 2 ? 4 : 0;
  }
};
function ofPalette(index) {
  if (index < 8) return COLOURS[index];
  if (index < 16) return `bright-${COLOURS[index - 8]}`;
  if (index > 255) return "";
  if (index >= 232) return nearest(...Array(3).fill(8 + (index - 232) * 10));
  const level = (step) => step === 0 ? 0 : 55 + step * 40;
  const cube = index - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}
function nearest(red, green, blue) {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 64 ? "black" : most < 150 ? "bright-black" : most < 220 ? "white" : "bright-white";
  const middle = (most + least) / 2;
  const index = (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0);
  return `${most > 200 ? "bright-" : ""}${COLOURS[index]}`;
}

// output.ts
var PREVIEW_LINES = 8;
var PREVIEW_CHARACTERS = 1200;
var WHOLE_LINES = 12;
var WHOLE_CHARACTERS = 2e3;
var NODE_SIZE3 = 4096;
var TerminalText = class {
  element;
  #pacer = new Pacer(() => this.#draw());
  #reader = new AnsiReader();
  #length = 0;
  #nodes = 0;
  #hasLine = false;
  #lines = [];
  /** The line that may still change. */
  #open = [];
  #cutMark = null;
  constructor(className) {
    this.element = el("pre", className);
    this.element.classList.add("terminal");
    this.element.tabIndex = 0;
  }
  append(text3) {
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text3.length;
    if (room > 0) this.#take(this.#reader.feed(text3.slice(0, room)));
    this.#pacer.request();
  }
  flush() {
    this.#take(this.#reader.end());
    this.#pacer.flush();
  }
  replace(text3) {
    this.element.replaceChildren();
    this.#reader = new AnsiReader();
    this.#length = 0;
    this.#nodes = 0;
    this.#hasLine = false;
    this.#lines = [];
    this.#open = [];
    this.#cutMark = null;
    this.append(text3);
  }
  #take(lines3) {
    for (const line of lines3) this.#lines.push(line);
  }
  #draw() {
    for (const node of this.#open) node.remove();
    this.#nodes -= this.#open.length;
    this.#cutMark?.remove();
    for (const line of this.#lines) this.#drawLine(line);
    this.#lines = [];
    const last = this.element.lastChild;
    this.#drawOpen(last);
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }
  #drawOpen(last) {
    this.#open = [];
    if (this.#reader.line.runs().length === 0) return;
    const hadLine = this.#hasLine;
    this.element.append(document.createTextNode(hadLine ? "\n" : ""));
    this.#nodes += 1;
    this.#hasLine = false;
    this.#drawLine(this.#reader.line);
    this.#hasLine = hadLine;
    const first = last === null ? this.element.firstChild : last.nextSibling;
    for (let node = first; node !== null; node = node.nextSibling) this.#open.push(node);
  }
  #drawLine(line) {
    if (this.#hasLine) this.#text("\n");
    this.#hasLine = true;
    for (const { text: text3, style } of line.runs()) {
      if (style === "" || this.#nodes >= NODE_LIMIT) this.#text(text3);
      else this.#span(style, text3);
    }
    if (line.lost > 0) this.#span("cut", ` … ${count(line.lost)} more characters on this line beyond ${count(CELLS)}, in the store`);
  }
  #span(className, text3) {
    this.#nodes += 1;
    this.element.append(el("span", className, text3));
  }
  #text(text3) {
    const last = this.element.lastChild;
    if (last instanceof Text && last.length < NODE_SIZE3) {
      last.appendData(text3);
      return;
    }
    this.#nodes += 1;
    this.element.append(document.createTextNode(text3));
  }
  #markCut() {
    this.#cutMark ??= el("span", "cut");
    this.#cutMark.textContent = `
… ${count(this.#length - BLOCK_LIMIT)} more characters are not shown here; the store has them all`;
    this.element.append(this.#cutMark);
  }
};
var OutputPane = class {
  element;
  #text = new TerminalText("");
  #more = el("button", "more");
  #content = "";
  #lines = 1;
  #open = false;
  constructor(className = "output") {
    this.element = el("div", className);
    this.#more.type = "button";
    this.#more.hidden = true;
    this.#more.addEventListener("click", () => {
      this.#open = !this.#open;
      this.#redraw();
    });
    this.element.append(this.#text.element, this.#more);
    this.element.hidden = true;
  }
  replace(content) {
    this.#content = "";
    this.#lines = 1;
    this.#text.replace("");
    this.append(content);
  }
  append(text3) {
    const wasCut = this.#cut();
    this.#content += text3;
    for (let at2 = text3.indexOf("\n"); at2 >= 0; at2 = text3.indexOf("\n", at2 + 1)) this.#lines += 1;
    this.element.hidden = this.#content.trim() === "";
    if (this.#open || !this.#cut()) {
      this.#text.append(text3);
    } else if (!wasCut) {
      this.#redraw();
    }
    this.#label();
  }
  flush() {
    this.#text.flush();
  }
  #cut() {
    return this.#lines > WHOLE_LINES || this.#content.length > WHOLE_CHARACTERS;
  }
  #redraw() {
    const all = this.#open || !this.#cut();
    this.#text.replace(all ? this.#content : firstLines(this.#content));
    this.#text.element.classList.toggle("faded", !all);
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
  return content.slice(0, Math.min(end > 0 ? end : content.length, PREVIEW_CHARACTERS)).trimEnd();
}

// toolcard.ts
var MARKS = { running: "", ok: "✓", bad: "✗", open: "–" };
var WORDS2 = { running: "running", ok: "done", bad: "failed", open: "no result" };
var COUNT_AFTER = 2e3;
var ToolCard = class {
  element = el("div", "row tool");
  #entry;
  #maker;
  #column = el("div", "stack");
  #card = el("details", "card");
  #mark = icon("outcome", "");
  #word = el("span", "unseen");
  #name = el("span", "name");
  #headline = el("span", "headline");
  #time = el("span", "time");
  #input = el("div", "input");
  #output = new OutputPane();
  /** The edit that the call makes, and an output that is more than text. */
  #change = null;
  #structured = null;
  #lane = null;
  /** Under the lane: what the subagent answered came after what it did. */
  #answer = el("div", "card answer");
  /** A reader closed all cards: a result does not open this one. */
  #shut = false;
  constructor(entry, maker) {
    this.#entry = entry;
    this.#maker = maker;
    const head = el("summary", "head");
    head.append(this.#mark, this.#word, this.#name, this.#headline, this.#time);
    this.#card.append(head, this.#input, this.#output.element);
    this.#column.append(this.#card);
    this.element.append(icon("mark", ""), this.#column);
    this.#showCall();
    const result = entry.look === "result" ? entry.block : entry.result;
    if (result !== null) this.#showOutput(result.content);
    this.#showOutcome();
    this.#card.open = result !== null;
    if (entry.children.length > 0) this.children();
  }
  update(change) {
    if (this.#entry.look === "result") this.result(change);
    else this.#showCall();
  }
  /** The input is whole: reads it once. */
  settle() {
    if (this.#entry.look === "result") return;
    const input = toolInput(this.#entry.block.content);
    setText(this.#headline, visible(input.headline));
    this.#input.replaceChildren(...input.fields.length > 0 ? [fieldList(input.fields)] : []);
    this.#change?.remove();
    this.#change = changeView(textOf(this.#entry.block.metadata[TOOL_NAME]) ?? "", this.#entry.block.content);
    if (this.#change !== null) {
      this.#input.after(this.#change);
      if (!this.#shut) this.#card.open = true;
    }
    this.#showOutcome();
  }
  fold(open) {
    this.#shut = !open;
    this.#card.open = open;
    if (this.#lane !== null) this.#lane.element.hidden = !open;
    this.#answer.hidden = !open;
  }
  /** Counts the time of a call that takes long. */
  tick(now) {
    if (outcomeOf(this.#entry) !== "running") return;
    const took = now - Date.parse(this.#entry.block.ended_at);
    if (took >= COUNT_AFTER) setText(this.#time, duration(took));
  }
  /** Repeats a change of the result. */
  result(change) {
    if (change.kind === "append" && this.#structured === null) this.#output.append(change.text);
    else if (change.kind !== "settle") this.#showOutput(change.kind === "drop" ? "" : change.block.content);
    if (change.kind === "open" && !this.#shut) this.#card.open = true;
    if (change.kind === "drop") setText(this.#time, "");
    this.#showOutcome();
  }
  /** Its subagent has said something more. */
  children() {
    if (this.#lane === null) {
      this.#lane = new Lane(this.#entry, this.#maker);
      this.#answer.append(this.#output.element);
      if (this.#structured !== null) this.#answer.append(this.#structured);
      this.#answer.hidden = this.#shut;
      this.#column.append(this.#lane.element, this.#answer);
    } else {
      this.#lane.fill();
    }
  }
  /** Leaves the page: the views in its lane go too. */
  clear() {
    this.#lane?.clear();
  }
  #showCall() {
    const { block } = this.#entry;
    const unnamed = this.#entry.look === "result" ? "tool result" : "tool";
    setText(this.#name, visible(textOf(block.metadata[TOOL_NAME]) ?? unnamed));
    if (this.#entry.growing && block.content.length < 800) setText(this.#headline, visible(partialHeadline(block.content)));
  }
  #showOutput(content) {
    this.#structured?.remove();
    this.#structured = structured(content);
    this.#output.replace(this.#structured === null ? content : "");
    this.#output.flush();
    if (this.#structured !== null) this.#output.element.after(this.#structured);
  }
  #showOutcome() {
    const outcome = outcomeOf(this.#entry);
    this.#card.dataset["outcome"] = outcome;
    this.#answer.dataset["outcome"] = outcome;
    this.#card.classList.toggle("told", this.#change !== null && outcome === "ok");
    setText(this.#mark, MARKS[outcome]);
    setText(this.#word, WORDS2[outcome]);
    const { block, result, look } = this.#entry;
    const answer = look === "result" ? block : result;
    if (answer !== null) {
      const took = numberOf(answer.metadata[DURATION_MS]) ?? between(look === "result" ? null : block.ended_at, answer.created_at);
      setText(this.#time, took === null ? "" : duration(took));
    }
    this.#lane?.relabel();
  }
};

// transcript.ts
var Transcript = class {
  list;
  outline = new Outline();
  /** Told of each thing that is whole, once. */
  onSettled = null;
  #askRaw;
  #views = /* @__PURE__ */ new Map();
  #errors = /* @__PURE__ */ new Set();
  #shown = new Set(KINDS);
  #rows;
  /** Rows from this index on are not in the list yet, or not as they are now. */
  #changed = 0;
  #dirty = false;
  #fold = null;
  constructor(scroller, askRaw) {
    this.#askRaw = askRaw;
    this.#rows = this.outline.rows;
    this.list = new WindowedList(scroller, this);
    for (const event of ["click", "toggle"]) this.list.element.addEventListener(event, this.#remember, true);
  }
  get rows() {
    return this.#rows;
  }
  close() {
    this.list.close();
  }
  apply(change) {
    for (const touched of this.outline.apply(change)) this.#show(touched);
  }
  /** After changes, and after a scroll: puts on the page what is near the viewport. */
  update(bottom) {
    if (this.#dirty) {
      this.#rows = this.#shown.size === KINDS.length ? this.outline.rows : this.outline.rows.filter((row3) => passes(row3, this.#shown));
      this.list.setRows(this.#rows, this.#rows === this.outline.rows ? this.#changed : 0);
      this.#dirty = false;
      this.#changed = this.#rows.length;
    }
    this.list.update(bottom);
  }
  /** Whether an error on the page says that already. */
  tells(detail) {
    return detail !== null && this.#errors.has(detail.trim());
  }
  /** Counts on: called once a second. */
  tick(now) {
    for (const entry of this.outline.running) {
      const view2 = this.#views.get(entry);
      if (view2 instanceof ToolCard) view2.tick(now);
    }
  }
  end() {
    for (const touched of this.outline.end()) this.#show(touched);
  }
  filter(shown2) {
    this.#shown = shown2;
    this.#stale(0);
  }
  /** Opens or closes everything that folds, here and in what comes. */
  foldAll(open) {
    this.#fold = open;
    for (const view2 of this.#views.values()) view2.fold(open);
  }
  /** Opens everything of one entry, and of those that hold it. */
  open(entry) {
    for (let each = entry; each !== null; each = each.parent) {
      const view2 = this.#views.get(each);
      view2?.fold(true);
      for (const more of view2?.element.querySelectorAll('.more[aria-expanded="false"]') ?? []) more.click();
    }
  }
  mount(row3, slot) {
    slot.classList.toggle("lanes", row3.entries.length > 1);
    slot.append(...row3.entries.map((entry) => this.make(entry).element));
  }
  unmount(row3) {
    if (row3.touched) return;
    for (const entry of row3.entries) this.forget(entry);
  }
  make(entry) {
    let view2 = this.#views.get(entry);
    if (view2 === void 0) {
      view2 = this.#viewOf(entry);
      view2.element.append(actionsOf(entry, view2.element, this.#askRaw));
      if (!entry.growing) view2.settle();
      if (this.#fold !== null) view2.fold(this.#fold);
      this.#views.set(entry, view2);
    }
    return view2;
  }
  forget(entry) {
    const view2 = this.#views.get(entry);
    if (view2 instanceof ToolCard) view2.clear();
    view2?.element.remove();
    this.#views.delete(entry);
  }
  #show(touched) {
    const { entry } = touched;
    const view2 = this.#views.get(entry);
    switch (touched.kind) {
      case "added":
        this.#added(entry);
        break;
      case "changed":
        view2?.update(touched.change);
        break;
      case "result":
        if (view2 instanceof ToolCard) view2.result(touched.change);
        if (touched.change.kind === "open") this.onSettled?.(entry);
        break;
      case "settled":
        view2?.settle();
        this.onSettled?.(entry);
        break;
      case "looks":
        this.#rebuild(entry);
        break;
      case "removed":
        this.#removed(entry);
        break;
    }
  }
  #added(entry) {
    if (entry.look === "error") this.#errors.add(entry.block.content.trim());
    if (entry.parent === null) {
      const slot = entry.row === null ? void 0 : this.list.slots.get(entry.row);
      if (slot !== void 0 && entry.row !== null) this.mount(entry.row, slot);
      else this.#stale(this.outline.rows.length - 1);
    } else {
      const parent = this.#views.get(entry.parent);
      if (parent instanceof ToolCard) parent.children();
    }
    if (!entry.growing) this.onSettled?.(entry);
  }
  #rebuild(entry) {
    const before = this.#views.get(entry);
    if (before === void 0) return;
    this.#views.delete(entry);
    before.element.replaceWith(this.make(entry).element);
  }
  #removed(entry) {
    this.forget(entry);
    if (entry.parent === null) this.#stale(0);
    const parent = entry.parent === null ? void 0 : this.#views.get(entry.parent);
    if (parent instanceof ToolCard) parent.children();
  }
  #stale(from) {
    this.#dirty = true;
    this.#changed = Math.min(this.#changed, from);
  }
  #viewOf(entry) {
    switch (entry.look) {
      case "user":
      case "text":
        return new TextView(entry.block);
      case "thought":
        return new ThoughtView(entry.block);
      case "note":
        return new NoteView(entry.block);
      case "error":
        return new ErrorView(entry.block);
      case "summary":
        return new SummaryView(entry.block);
      case "call":
      case "result":
        return new ToolCard(entry, this);
    }
  }
  #remember = (event) => {
    const slot = event.target.closest(".slot");
    for (const [row3, each] of this.list.slots) if (each === slot) row3.touched = true;
  };
};

// cards.css
var cards_default = `/* A tool call's card and the end of a run. A single ' here makes esbuild keep the line ends. */

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

summary.head::after {
  content: "";
  flex: none;
  align-self: center;
  width: 5px;
  height: 5px;
  margin: -3px 1px 0 0;
  border: solid var(--quiet);
  border-width: 0 1.5px 1.5px 0;
  rotate: -45deg;
  opacity: 0.75;
  transition: rotate 120ms;
}

details[open] > summary.head::after {
  rotate: 45deg;
}

.input {
  display: none;
}

.card.withinput > .input {
  display: block;
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

.answer {
  margin-top: 8px;
}

.answer > .output {
  border-top: 0;
}

.answer:not(:has(> .output:not([hidden]))) {
  display: none;
}

.change {
  border-top: 1px solid var(--hair);
}

.told > .output {
  display: none;
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

.summary .ending dd {
  color: var(--good);
  font-weight: 600;
}

.summary.bad .ending dd,
.summary .reason {
  color: var(--bad);
}

.summary .reason {
  padding: 7px 12px 0;
  white-space: pre-wrap;
}

/* Where the tokens went. */
.tokenbar {
  display: flex;
  gap: 1px;
  height: 4px;
  margin: 1px 12px 10px;
  border-radius: 2px;
  overflow: clip;
}

.tokenbar span {
  min-width: 3px;
  flex-basis: 0;
  background: color-mix(in srgb, var(--ink) 18%, var(--ground));
}

.tokenbar .written {
  background: color-mix(in srgb, var(--ink) 34%, var(--ground));
}

.tokenbar .fresh {
  background: color-mix(in srgb, var(--live) 55%, var(--ground));
}

.tokenbar .output {
  border: 0;
  background: var(--live);
}

.output > .json {
  padding: 6px 11px;
}
`;

// markdown.css
var markdown_default = `/* What agents write: prose, code, tool output, edits, JSON. A single ' here makes esbuild keep the line ends. */

:host {
  --code-word: #8250a8;
  --code-string: #1a6e3c;
  --code-number: #a04a00;
  --code-call: #1a5fb4;
  --code-type: #8a5a00;
  --plus: #1f7a3d;
  --minus: #b3261e;
  --link: #1559b3;
}

:host([data-theme="dark"]) {
  --code-word: #cfa8f0;
  --code-string: #93d1a4;
  --code-number: #f0b37c;
  --code-call: #8fc1f5;
  --code-type: #e6c57e;
  --plus: #7fcb93;
  --minus: #f2a09a;
  --link: #86bdf8;
}

/* ── prose ─────────────────────────────────────────────────────────────── */

.prose {
  line-height: 1.6;
  unicode-bidi: isolate;
}

.prose :is(p, ul, ol, blockquote, div) {
  margin: 0 0 9px;
}

/* A line end that the agent wrote is a line end that the reader sees. */
.prose :is(p, li, th, td, h1, h2, h3, h4, h5, h6) {
  white-space: pre-wrap;
  unicode-bidi: isolate;
}

.prose :is(p, ul, ol, blockquote) {
  max-width: 86ch;
}

.prose :is(h1, h2, h3, h4, h5, h6) {
  margin: 18px 0 7px;
  color: var(--strong);
  font-weight: 650;
  line-height: 1.3;
  letter-spacing: -0.005em;
}

.prose > :is(h1, h2, h3, h4, h5, h6):first-child {
  margin-top: 0;
}

.prose h1 { font-size: 1.46em; }
.prose h2 { font-size: 1.26em; }
.prose h3 { font-size: 1.12em; }
.prose :is(h4, h5, h6) { font-size: 1em; }
.prose :is(h5, h6) { color: var(--quiet); }

.prose :is(ul, ol) {
  padding-inline-start: 22px;
}

.prose li {
  margin: 0 0 3px;
  padding-inline-start: 2px;
}

.prose li::marker {
  color: var(--quiet);
  font-variant-numeric: tabular-nums;
}

.prose li > :is(ul, ol) {
  margin: 3px 0 0;
}

.prose li > p {
  margin-bottom: 6px;
}

.prose li:has(> .task, > p:first-child > .task) {
  list-style: none;
}

.prose .task {
  display: inline-block;
  width: 18px;
  margin-inline-start: -20px;
  color: var(--quiet);
}

.prose .task.done {
  color: var(--good);
}

.prose blockquote {
  margin-inline: 0;
  padding: 1px 0 1px 13px;
  border-inline-start: 3px solid var(--line);
  color: var(--quiet);
}

.prose hr {
  height: 1px;
  margin: 16px 0;
  border: 0;
  background: var(--line);
}

.prose strong {
  color: var(--strong);
  font-weight: 650;
}

.prose :not(pre) > code {
  padding: 1px 4px;
  border-radius: 4px;
  background: var(--sunken);
  color: var(--strong);
  font: 0.92em/1.4 var(--code-font);
  unicode-bidi: isolate;
}

.prose a {
  color: var(--link);
  text-decoration: underline;
  text-decoration-color: color-mix(in srgb, var(--link) 40%, transparent);
  text-underline-offset: 2px;
  unicode-bidi: isolate;
}

.prose a:hover {
  text-decoration-color: currentcolor;
}

.prose .target {
  color: var(--quiet);
  font-size: 0.92em;
}

.prose .image .alt {
  padding: 1px 6px;
  border: 1px dashed var(--line);
  border-radius: 4px;
  color: var(--quiet);
}

.prose .plain {
  max-width: none;
}

.cut {
  color: var(--wait);
  font: italic 12px/1.5 var(--text-font);
}

.prose > :last-child,
.prose :is(li, blockquote) > :last-child {
  margin-bottom: 0;
}

/* ── tables ────────────────────────────────────────────────────────────── */

.prose .wide {
  overflow-x: auto;
  max-width: 100%;
  width: fit-content;
  border: 1px solid var(--line);
  border-radius: 6px;
  scrollbar-width: thin;
}

.prose table {
  border-collapse: collapse;
  color: inherit;
  font: inherit;
  font-variant-numeric: tabular-nums;
}

.prose :is(th, td) {
  padding: 5px 12px;
  text-align: start;
  vertical-align: top;
  overflow-wrap: break-word;
  max-width: 60ch;
  border-top: 1px solid var(--hair);
}

.prose th {
  border-top: 0;
  color: var(--strong);
  background: var(--sunken);
  font-weight: 600;
}

.prose :is(th, td).center { text-align: center; }
.prose :is(th, td).right { text-align: end; }

/* ── code ──────────────────────────────────────────────────────────────── */

.code {
  position: relative;
  border-radius: 6px;
  background: var(--sunken);
}

.code pre {
  margin: 0;
  padding: 10px 13px;
  font: 12px/1.55 var(--code-font);
  white-space: pre;
  overflow-x: auto;
  tab-size: 4;
  scrollbar-width: thin;
}

.code code {
  font: inherit;
  unicode-bidi: isolate;
}

.code .bar {
  position: absolute;
  top: 4px;
  right: 6px;
  z-index: 1;
  display: flex;
  flex-direction: row-reverse;
  align-items: center;
  margin: 0;
  gap: 4px;
  padding-left: 10px;
  border-radius: 5px;
  background: var(--sunken);
  color: var(--quiet);
  font: 11px/1.5 var(--code-font);
  user-select: none;
}

.code .copy {
  padding: 1px 7px;
  border-radius: 4px;
  opacity: 0;
  transition: opacity 120ms;
}

.code:hover .copy,
.code:focus-within .copy {
  opacity: 1;
}

.code .copy:hover {
  color: var(--strong);
  background: var(--line);
}

@media (hover: none) {
  .code .copy {
    opacity: 1;
  }
}

@media (prefers-reduced-motion: reduce) {
  .code .copy {
    transition: none;
  }
}

:is(.code, .diff) .comment { color: var(--quiet); font-style: italic; }
:is(.code, .diff, .json) .string { color: var(--code-string); }
:is(.code, .diff, .json) .number { color: var(--code-number); }
:is(.code, .diff, .json) .word { color: var(--code-word); }
:is(.code, .diff) .call { color: var(--code-call); }
:is(.code, .diff) :is(.type, .mark) { color: var(--code-type); }
:is(.code, .diff, .json) .key { color: var(--code-call); }
.code .plus { color: var(--plus); }
.code .minus { color: var(--minus); }
.code .hunk { color: var(--quiet); }

/* ── tool output ───────────────────────────────────────────────────────── */

.terminal {
  unicode-bidi: isolate;
}

.terminal .bold { font-weight: 700; }
.terminal .dim { color: var(--quiet); }
.terminal .italic { font-style: italic; }
.terminal .underline { text-decoration: underline; }
.terminal .strike { text-decoration: line-through; }

.terminal {
  --t-black: var(--ink); --t-red: #b3261e; --t-green: #1f7a3d; --t-yellow: #8a5a00;
  --t-blue: #1559b3; --t-magenta: #8a3d8f; --t-cyan: #0b6b75; --t-white: var(--quiet);
  --t-on: #ffffff;
}

:host([data-theme="dark"]) .terminal {
  --t-black: var(--quiet); --t-red: #f2a09a; --t-green: #7fcb93; --t-yellow: #e6bd6a;
  --t-blue: #86bdf8; --t-magenta: #dfa5e6; --t-cyan: #78cfd8; --t-white: var(--ink);
  --t-on: #17171a;
}

.terminal :is(.fg-black, .fg-bright-black) { color: var(--quiet); }
.terminal :is(.fg-red, .fg-bright-red) { color: var(--t-red); }
.terminal :is(.fg-green, .fg-bright-green) { color: var(--t-green); }
.terminal :is(.fg-yellow, .fg-bright-yellow) { color: var(--t-yellow); }
.terminal :is(.fg-blue, .fg-bright-blue) { color: var(--t-blue); }
.terminal :is(.fg-magenta, .fg-bright-magenta) { color: var(--t-magenta); }
.terminal :is(.fg-cyan, .fg-bright-cyan) { color: var(--t-cyan); }
.terminal :is(.fg-white, .fg-bright-white) { color: var(--ink); }

/* On a coloured ground the ink is always the one that can be read there, whatever colour was asked for. */
.terminal [class*="bg-"] { color: var(--t-on); border-radius: 2px; }
.terminal :is(.bg-black, .bg-bright-black, .bg-white, .bg-bright-white) { background: var(--quiet); }
.terminal :is(.bg-red, .bg-bright-red) { background: var(--t-red); }
.terminal :is(.bg-green, .bg-bright-green) { background: var(--t-green); }
.terminal :is(.bg-yellow, .bg-bright-yellow) { background: var(--t-yellow); }
.terminal :is(.bg-blue, .bg-bright-blue) { background: var(--t-blue); }
.terminal :is(.bg-magenta, .bg-bright-magenta) { background: var(--t-magenta); }
.terminal :is(.bg-cyan, .bg-bright-cyan) { background: var(--t-cyan); }
.terminal .inverse { color: var(--ground); background: var(--ink); border-radius: 2px; }

/* ── edits ─────────────────────────────────────────────────────────────── */

.diff {
  margin: 0;
  padding: 6px 0;
  font: 12px/1.55 var(--code-font);
  white-space: pre;
  overflow-x: auto;
  tab-size: 4;
  unicode-bidi: isolate;
}

.diff .line {
  display: inline-block;
  min-width: 100%;
  padding-right: 12px;
  unicode-bidi: isolate;
}

.diff .sign {
  display: inline-block;
  width: 24px;
  text-align: center;
  user-select: none;
}

.diff .line.plus { background: color-mix(in srgb, var(--plus) 11%, transparent); }
.diff .line.minus { background: color-mix(in srgb, var(--minus) 10%, transparent); }
.diff .plus .sign { color: var(--plus); }
.diff .minus .sign { color: var(--minus); }
.diff .line.hunk { color: var(--quiet); }

/* ── JSON ──────────────────────────────────────────────────────────────── */

.json {
  font: 12px/1.6 var(--code-font);
  overflow-wrap: anywhere;
  unicode-bidi: isolate;
}

.json .parts {
  margin-left: 4px;
  padding-left: 13px;
  border-left: 1px solid var(--hair);
}

.json .part {
  padding-left: 13px;
  white-space: pre-wrap;
}

.json summary {
  cursor: pointer;
  list-style: none;
  white-space: nowrap;
  overflow: clip;
  text-overflow: ellipsis;
  border-radius: 4px;
}

.json summary::before {
  content: "▸";
  display: inline-block;
  width: 13px;
  color: var(--quiet);
}

.json details[open] > summary::before { content: "▾"; }
.json details[open] > summary > .glimpse { display: none; }
.json :is(.quiet, .glimpse) { color: var(--quiet); }
.json .more { padding-left: 13px; color: var(--link); }
`;

// rows.css
var rows_default = '/* Slots of the list, lanes of subagents, what can be done with a row, the search, narrow cells. No single quotes here. */\n\n.slot {\n  contain: layout style;\n}\n\n/* ── subagents ─────────────────────────────────────────────────────────── */\n\n.lane {\n  margin: 8px 0 0 2px;\n  border-left: 2px solid color-mix(in srgb, var(--live) 45%, var(--ground));\n}\n\n.lane > .rows > .row:last-child {\n  padding-bottom: 2px;\n}\n\n.lanelabel {\n  margin: 0 0 6px 22px;\n  font-size: 12px;\n  color: var(--quiet);\n}\n\n.earlier {\n  margin: 0 0 6px 22px;\n  font-size: 12px;\n  color: var(--quiet);\n}\n\n.earlier:hover {\n  color: var(--live);\n}\n\n/* Parallel subagents stand beside each other where there is room. */\n.slot.lanes {\n  display: grid;\n  grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));\n  column-gap: 10px;\n  align-items: start;\n}\n\n@container (min-width: 660px) {\n  .lanes > .row:not(:first-child) {\n    column-gap: 0;\n    grid-template-columns: 0 minmax(0, 1fr);\n  }\n}\n\n/* ── what can be done with a row ───────────────────────────────────────── */\n\n.actions {\n  position: absolute;\n  top: -9px;\n  right: 4px;\n  z-index: 2;\n  display: flex;\n  overflow: clip;\n  border: 1px solid var(--line);\n  border-radius: 5px;\n  background: var(--ground);\n  opacity: 0;\n  transition: opacity 100ms;\n}\n\n.row:hover > .actions,\n.actions:focus-within,\n.rawmode .actions {\n  opacity: 1;\n}\n\n.row:hover:has(.row:hover) > .actions:not(:focus-within) {\n  opacity: 0;\n}\n\n.actions button {\n  padding: 0 7px;\n  color: var(--quiet);\n  font-size: 11px;\n  line-height: 18px;\n}\n\n.actions button::after {\n  content: attr(data-label);\n}\n\n.actions button + button {\n  border-left: 1px solid var(--hair);\n}\n\n.actions button:hover,\n.actions button[aria-expanded="true"] {\n  color: var(--strong);\n  background: var(--sunken);\n}\n\n.actions button:focus-visible {\n  outline-offset: -2px;\n}\n\n@media (hover: none) {\n  .actions {\n    opacity: 1;\n  }\n}\n\n/* ── search ────────────────────────────────────────────────────────────── */\n\n.searchbar,\n.kinds {\n  display: flex;\n  flex-wrap: wrap;\n  align-items: center;\n  gap: 4px 8px;\n  padding: 5px 14px;\n  font-size: 12px;\n  color: var(--quiet);\n  border-bottom: 1px solid var(--hair);\n}\n\n.searchfield {\n  flex: 1 1 140px;\n  min-width: 0;\n  max-width: 340px;\n  padding: 2px 8px;\n  font: inherit;\n  color: var(--ink);\n  border: 1px solid var(--line);\n  border-radius: 5px;\n  background: var(--ground);\n}\n\n.searchfield::placeholder {\n  color: var(--quiet);\n  opacity: 1;\n}\n\n.hits {\n  min-width: 72px;\n  font-variant-numeric: tabular-nums;\n}\n\n.step {\n  min-width: 22px;\n  border-radius: 4px;\n}\n\n.step:hover {\n  color: var(--strong);\n  background: var(--sunken);\n}\n\n::highlight(nbstream-found) {\n  color: var(--strong);\n  background: color-mix(in srgb, var(--find) 38%, var(--ground));\n}\n\n::highlight(nbstream-current) {\n  color: #17130a;\n  background: #f2b93b;\n}\n\n.kinds label {\n  display: inline-flex;\n  align-items: center;\n  gap: 5px;\n  margin-right: 8px;\n  color: var(--ink);\n}\n\n.kinds input {\n  margin: 0;\n  accent-color: var(--live);\n}\n\n/* ── raw ───────────────────────────────────────────────────────────────── */\n\n.rawanswer {\n  grid-column: 2;\n  max-height: 260px;\n  margin-top: 6px;\n  padding: 6px 10px;\n  border-radius: 6px;\n  background: var(--sunken);\n  white-space: pre-wrap;\n}\n\n/* ── narrow cells, calm, print ─────────────────────────────────────────── */\n\n@container (max-width: 460px) {\n  header,\n  footer {\n    padding-inline: 10px;\n  }\n\n  .model,\n  .speed,\n  .foldbutton,\n  .kindsbutton {\n    display: none;\n  }\n\n  footer {\n    padding-block: 4px;\n  }\n\n  .truth {\n    white-space: normal;\n  }\n\n  .column {\n    padding: 10px 10px 2px 4px;\n  }\n\n  .summary dl {\n    gap: 4px 18px;\n  }\n\n  .row {\n    column-gap: 3px;\n  }\n\n  .fields {\n    grid-template-columns: minmax(0, 1fr);\n    gap: 0;\n  }\n\n  .fields dd {\n    margin-bottom: 6px;\n  }\n}\n\n@container (max-width: 640px) {\n  .speed {\n    display: none;\n  }\n}\n\n@media (prefers-reduced-motion: reduce) {\n  *,\n  *::before,\n  *::after {\n    animation: none !important;\n    transition: none !important;\n  }\n}\n\n@media print {\n  .scroller {\n    max-height: none;\n  }\n}\n';

// shell.ts
var Shell = class {
  host = el("div", "nbstream-root");
  frame = el("section", "frame");
  notice = el("div", "notice");
  prompt = el("div", "rows prompt");
  pulse = el("div", "pulse");
  announcer = new Announcer();
  header;
  footer;
  follower;
  search;
  transcript;
  constructor(actions, compact) {
    const { frame: frame2 } = this;
    const scroller = el("div", "scroller");
    const jump = el("button", "jump", "↓ latest");
    this.transcript = new Transcript(scroller, (number, answer) => actions.askRaw(number, answer));
    this.search = new SearchBar(this.host, this.transcript, scroller);
    const toolbar = new Toolbar({
      search: () => this.search.open ? this.search.close() : this.search.show(),
      filter: (shown2) => {
        this.transcript.filter(shown2);
        actions.repaint();
      },
      fold: (open) => {
        this.transcript.foldAll(open);
        actions.repaint();
      }
    });
    this.header = new Header(() => actions.stop(), toolbar.element);
    this.footer = new Footer((on2) => frame2.classList.toggle("rawmode", on2));
    this.follower = new BottomFollower(scroller, jump);
    this.#wire(actions);
    label(frame2, scroller, jump, this.notice);
    frame2.classList.toggle("compact", compact);
    const column = el("div", "column");
    column.append(this.prompt, this.transcript.list.element, this.pulse);
    scroller.append(column);
    frame2.append(this.header.element, toolbar.panel, this.search.element, scroller, jump, this.notice, this.footer.element, this.announcer.element);
    const style = el("style", "", frame_default + blocks_default + markdown_default + rows_default + cards_default);
    this.host.attachShadow({ mode: "open" }).append(style, frame2);
    window.addEventListener("keydown", this.#shortcut, true);
  }
  close() {
    window.removeEventListener("keydown", this.#shortcut, true);
    this.search.dispose();
    this.announcer.close();
    this.transcript.close();
    this.host.remove();
  }
  #wire(actions) {
    const { follower, transcript } = this;
    transcript.list.onResize = (filled) => {
      follower.keep();
      actions.laidOut();
      if (!filled) actions.repaint();
    };
    follower.onScroll = () => {
      transcript.list.following = follower.following;
      transcript.update(follower.following);
      this.search.refresh();
    };
    this.search.onLeave = () => {
      follower.leave();
      transcript.list.following = false;
    };
  }
  /** On the window, before the notebook's own search hears of it; only while the focus is in this view. */
  #shortcut = (event) => {
    const wanted = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
    if (!wanted || document.activeElement !== hostInDocument(this.host)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.search.show();
  };
};
function hostInDocument(host) {
  if (host.shadowRoot?.activeElement === null) return null;
  let outer = host;
  for (let root = outer.getRootNode(); root instanceof ShadowRoot; root = outer.getRootNode()) outer = root.host;
  return outer;
}
function label(frame2, scroller, jump, notice) {
  frame2.setAttribute("aria-label", "agent output");
  scroller.setAttribute("role", "log");
  scroller.setAttribute("aria-live", "off");
  scroller.setAttribute("aria-label", "transcript");
  scroller.tabIndex = 0;
  jump.type = "button";
  jump.hidden = true;
  notice.setAttribute("role", "status");
}

// view.ts
var PROBE_AFTER = 10;
var FRAME_PACE = 200;
var CHECK = 250;
var LAG = 500;
function mountView(parent, agentId, transport, options = {}) {
  const view2 = new AgentView(parent, agentId, transport, options);
  return () => view2.close();
}
var AgentView = class {
  #agentId;
  #transport;
  #options;
  #log = new MessageLog();
  #fold = new Fold();
  #tally = new Tally();
  #refill = new Refill();
  #shell;
  #frame = new FrameClock(() => this.#paint());
  #endTheme;
  #ticker;
  #rawAnswers = /* @__PURE__ */ new Map();
  #checker = 0;
  #settling = 0;
  #framed = 0;
  #painted = 0;
  #firstUser = true;
  #ended = false;
  #record = null;
  #live = null;
  #error = null;
  #gone = null;
  #duplicates = 0;
  #malformed = 0;
  #heard = performance.now();
  #probed = performance.now();
  constructor(parent, agentId, transport, options) {
    this.#agentId = agentId;
    this.#transport = transport;
    this.#options = options;
    this.#shell = new Shell(
      {
        stop: () => transport.stop(),
        askRaw: (number, answer) => this.#askRaw(number, answer),
        repaint: () => this.#frame.hurry(),
        laidOut: () => this.#frame.laidOut()
      },
      options.compact === true
    );
    this.#shell.transcript.onSettled = (entry) => {
      if ((entry.result ?? entry.block).sequence_number > this.#opened) this.#shell.announcer.entry(entry);
    };
    this.#endTheme = followTheme(this.#shell.host);
    parent.append(this.#shell.host);
    this.#ticker = window.setInterval(() => this.#tick(), 1e3);
    transport.open(agentId, this);
    transport.subscribe(0);
    this.#updateFrame();
    this.#watch();
  }
  /** How far the run was when this view opened. */
  #opened = Number.POSITIVE_INFINITY;
  close() {
    this.#frame.stop();
    window.clearInterval(this.#ticker);
    window.clearTimeout(this.#checker);
    window.clearTimeout(this.#settling);
    this.#endTheme();
    this.#transport.close();
    this.#shell.close();
  }
  receive(message) {
    this.#heard = performance.now();
    this.#gone = null;
    switch (message.type) {
      case "agent:message":
        this.#log.noteHead(message.head);
        this.#log.merge(message.messages, message.after);
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
    this.#opened = Math.min(this.#opened, message.head);
    if (this.#record === null && this.#options.eager === true) this.#framed = Number.NEGATIVE_INFINITY;
    this.#record = message.record;
    this.#live = message.live;
    this.#duplicates = message.duplicates;
    const { prompt } = message.record;
    const place = this.#shell.prompt;
    if (prompt !== null && prompt.trim() !== "" && place.childElementCount === 0) {
      place.append(new TextView(promptBlock(prompt, message.record)).element);
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
  /** One task a frame: as many rows as its time allows, then what of them is in sight, then the frame around them. */
  #paint() {
    const { transcript, follower, host, search } = this.#shell;
    const messages = this.#log.messages();
    const until = this.#options.eager === true ? Number.POSITIVE_INFINITY : paintDeadline();
    while (this.#painted < this.#log.ready && (this.#painted % 16 !== 0 || performance.now() < until)) {
      const row3 = messages[this.#painted];
      const change = this.#fold.add(row3);
      this.#tally.add(row3);
      this.#painted += 1;
      if (change !== null && !this.#repeatsPrompt(change)) transcript.apply(change);
    }
    if (this.#painted < this.#log.ready) this.#frame.hurry();
    else this.#endIfOver();
    transcript.list.following = follower.following;
    transcript.update(follower.following);
    host.dataset["head"] = String(this.#reached());
    this.#settleFrame();
    search.refresh();
  }
  #endIfOver() {
    if (!isTerminal(this.#record) || !this.#log.complete) {
      this.#ended = false;
    } else if (!this.#ended) {
      this.#ended = true;
      this.#shell.transcript.end();
      this.#shell.announcer.say(`agent ${this.#state().label}`);
    }
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
  /** The highest number that is on the page, or will be in a moment: a frame's work is no lag to speak of. */
  #shown() {
    const { contiguous, ready } = this.#log;
    return ready - this.#painted > LAG ? this.#reached() : contiguous;
  }
  /** The number of the last row that is painted; where a log was compacted, it is more than their count. */
  #reached() {
    return this.#log.messages()[this.#painted - 1]?.sequence_number ?? 0;
  }
  #state() {
    return stateOf({
      agentId: this.#agentId,
      record: this.#record,
      live: this.#live,
      behind: this.#log.head - this.#shown(),
      gone: this.#gone,
      transport: this.#transport.kind,
      silence: (performance.now() - this.#heard) / 1e3
    });
  }
  #now() {
    return this.#options.now?.() ?? Date.now();
  }
  #updateFrame() {
    window.clearTimeout(this.#settling);
    this.#settling = 0;
    this.#framed = performance.now();
    const { header, footer, frame: frame2, notice, pulse, host, transcript } = this.#shell;
    const state2 = this.#state();
    const holes = this.#log.holes().length;
    const now = this.#now();
    const speed = this.#tally.speed(isTerminal(this.#record) ? null : now);
    header.update(this.#record, state2, speed, now);
    footer.update(state2, {
      contiguous: this.#shown(),
      head: this.#log.head,
      holes,
      duplicates: this.#duplicates,
      conflicts: this.#log.conflicts.length,
      malformed: this.#malformed,
      transport: this.#transport.kind
    });
    frame2.classList.toggle("still", state2.key === "kernel-gone" || state2.key === "disconnected");
    const words2 = this.#error ?? (transcript.tells(state2.detail) ? null : state2.detail);
    notice.hidden = words2 === null;
    notice.dataset["tone"] = this.#error === null ? state2.tone : "bad";
    setText(notice, words2 ?? "");
    const moving = state2.key === "live" || state2.key === "connecting" || state2.key === "starting";
    pulse.hidden = isTerminal(this.#record);
    pulse.classList.toggle("quiet", !moving || transcript.outline.active);
    const { dataset } = host;
    dataset["status"] = this.#record?.status ?? "connecting";
    dataset["state"] = state2.key;
    dataset["holes"] = String(holes);
    dataset["duplicates"] = String(this.#duplicates);
    this.#options.onStanding?.({ record: this.#record, state: state2, tally: this.#tally, speed });
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
    if (this.#gone === null) this.#shell.transcript.tick(this.#now());
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

// grid.css
var grid_default = "/* Several agents: one head, and cells of equal width. No single quotes here. */\n\n:host {\n  contain: layout style;\n  overflow: visible;\n}\n\n.gridframe {\n  container-type: inline-size;\n}\n\n.gridhead {\n  display: flex;\n  flex-wrap: wrap;\n  align-items: baseline;\n  gap: 2px 10px;\n  padding: 4px 4px 8px;\n  font-size: 12px;\n  color: var(--quiet);\n}\n\n.figures {\n  font-variant-numeric: tabular-nums;\n}\n\n.cells {\n  display: grid;\n  gap: 10px;\n}\n\n.cell {\n  min-width: 0;\n}\n";

// grid.ts
var NARROWEST = 260;
function mountGrid(parent, agentIds2, transportFor2, columns = 0) {
  const grid = new Grid(agentIds2, columns);
  parent.append(grid.host);
  const ends = agentIds2.map(
    (id) => mountView(grid.cell(), id, transportFor2(id), { compact: true, onStanding: (standing) => grid.tell(id, standing) })
  );
  return () => {
    for (const end of ends) end();
    grid.close();
  };
}
var Grid = class {
  host = el("div", "nbstream-grid");
  #cells = el("div", "cells");
  #head = el("div", "gridhead");
  #pill = el("span", "pill");
  #label = el("span", "label");
  #clock = el("span", "elapsed");
  #figures = el("span", "figures");
  #standings = /* @__PURE__ */ new Map();
  #agents;
  #endTheme;
  #ticker;
  constructor(agentIds2, columns) {
    this.#agents = agentIds2.length;
    this.#pill.append(icon("dot", ""), this.#label);
    this.#head.append(el("span", "source", plural(agentIds2.length, "agent")), this.#pill, this.#clock, el("span", "space"), this.#figures);
    const frame2 = el("section", "gridframe");
    frame2.setAttribute("aria-label", plural(agentIds2.length, "agent"));
    frame2.append(this.#head, this.#cells);
    const widest = columns > 0 ? `${Math.floor(100 / columns) - 1}%` : "0px";
    this.#cells.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, max(${NARROWEST}px, ${widest})), 1fr))`;
    this.host.attachShadow({ mode: "open" }).append(el("style", "", frame_default + grid_default), frame2);
    this.#endTheme = followTheme(this.host);
    this.#ticker = window.setInterval(() => this.#show(), 1e3);
    this.#show();
  }
  /** The place of the next view. */
  cell() {
    const cell = el("div", "cell");
    this.#cells.append(cell);
    return cell;
  }
  tell(agentId, standing) {
    const before = this.#standings.get(agentId);
    this.#standings.set(agentId, standing);
    if (before?.state.key !== standing.state.key) this.#show();
  }
  close() {
    window.clearInterval(this.#ticker);
    this.#endTheme();
    this.host.remove();
  }
  #show() {
    const total = totalOf([...this.#standings.values()], this.#agents, Date.now());
    this.#pill.dataset["tone"] = total.tone;
    setText(this.#label, total.label);
    setText(this.#clock, total.elapsed === null ? "" : clock(total.elapsed));
    setText(this.#figures, figuresOf(total));
    this.host.dataset["running"] = String(total.running);
    this.host.dataset["over"] = String([...this.#standings.values()].filter(({ record }) => isTerminal(record)).length);
  }
};
function figuresOf({ input, output, dollars, reporting, agents }) {
  const parts2 = [];
  if (input + output > 0) parts2.push(`${count(input)} in`, `${count(output)} out`);
  if (dollars !== null) parts2.push(cost(dollars));
  if (parts2.length > 0 && reporting < agents) parts2.push(`from ${reporting} of ${agents}`);
  return parts2.join(" · ");
}
function sharedModel(model) {
  const listeners = /* @__PURE__ */ new Map();
  const listen = (content) => {
    const tagged = content;
    for (const listener of [...listeners.get(String(tagged?.agent_id)) ?? []]) listener(content);
  };
  return (agentId) => ({
    get: (name2) => name2 === "agent_id" ? agentId : model.get(name2),
    send: (content) => model.send(content),
    on: (event, listener) => {
      if (listeners.size === 0) model.on(event, listen);
      listeners.set(agentId, (listeners.get(agentId) ?? /* @__PURE__ */ new Set()).add(listener));
    },
    off: (event, listener) => {
      listeners.get(agentId)?.delete(listener);
      if (listeners.get(agentId)?.size === 0) listeners.delete(agentId);
      if (listeners.size === 0) model.off(event, listen);
    }
  });
}

// playback.ts
var LEAD = 6e4;
var Playback = class {
  /** Milliseconds of the run in one of the reader's. */
  speed;
  playing = false;
  /** Milliseconds from the run's start to each row; never falling, though clocks may. */
  #times = [];
  #start = Number.NaN;
  #position = 0;
  #row = 0;
  constructor(speed) {
    this.speed = speed;
  }
  /**
   * Learns of the next rows.
   *
   * @param stamps when they were received, ISO 8601, in sequence order.
   * @param begun when the agent was started; null where that is not known.
   */
  extend(stamps, begun) {
    for (const stamp of stamps) {
      const at2 = Date.parse(stamp);
      if (Number.isNaN(this.#start)) this.#start = startOf(at2, begun);
      this.#times.push(Math.max(this.duration, at2 - this.#start) || this.duration);
    }
  }
  get rows() {
    return this.#times.length;
  }
  /** Milliseconds from the start to the last row. */
  get duration() {
    return this.#times.at(-1) ?? 0;
  }
  /** Milliseconds of the run that have passed. */
  get position() {
    return this.#position;
  }
  /** The last row that has come by now, 0 before the first. */
  get row() {
    return this.#row;
  }
  get atEnd() {
    return this.#row === this.rows && this.#position >= this.duration;
  }
  /** The moment of the run that is shown, on the clock its rows are stamped with. */
  get now() {
    return Number.isNaN(this.#start) ? 0 : this.#start + this.#position;
  }
  /** Lets `elapsed` milliseconds of the reader's time pass. Returns whether anything is to be shown anew. */
  tick(elapsed2) {
    if (!this.playing) return false;
    this.#position = Math.min(this.duration, this.#position + elapsed2 * this.speed);
    this.#row = Math.max(this.#row, this.#rowAt(this.#position));
    if (this.atEnd) this.playing = false;
    return true;
  }
  /** Starts or pauses; at the end it starts anew. */
  toggle() {
    if (!this.playing && this.atEnd) this.seekTime(0);
    this.playing = !this.playing;
  }
  seekTime(position) {
    this.#position = clamp(position, this.duration);
    this.#row = this.#rowAt(this.#position);
  }
  /** Goes to just after that row, though others may have come in the same instant. */
  seekRow(row3) {
    this.#row = clamp(Math.round(row3), this.rows);
    this.#position = this.#times[this.#row - 1] ?? 0;
  }
  /** How many rows had come at `position`: a binary search. */
  #rowAt(position) {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = low + high >> 1;
      if (this.#times[middle] <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
};
function startOf(first, begun) {
  const lead = first - Date.parse(begun ?? "");
  return lead >= 0 && lead <= LEAD ? first - lead : first;
}
function clamp(value, most) {
  return Number.isFinite(value) ? Math.min(Math.max(0, value), most) : 0;
}

// replaybar.ts
var SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 64];
var STEP = 5e3;
var ReplayBar = class {
  element = el("div", "replaybar");
  #playback;
  #changed;
  #play = press2("play", "Play or pause (space)");
  #scrubber = el("input", "scrubber");
  #clock = el("span", "clock");
  #axis = press2("axis", "Scrub by time or by row");
  #row = el("input", "row");
  #rows = el("span", "rows");
  #speed = el("select", "speed");
  #figures = el("span", "figures");
  #glyph = icon("glyph", "▶");
  /** Where all rows came at once, time says nothing. */
  #byRow = null;
  /** @param changed called after the reader moved something. */
  constructor(playback, changed) {
    this.#playback = playback;
    this.#changed = changed;
    const { element } = this;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "replay; space plays, arrows go 5 seconds, comma and full stop go a row");
    this.#play.append(this.#glyph);
    const back = press2("step", "A row back (,)", "‹");
    const forth = press2("step", "A row on (.)", "›");
    const rows = el("label", "rowbox", "row ");
    rows.append(this.#row, this.#rows);
    const moment = el("div", "moment");
    moment.append(this.#play, this.#scrubber, this.#clock);
    const rest = el("div", "rest");
    rest.append(this.#speed, back, rows, forth, this.#axis, el("span", "space"), this.#figures);
    element.append(moment, rest);
    this.#fill();
    this.#play.addEventListener("click", () => this.#do(() => this.#playback.toggle()));
    back.addEventListener("click", () => this.#step(-1));
    forth.addEventListener("click", () => this.#step(1));
    element.addEventListener("keydown", (event) => this.#key(event));
  }
  /** Shows where the replay is, and what the run had used by then. */
  update(tally, loading) {
    const { position, duration: duration2, row: row3, rows, playing } = this.#playback;
    setText(this.#glyph, playing ? "❚❚" : this.#playback.atEnd && rows > 0 ? "↻" : "▶");
    this.#play.setAttribute("aria-label", playing ? "Pause" : "Play");
    const words2 = `${clock(position)} / ${clock(duration2)}`;
    setText(this.#clock, loading ?? words2);
    const byRow = this.#byRow ?? duration2 === 0;
    setText(this.#axis, byRow ? "by row" : "by time");
    this.#scrubber.max = String(byRow ? rows : duration2);
    this.#scrubber.value = String(byRow ? row3 : position);
    this.#scrubber.setAttribute("aria-valuetext", `${words2}, row ${row3} of ${rows}`);
    if (!this.#row.matches(":focus") || playing) this.#row.value = String(row3);
    this.#row.max = String(rows);
    setText(this.#rows, ` of ${count(rows)}`);
    setText(this.#figures, tally === null ? "" : figuresOf2(tally));
  }
  #fill() {
    this.#scrubber.type = "range";
    this.#scrubber.min = "0";
    this.#scrubber.step = "any";
    this.#scrubber.setAttribute("aria-label", "moment of the run");
    this.#scrubber.addEventListener("input", () => {
      const value = Number(this.#scrubber.value);
      this.#do(() => this.#byRow ?? this.#playback.duration === 0 ? this.#playback.seekRow(value) : this.#playback.seekTime(value));
    });
    this.#row.type = "number";
    this.#row.min = "0";
    this.#row.setAttribute("aria-label", "row");
    this.#row.addEventListener("change", () => this.#do(() => this.#playback.seekRow(Number(this.#row.value))));
    this.#axis.addEventListener("click", () => this.#do(() => this.#byRow = !(this.#byRow ?? this.#playback.duration === 0)));
    const { speed } = this.#playback;
    this.#speed.setAttribute("aria-label", "speed");
    for (const each of [.../* @__PURE__ */ new Set([...SPEEDS, speed])].sort((a, b) => a - b)) {
      const option = el("option", "", `${each}×`);
      option.value = String(each);
      option.selected = each === speed;
      this.#speed.append(option);
    }
    this.#speed.addEventListener("change", () => this.#do(() => this.#playback.speed = Number(this.#speed.value)));
  }
  #do(change) {
    change();
    this.#changed();
  }
  #step(rows) {
    this.#do(() => {
      this.#playback.playing = false;
      this.#playback.seekRow(this.#playback.row + rows);
    });
  }
  /** Digits belong to the row, letters to the speed, space to whatever button has the focus; the rest is ours. */
  #key(event) {
    const on2 = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || on2 === this.#row || on2 === this.#speed) return;
    const act = this.#meaning(event.key, on2 instanceof HTMLButtonElement);
    if (act === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#do(act);
  }
  #meaning(key, onButton) {
    const playback = this.#playback;
    switch (key) {
      case " ":
        return onButton ? null : () => playback.toggle();
      case "k":
        return () => playback.toggle();
      case "ArrowLeft":
      case "ArrowRight":
        return () => playback.seekTime(playback.position + (key === "ArrowLeft" ? -STEP : STEP));
      case ",":
      case ".":
        return () => {
          playback.playing = false;
          playback.seekRow(playback.row + (key === "," ? -1 : 1));
        };
      case "Home":
        return () => playback.seekRow(0);
      case "End":
        return () => playback.seekRow(playback.rows);
      default:
        return null;
    }
  }
};
function press2(className, title, text3 = "") {
  const made = el("button", className, text3);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  return made;
}
function figuresOf2(tally) {
  const { usage } = tally;
  const parts2 = usage === null ? [] : [`${count(usage.input)} in`, `${count(usage.output)} out`];
  if (tally.cost !== null) parts2.push(cost(tally.cost));
  return parts2.length === 0 ? "no tokens told yet" : parts2.join(" · ");
}

// stage.ts
var CHECK2 = 250;
var History = class {
  log = new MessageLog();
  record = null;
  /** Why it cannot be read, or what was wrong with what came; one sentence. */
  trouble = null;
  /** Rows came, or the record. */
  onChange = () => void 0;
  /** The view on the stage, which asked for what only a transport can answer. */
  onAnswer = () => void 0;
  #transport;
  #refill = new Refill();
  #checker;
  #duplicates = 0;
  constructor(agentId, transport) {
    this.#transport = transport;
    transport.open(agentId, this);
    transport.subscribe(0);
    this.#checker = setInterval(() => this.#check(), CHECK2);
  }
  /** All of the run is here: nothing that is saved is missing. */
  get complete() {
    return this.record !== null && this.log.complete;
  }
  get duplicates() {
    return this.#duplicates;
  }
  raw(sequenceNumber) {
    this.#transport.raw(sequenceNumber);
  }
  close() {
    clearInterval(this.#checker);
    this.#transport.close();
  }
  receive(message) {
    switch (message.type) {
      case "agent:message":
        this.log.noteHead(message.head);
        this.log.merge(message.messages, message.after);
        break;
      case "agent:status":
      case "agent:complete":
        this.log.noteHead(message.head);
        this.record = message.record;
        this.#duplicates = message.duplicates;
        break;
      case "agent:error":
      case "agent:raw":
        this.onAnswer(message);
        return;
    }
    this.trouble = null;
    this.onChange();
  }
  gone(detail) {
    if (this.complete) return;
    this.trouble = detail;
    this.onChange();
  }
  malformed(detail) {
    this.trouble = `a message could not be read: ${detail}`;
    this.onChange();
  }
  #check() {
    if (this.#refill.due(performance.now(), this.log.contiguous, !this.complete)) {
      this.#transport.subscribe(this.log.contiguous);
    }
  }
};
var Stage = class {
  kind = "replay";
  #history;
  #agentId = "";
  #sink = null;
  #row;
  #told = "";
  constructor(history, row3) {
    this.#history = history;
    this.#row = row3;
  }
  get row() {
    return this.#row;
  }
  open(agentId, sink) {
    this.#agentId = agentId;
    this.#sink = sink;
  }
  /** The view takes nothing before its constructor is through. */
  subscribe(since) {
    queueMicrotask(() => {
      this.#tell(true);
      const held = this.#history.log.messages().findIndex(({ sequence_number }) => sequence_number > since);
      if (held >= 0) this.#deliver(held);
    });
  }
  /** Goes on to `row`; a stage never goes back. */
  show(row3) {
    const held = this.#row;
    this.#row = Math.max(row3, held);
    this.#deliver(held);
    this.#tell();
  }
  /** Passes on what the transport behind the history answered. */
  answer(message) {
    this.#sink?.receive(message);
  }
  /** There is nothing to stop. */
  stop() {
    return;
  }
  raw(sequenceNumber) {
    this.#history.raw(sequenceNumber);
  }
  close() {
    this.#sink = null;
  }
  /** Hands on the rows after the first `held`. */
  #deliver(held) {
    if (this.#row <= held) return;
    const messages = this.#history.log.messages().slice(held, this.#row);
    const batch = { type: "agent:message", agent_id: this.#agentId, messages, head: this.#number(this.#row) };
    this.#sink?.receive({ ...batch, after: this.#number(held) });
  }
  /** The sequence number of the n-th row; 0 before the first. */
  #number(row3) {
    return this.#history.log.messages()[row3 - 1]?.sequence_number ?? 0;
  }
  #tell(again = false) {
    const { record } = this.#history;
    if (record === null) return;
    const over = isTerminal(record) && this.#history.complete && this.#row >= this.#history.log.ready;
    const told = over ? record.status : "running";
    if (!again && told === this.#told) return;
    this.#told = told;
    const status = {
      type: "agent:status",
      agent_id: this.#agentId,
      record: over ? record : { ...record, status: "running", completed_at: null, error: null },
      head: this.#number(this.#row),
      duplicates: this.#history.duplicates,
      live: { state: over ? "ended" : "live", detail: null }
    };
    this.#sink?.receive(status);
  }
};

// replay.css
var replay_default = "/* The bar above a view that is played again. No single quotes here. */\n\n:host {\n  contain: layout style;\n  overflow: visible;\n}\n\n.replaybar {\n  padding: 4px 2px 8px;\n  font-size: 12px;\n  color: var(--quiet);\n  font-variant-numeric: tabular-nums;\n}\n\n.moment,\n.rest {\n  display: flex;\n  flex-wrap: wrap;\n  align-items: center;\n  gap: 4px 8px;\n}\n\n.rest {\n  padding-top: 4px;\n}\n\n.space {\n  flex: 1;\n}\n\n.replaybar button,\n.replaybar select,\n.replaybar .row {\n  font: inherit;\n  color: var(--ink);\n  background: var(--ground);\n  border: 1px solid var(--line);\n  border-radius: 5px;\n  padding: 1px 7px;\n  min-height: 24px;\n}\n\n.replaybar .play {\n  min-width: 34px;\n  color: var(--live);\n}\n\n.replaybar .row {\n  width: 5.5em;\n  padding-right: 2px;\n}\n\n.scrubber {\n  flex: 1 1 160px;\n  min-width: 120px;\n  accent-color: var(--live);\n}\n\n.scenes {\n  display: grid;\n}\n\n.scene {\n  grid-area: 1 / 1;\n  min-width: 0;\n}\n\n.scene.coming {\n  visibility: hidden;\n}\n";

// replay.ts
var LONGEST_FRAME = 250;
function mountReplay(parent, agentId, transport, speed) {
  const replay = new Replay(agentId, transport, speed > 0 && Number.isFinite(speed) ? speed : 1);
  parent.append(replay.host);
  return () => replay.close();
}
var Replay = class {
  host = el("div", "nbstream-replay");
  #agentId;
  #history;
  #playback;
  #bar;
  #scenes = el("div", "scenes");
  #notice = el("div", "notice");
  #endTheme;
  /** What the reader sees. */
  #scene;
  /** What takes its place once it is as far as it should be. */
  #coming = null;
  /** The newest stage: its view tells the figures. */
  #newest = null;
  #tally = null;
  #begun = false;
  #frame = 0;
  #before = 0;
  constructor(agentId, transport, speed) {
    this.#agentId = agentId;
    this.#playback = new Playback(speed);
    this.#bar = new ReplayBar(this.#playback, () => this.#show());
    this.#notice.setAttribute("role", "status");
    const frame2 = el("section", "replayframe");
    frame2.setAttribute("aria-label", "replay of an agent");
    frame2.append(this.#bar.element, this.#notice, this.#scenes);
    this.host.attachShadow({ mode: "open" }).append(el("style", "", frame_default + replay_default), frame2);
    this.#endTheme = followTheme(this.host);
    this.#history = new History(agentId, transport);
    this.#scene = this.#raise(0);
    this.#history.onAnswer = (message) => this.#scene.stage.answer(message);
    this.#history.onChange = () => this.#learn();
    this.#learn();
  }
  close() {
    cancelAnimationFrame(this.#frame);
    this.#coming?.close();
    this.#scene.close();
    this.#history.close();
    this.#endTheme();
    this.host.remove();
  }
  /** Rows came, or the record, or trouble. */
  #learn() {
    const { log, record } = this.#history;
    const fresh = log.messages().slice(this.#playback.rows, log.ready);
    if (record !== null) {
      this.#playback.extend(fresh.map(({ created_at }) => created_at), record.started_at ?? record.created_at);
    }
    if (this.#history.complete && !this.#begun) {
      this.#begun = true;
      this.#playback.playing = this.#playback.rows > 0;
    }
    this.#show();
  }
  /** Asks for the next frame; many requests before it make one. */
  #show() {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }
  #draw = (time) => {
    this.#frame = 0;
    this.#playback.tick(Math.min(LONGEST_FRAME, Math.max(0, time - this.#before)));
    this.#before = time;
    this.#stageUp();
    this.#tell();
    if (this.#playback.playing) this.#show();
  };
  #stageUp() {
    const { row: row3 } = this.#playback;
    const ahead = this.#coming ?? this.#scene;
    if (row3 >= ahead.stage.row) ahead.stage.show(row3);
    else if (this.#coming === null) this.#bring(row3);
  }
  #bring(row3) {
    const scene = this.#raise(row3);
    scene.place.classList.add("coming");
    this.#coming = scene;
    const observer = new MutationObserver(() => this.#arrive());
    observer.observe(scene.place.firstElementChild, { attributes: true, attributeFilter: ["data-head", "data-status"] });
  }
  /** Shows the scene that is coming once its rows and the frame around them are there. */
  #arrive() {
    const scene = this.#coming;
    if (scene === null) return;
    const { head, status } = scene.place.firstElementChild.dataset;
    if (status !== "connecting" && Number(head ?? -1) >= scene.row) this.#swap(scene);
  }
  #swap(scene) {
    scene.place.classList.remove("coming");
    this.#scene.close();
    this.#scene = scene;
    this.#coming = null;
    this.#show();
  }
  #raise(row3) {
    const place = el("div", "scene");
    const stage = new Stage(this.#history, row3);
    this.#newest = stage;
    this.#scenes.append(place);
    const unmount = mountView(place, this.#agentId, stage, {
      eager: true,
      now: () => this.#playback.now,
      onStanding: ({ tally }) => {
        if (stage !== this.#newest) return;
        this.#tally = tally;
        this.#tell();
      }
    });
    return { stage, row: row3, place, close: () => (unmount(), place.remove()) };
  }
  #tell() {
    const { log, record, complete, trouble } = this.#history;
    const loading = complete ? null : record === null ? "reading …" : `reading ${count(log.contiguous)} of ${count(log.head)} …`;
    this.#bar.update(this.#tally, loading);
    const running = complete && !isTerminal(record) ? "This agent still runs; the replay grows with it." : "";
    setText(this.#notice, trouble ?? running);
    this.#notice.hidden = this.#notice.textContent === "";
    const { dataset } = this.host;
    dataset["row"] = String(this.#playback.row);
    dataset["rows"] = String(this.#playback.rows);
    dataset["playing"] = String(this.#playback.playing);
    dataset["shown"] = String(this.#coming === null ? this.#newest?.row : -1);
  }
};

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
    const row3 = Array.isArray(member(answer, "messages")) ? member(answer, "messages")[0] : null;
    const raw = member(row3, "raw");
    return member(row3, "sequence_number") === sequenceNumber && typeof raw === "string" ? raw : null;
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
function cookieNamed(cookies, name2) {
  for (const pair of cookies.split("; ")) if (pair.startsWith(`${name2}=`)) return pair.slice(name2.length + 1);
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
    const last = message.messages.at(-1)?.sequence_number ?? 0;
    if (message.after !== void 0 && message.after <= this.held && last > this.held) this.held = last;
    for (const row3 of message.messages) if (row3.sequence_number === this.held + 1) this.held += 1;
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
    const content = parsed2(text3);
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
    for (const name2 of ["online", "offline"]) window.addEventListener(name2, wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
      for (const name2 of ["online", "offline"]) window.removeEventListener(name2, wake);
      document.removeEventListener("visibilitychange", seen);
    };
  }
};
function parsed2(text3) {
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
    else this.#enterSoon(first);
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
  /** The view takes nothing before its constructor is through. */
  #enterSoon(status) {
    this.#asking = true;
    queueMicrotask(() => {
      this.#asking = false;
      this.#enter(status);
    });
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
      const batch = { type: "agent:message", agent_id: this.#agentId, messages, head, after: since };
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
      const copy2 = text2(model.data["text/markdown"]) || text2(model.data["text/plain"]);
      const speed = replaySpeed(model.data[MIME]);
      if (this.#output?.shows(ids, speed) === true) {
        this.#output.copy = copy2;
        return Promise.resolve();
      }
      this.#output?.close();
      this.#output = new Output(this.node, ids, speed, copy2, findServer(document, location.origin));
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
function replaySpeed(data) {
  const speed = typeof data === "object" && data !== null ? data.replay_speed : null;
  return typeof speed === "number" && speed > 0 && Number.isFinite(speed) ? speed : null;
}
var Output = class {
  /** Resolves when something is shown. */
  ready;
  /** The text of the copy that is saved beside the id. */
  copy;
  #node;
  #ids;
  #speed;
  #server;
  #backoff = new Backoff();
  #unmount = [];
  #retry;
  #closed = false;
  constructor(node, ids, speed, copy2, server) {
    this.#node = node;
    this.#ids = ids;
    this.#speed = speed;
    this.copy = copy2;
    this.#server = server;
    this.ready = this.#show();
  }
  shows(ids, speed) {
    return ids.join() === this.#ids.join() && speed === this.#speed;
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
    const transports = new Map(known.map((status) => [status.agent_id, new ServerTransport(server, status)]));
    const ids = [...transports.keys()];
    const [only] = ids;
    if (this.#ids.length === 1 && only !== void 0 && this.#speed !== null) {
      this.#unmount.push(mountReplay(this.#node, only, transports.get(only), this.#speed));
    } else if (this.#ids.length === 1 && only !== void 0) {
      this.#unmount.push(mountView(this.#node, only, transports.get(only)));
    } else {
      this.#unmount.push(mountGrid(this.#node, ids, (id) => transports.get(id)));
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
  const ids = model.get("agent_ids");
  const speed = model.get("replay_speed");
  if (Array.isArray(ids)) {
    const one = sharedModel(model);
    return mountGrid(el2, ids.map(String), (id2) => transportFor(one(id2)), Number(model.get("columns") ?? 0));
  }
  const id = String(model.get("agent_id"));
  if (typeof speed === "number") return mountReplay(el2, id, transportFor(model), speed);
  return mountView(el2, id, transportFor(model));
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
