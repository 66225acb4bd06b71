/** What is bundled of others: see bundle.mjs. */

export { default } from "markdown-it";
