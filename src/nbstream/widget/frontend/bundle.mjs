/**
 * Bundles: `node bundle.mjs --outfile=FILE`. First markdown-it, into `vendor.js` beside this; then our own sources.
 *
 * All of it minified, styles too: what a page reads needs no comments, and CI compares it with these sources byte by byte.
 */

import { readFile } from "node:fs/promises";

import { build, transform } from "esbuild";

const outfile = process.argv.find((argument) => argument.startsWith("--outfile="))?.slice("--outfile=".length);
if (outfile === undefined) throw new Error("expected --outfile=FILE");

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
  "renderer": "var Renderer = class {};",
  "rules_core/linkify": "function linkify$1() {}",
  "rules_core/replacements": "function replace() {}",
  "rules_core/smartquotes": "function smartquotes() {}",
  "common/html_blocks": "",
  "common/html_re": "",
  "rules_block/html_block": "function html_block() { return false; }",
  "rules_inline/linkify": "function linkify() { return false; }",
  "rules_inline/html_inline": "function html_inline() { return false; }",
};

const tokenizer = {
  name: "tokenizer",
  setup(builder) {
    builder.onLoad({ filter: /markdown-it\.mjs$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [part, left] of Object.entries(OFF)) {
        const start = contents.indexOf(`//#region src/${part}.ts\n`);
        const end = contents.indexOf("//#endregion\n", start);
        if (start < 0 || end < 0) throw new Error(`expected a part ${part} in ${path}; is it another markdown-it?`);
        contents = contents.slice(0, start) + left + contents.slice(end);
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

await build({ ...common, entryPoints: ["vendor.ts"], alias: STAND_INS, plugins: [tokenizer], banner, footer, outfile: "vendor.js" });
await build({ ...common, entryPoints: ["widget.ts"], alias: { "markdown-it": "./vendor.js" }, plugins: [styles], outfile });
