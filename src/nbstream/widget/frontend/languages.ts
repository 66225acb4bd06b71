/** What tells the languages apart, as far as colours go: comments, strings, words. Pure data. */

export interface Language {
  readonly line: readonly string[];
  readonly block: readonly [string, string] | null;
  /** Quotes of strings that end with their line. */
  readonly quotes: string;
  /** Quotes of strings that go on over lines. */
  readonly long: readonly string[];
  readonly words: ReadonlySet<string>;
  /** Whether words are the same in capitals: SQL. */
  readonly anyCase: boolean;
  /** What begins a decorator, a variable or a directive. */
  readonly marks: string;
}

const C = "break case const continue default do else enum false for goto if null return static struct switch this true typedef void while ";
const CLASSES = "abstract class extends final finally implements import interface new package private protected public super throw try catch ";

const PYTHON =
  "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda " +
  "match None nonlocal not or pass raise return self True try while with yield";
const SCRIPT =
  `${C}${CLASSES}any as async await boolean declare delete from function in instanceof keyof let namespace never number of readonly ` +
  "satisfies set get string symbol type typeof undefined unknown var yield";
const SHELL =
  "alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in local read readonly " +
  "return set shift source then trap unset until while";
const SQL =
  "add all alter and as asc between by case cast check column commit constraint create cross default delete desc distinct drop else end " +
  "exists false foreign from full group having if in index inner insert intersect into is join key left like limit natural not null " +
  "offset on or order outer over partition primary references returning right rollback select set table then true union unique update " +
  "using values view when where window with";
const RUST =
  `${C}as async await crate dyn fn impl in let loop match mod move mut pub ref Self self super trait type unsafe use where`;
const GO =
  `${C}any chan defer fallthrough func go import interface map nil package range select type var`;
const RUBY =
  "alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self " +
  "super then true undef unless until when while yield require";

function language(words: string, fields: Partial<Omit<Language, "words">> = {}): Language {
  const set = new Set(words.split(" "));
  return { line: ["//"], block: ["/*", "*/"], quotes: "\"'", long: [], anyCase: false, marks: "@", words: set, ...fields };
}

const hash = { line: ["#"], block: null };
const script = language(SCRIPT, { long: ["`"] });
const c = language(`${C}${CLASSES}auto bool char delete double explicit float friend inline int long namespace nullptr operator override short signed sizeof template typename union unsigned using virtual`, { marks: "#" });
const java = language(`${C}${CLASSES}boolean byte char double float fun instanceof int long object override record sealed short string throws val var when yield async await using namespace`, { long: ['"""'] });
const shell = language(SHELL, { ...hash, marks: "$" });
const markup: Language = language("", { line: [], block: ["<!--", "-->"], marks: "" });

const languages: Readonly<Record<string, Language>> = {
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
    marks: "",
  }),
  diff: language("", { line: [], block: null, quotes: "", marks: "" }),
};

const NAMES: Readonly<Record<string, string>> = {
  py: "python", python3: "python", ipython: "python", pycon: "python", starlark: "python",
  js: "script", jsx: "script", ts: "script", tsx: "script", javascript: "script", typescript: "script", mjs: "script", svelte: "script", vue: "script",
  "c++": "c", cpp: "c", h: "c", hpp: "c", cc: "c", objc: "c", cuda: "c", glsl: "c", zig: "c",
  kotlin: "java", kt: "java", scala: "java", csharp: "java", "c#": "java", cs: "java", swift: "java", dart: "java", groovy: "java",
  bash: "shell", sh: "shell", zsh: "shell", fish: "shell", console: "shell", "shell-session": "shell", dockerfile: "shell", make: "shell", makefile: "shell", powershell: "shell",
  html: "markup", xml: "markup", svg: "markup", xhtml: "markup",
  rs: "rust", golang: "go", rb: "ruby", elixir: "ruby",
  postgresql: "sql", mysql: "sql", sqlite: "sql", duckdb: "sql",
  jsonc: "json", json5: "json", jsonl: "json", yaml: "config", yml: "config", toml: "config", ini: "config", env: "config", hcl: "config", terraform: "config",
  scss: "css", less: "css", patch: "diff",
};  

/** The language of a code block's label, or null when it gets no colours. */
export function languageOf(label: string): Language | null {
  const name = label.toLowerCase();
  const key = NAMES[name] ?? name;
  return Object.hasOwn(languages, key) ? languages[key]! : null;
}

export const isDiff = (one: Language): boolean => one === languages["diff"];
export const isMarkup = (one: Language): boolean => one === markup;
/** Languages in which a word before a colon, or an equals sign, is a key. */
export const hasKeys = (one: Language): boolean => one === languages["json"] || one === languages["config"] || one === languages["css"];
