/** The parts that draw, for tests that need no agent around them. */

export { editView, patchView } from "../../../src/nbstream/widget/frontend/diff.ts";
export { jsonView } from "../../../src/nbstream/widget/frontend/json.ts";
export { OutputPane, TerminalText } from "../../../src/nbstream/widget/frontend/output.ts";
export { RichText } from "../../../src/nbstream/widget/frontend/richtext.ts";
export { parse } from "../../../src/nbstream/widget/frontend/tokens.ts";
