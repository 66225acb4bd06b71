/** What is bundled of others, minified apart from our own sources: see the scripts of package.json. */

export { default } from "markdown-it";
