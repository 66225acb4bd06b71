/** A tool's input as elements: the change it makes to a file, and its fields. */

import { editView, isPatch, patchView } from "./diff.ts";
import { el } from "./dom.ts";
import { fileChange } from "./edits.ts";
import { plural } from "./format.ts";
import type { Field } from "./format.ts";
import { jsonView } from "./json.ts";
import { visible } from "./visible.ts";
import { LineWriter } from "./writer.ts";

/** Fields shown of an input; the rest is in the store. */
const FIELD_LIMIT = 40;

/** What a call changes in files, or null where it changes none. */
export function changeView(tool: string, content: string): HTMLElement | null {
  const change = fileChange(tool, content, isPatch);
  if (change === null) return null;
  const box = el("div", "change");
  if (change.kind === "patch") box.append(patchView(change.patch));
  else for (const { file, before, after } of change.edits) box.append(editView(before, after, file));
  return box;
}

/** An output that is a diff or JSON, as that; null for any other text. */
export function structured(content: string): HTMLElement | null {
  const shown = isPatch(content) ? patchView(content) : jsonView(content, 1);
  if (shown === null) return null;
  const box = el("div", "output");
  box.append(shown);
  return box;
}

/** Names and values; what is an object or a list is folded. */
export function fieldList(fields: readonly Field[]): HTMLElement {
  const list = el("dl", "fields");
  for (const { name, value } of fields.slice(0, FIELD_LIMIT)) {
    const written = el("dd");
    const json = jsonView(value, 1);
    if (json === null) new LineWriter(written).write(visible(value.slice(0, 100_000)));
    else written.append(json);
    list.append(el("dt", "", visible(name)), written);
  }
  if (fields.length > FIELD_LIMIT) list.append(el("dt", "", "…"), el("dd", "cut", plural(fields.length - FIELD_LIMIT, "more field")));
  return list;
}
