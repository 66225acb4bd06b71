/** Which tool calls change files, and how. Pure: reads what a call's input says. */

/** One change of one file. */
export interface Edit {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** What a call changes: texts that replace others, or a unified diff. */
export type FileChange = { readonly kind: "edits"; readonly edits: readonly Edit[] } | { readonly kind: "patch"; readonly patch: string };

/** Edits of one call that are shown. */
export const EDIT_LIMIT = 20;

/** Reads a call's input, JSON text; null where it changes no file. */
export function fileChange(tool: string, content: string, isPatch: (text: string) => boolean): FileChange | null {
  const input = parsed(content);
  if (input === null) return null;
  const file = textIn(input, "file_path", "filePath", "path", "notebook_path") ?? "";
  const patch = textIn(input, "patch", "diff");
  if (patch !== null && isPatch(patch)) return { kind: "patch", patch };
  const list: unknown[] = Array.isArray(input["edits"]) ? input["edits"] : [input];
  const edits = list.slice(0, EDIT_LIMIT).flatMap((each) => editIn(each, file));
  if (edits.length > 0) return { kind: "edits", edits };
  const written = /^write/i.test(tool) ? textIn(input, "content", "text") : null;
  return written === null ? null : { kind: "edits", edits: [{ file, before: "", after: written }] };
}

function editIn(value: unknown, file: string): Edit[] {
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Record<string, unknown>;
  const before = textIn(fields, "old_string", "oldString", "old_text", "oldText");
  const after = textIn(fields, "new_string", "newString", "new_text", "newText");
  return before === null || after === null ? [] : [{ file: textIn(fields, "file_path") ?? file, before, after }];
}

function textIn(fields: Record<string, unknown>, ...names: string[]): string | null {
  const name = names.find((each) => typeof fields[each] === "string");
  return name === undefined ? null : String(fields[name]);
}

function parsed(content: string): Record<string, unknown> | null {
  if (content.trimStart()[0] !== "{") return null;
  try {
    return { ...(JSON.parse(content) as Record<string, unknown>) };
  } catch {
    return null;
  }
}
