// CommonMark's examples, and what markdown-it alone makes of each: node examples.mjs [texts.json] → JSON.
import { readFileSync } from "node:fs";

import MarkdownIt from "markdown-it";
import spec from "commonmark-spec";

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: 50 });
const own = process.argv[2] === undefined ? [] : JSON.parse(readFileSync(process.argv[2], "utf8"));
const texts = [
  ...spec.tests.map((one) => ({ name: `commonmark ${one.number}`, markdown: one.markdown.replaceAll("→", "\t") })),
  ...own,
];
process.stdout.write(JSON.stringify(texts.map((text) => ({ ...text, html: markdown.render(text.markdown) }))));
