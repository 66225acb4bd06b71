/**
 * Bundles: `node bundle.mjs --outfile=FILE --sources=HASH`. First markdown-it, into `vendor.js` beside this; then our own sources.
 *
 * All of it minified, styles too: what a page reads needs no comments, and CI compares it with these sources byte by byte.
 */

import { readFile } from "node:fs/promises";

import { build, transform } from "esbuild";

const given = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const outfile = given("outfile");
const sources = given("sources");
if (outfile === undefined || sources === undefined) throw new Error("expected --outfile=FILE and --sources=HASH");

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  legalComments: "inline",
  logLevel: "warning",
};

/** What stands in for packages that markdown-it asks for. */
const STAND_INS = {
  "linkify-it": "./nolinkify.ts",
  entities: "./entities.ts",
  mdurl: "./addresses.ts",
  "punycode.js": "./addresses.ts",
  "uc.micro": "./unicode.ts",
};

/**
 * Parts of markdown-it whose options are off here (tokens.ts), and what is left of each: a rule that never applies.
 * Its renderer makes HTML, which nothing here may do.
 */
const OFF = {
  "src/renderer.ts": "var Renderer = class {};",
  "src/rules_core/linkify.ts": "function linkify$1() {}",
  "src/rules_core/replacements.ts": "function replace() {}",
  "src/rules_core/smartquotes.ts": "function smartquotes() {}",
  "src/common/html_blocks.ts": "",
  "src/common/html_re.ts": "",
  "src/rules_block/html_block.ts": "function html_block() { return false; }",
  "src/rules_inline/linkify.ts": "function linkify() { return false; }",
  "src/rules_inline/html_inline.ts": "function html_inline() { return false; }",
  // No sets of rules, no plug-ins, no renderer; addresses.ts takes an address as one text.
  "src/markdownit.ts": `
    const BAD = /^(vbscript|javascript|file|data):/, IMAGE = /^data:image\\/(gif|png|jpeg|webp);/;
    class MarkdownIt {
      inline = new ParserInline();
      block = new ParserBlock();
      core = new ParserCore();
      utils = { unescapeAll };
      helpers = { parseLinkDestination, parseLinkLabel, parseLinkTitle };
      constructor(options) { this.options = options; }
      validateLink(url) { const text = url.trim().toLowerCase(); return !BAD.test(text) || IMAGE.test(text); }
      normalizeLink(url) { return mdurl.encode(url); }
      normalizeLinkText(url) { return mdurl.decode(mdurl.encode(url)); }
      parse(src, env) { const state = new StateCore(src, this, env); this.core.process(state); return state.tokens; }
    }
  `,
};

/** What is written in a shorter way, or not needed at all where only `default` rules and no plug-ins are. */
const SHORTER = [
  // Fields of its own objects: a plain assignment does the same.
  [/_defineProperty\(\s*this,\s*(?:\/\*\*[\s\S]*?\*\/\s*)?"(\w+)",/g, "(this.$1 ="],
  [/\/\/#region \\0@oxc[\s\S]*?\/\/#endregion\n/g, ""],
  ["callable(MarkdownIt)", "MarkdownIt"],
  [/var \w+_exports = [\s\S]*?\n\}\);/g, ""],
  // The places of rules that are off, and a mode that is never asked for.
  [/\n\t\["(?:linkify|replacements|smartquotes|html_inline)",.*/g, ""],
  [/\n\t\[\n\t\t"html_block",[\s\S]*?\n\t\],/, ""],
  [/if \(state\.inlineMode\) \{[\s\S]*?\} else /, ""],
  ...["at", "before", "after", "enable", "enableOnly", "disable", "attrGet", "attrJoin"].map(
    (method) => [new RegExp(`\\n\\t${method}\\([^)]*\\) \\{[\\s\\S]*?\\n\\t\\}(?=\\n)`, "g"), ""],
  ),
];

/** Names that only markdown-it's own objects have, and only it reads: in the bundle they are shorter. */
const INTERNAL = new RegExp(`^(?:${[
  "src", "pos", "posMax", "line", "lineMax", "env", "str", "token", "ruler", "ruler2", "marker",
  "core", "inline", "block", "State", "Token", "label", "cache", "tight", "blkIndent", "sCount",
  "bsCount", "tShift", "bMarks", "eMarks", "ddIndent", "listIndent", "parentType", "delimiters",
  "tokens_meta", "pending", "pendingLevel", "backticks", "backticksScanned", "_prev_delimiters",
  "linkLevel", "inlineMode", "can_continue", "can_open", "can_close", "helpers", "normalizeLink",
  "normalizeLinkText", "validateLink", "parseLinkDestination", "parseLinkLabel", "parseLinkTitle",
  "tokenize", "postProcess", "scanDelims", "pushPending", "skipToken", "skipSpaces", "skipSpacesBack",
  "skipChars", "skipCharsBack", "skipEmptyLines", "getLines", "isEmpty", "getRules", "enabled",
  "__rules__", "__cache__", "__find__", "__compile__", "attrIndex", "attrPush", "attrSet",
].join("|")})$`);

const tokenizer = {
  name: "tokenizer",
  setup(builder) {
    builder.onLoad({ filter: /markdown-it\.mjs$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [part, left] of Object.entries(OFF)) {
        const start = contents.indexOf(`//#region ${part}\n`);
        const end = contents.indexOf("//#endregion\n", start);
        if (start < 0 || end < 0) throw new Error(`expected a part ${part} in ${path}; is it another markdown-it?`);
        contents = contents.slice(0, start) + left + contents.slice(end);
      }
      for (const [long, short] of SHORTER) {
        const before = contents;
        contents = contents.replace(long, short);
        if (contents === before) throw new Error(`expected ${long} in ${path}; is it another markdown-it?`);
      }
      return { contents, loader: "js" };
    });
  },
};

/** Styles come as text, without what only their writers read. */
const styles = {
  name: "styles",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trimEnd(), loader: "text" };
    });
  },
};

/** Whose work it is stands before it, as its licence asks; a line of our own after it. */
const licence = await readFile("node_modules/markdown-it/LICENSE", "utf8");
const banner = { js: `/*! markdown-it\n\n${licence.trimEnd()}\n*/` };
const footer = { js: "/*! nbstream */" };

await build({ ...common, entryPoints: ["vendor.ts"], alias: STAND_INS, plugins: [tokenizer], mangleProps: INTERNAL, banner, footer, outfile: "vendor.js" });
await build({ ...common, entryPoints: ["widget.ts"], alias: { "markdown-it": "./vendor.js" }, plugins: [styles], define: { SOURCES: JSON.stringify(sources) }, outfile });
