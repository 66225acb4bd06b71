/**
 * The wire between kernel and view, and the one place where `unknown` becomes typed.
 *
 * Mirrors `src/nbstream/messages.py`; the same JSON travels by comm and by WebSocket.
 */

export type MessageType = "assistant" | "user" | "system" | "error" | "tool" | "response";
export type Role = "system" | "user" | "assistant" | "tool";
export type Part = "text" | "reasoning" | "refusal" | "tool_call" | "tool_call_response";
export type Op = "append" | "set" | "drop" | "note";
export type AgentStatus = "created" | "running" | "completed" | "failed" | "stopped" | "interrupted";
export type LiveState = "starting" | "live" | "reconnecting" | "stalled" | "save-failed" | "gone" | "ended";
export type Metadata = Readonly<Record<string, unknown>>;

/** One saved row of the log. `sequence_number` counts from 1 within its agent, and is its identity there. */
export interface AgentMessage {
  readonly agent_id: string;
  readonly sequence_number: number;
  readonly type: MessageType;
  readonly role: Role | null;
  readonly part: Part | null;
  readonly block: string | null;
  readonly op: Op;
  readonly content: string;
  readonly metadata: Metadata;
  readonly created_at: string;
}

/** One agent: one run of one program on one prompt. */
export interface AgentRecord {
  readonly id: string;
  readonly type: string;
  readonly status: AgentStatus;
  readonly source: string;
  readonly prompt: string | null;
  readonly session_id: string | null;
  readonly model: string | null;
  readonly created_at: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly error: string | null;
}

/** How the service's own link to the source is. */
export interface Live {
  readonly state: LiveState;
  readonly detail: string | null;
}

export interface MessageBatch {
  readonly type: "agent:message";
  readonly agent_id: string;
  readonly messages: readonly AgentMessage[];
  /** The highest sequence number that is saved. */
  readonly head: number;
  /** Of the numbers above this one, up to the last row here, no other row exists: what is not here was compacted. */
  readonly after?: number;
}

export interface StatusUpdate {
  readonly type: "agent:status" | "agent:complete";
  readonly agent_id: string;
  readonly record: AgentRecord;
  readonly head: number;
  /** Re-delivered messages that the store refused. */
  readonly duplicates: number;
  readonly live: Live;
}

export interface ErrorNotice {
  readonly type: "agent:error";
  readonly agent_id: string;
  readonly message: string;
  readonly reason: string | null;
}

/** The answer to `raw`: the source as received, or null when nothing was kept. */
export interface RawAnswer {
  readonly type: "agent:raw";
  readonly agent_id: string;
  readonly sequence_number: number;
  readonly raw: string | null;
}

export type ToView = MessageBatch | StatusUpdate | ErrorNotice | RawAnswer;

export type FromView =
  | { readonly type: "subscribe"; readonly agent_id: string; readonly since: number }
  | { readonly type: "unsubscribe"; readonly agent_id: string }
  | { readonly type: "stop"; readonly agent_id: string }
  | { readonly type: "raw"; readonly agent_id: string; readonly sequence_number: number };

/** Metadata keys, as in `messages.py`. */
export const TOOL_NAME = "gen_ai.tool.name";
export const TOOL_CALL_ID = "gen_ai.tool.call.id";
export const INPUT_TOKENS = "gen_ai.usage.input_tokens";
export const OUTPUT_TOKENS = "gen_ai.usage.output_tokens";
export const CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens";
export const CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens";
export const RESPONSE_ID = "gen_ai.response.id";
export const KIND = "nbstream.kind";
/** Kinds of notes that say nothing to a reader. */
export const BOOKKEEPING: ReadonlySet<string> = new Set(["usage", "skipped"]);
export const PARENT = "nbstream.parent_tool_call_id";
export const IS_ERROR = "nbstream.is_error";
export const DURATION_MS = "nbstream.duration_ms";
export const COST_USD = "nbstream.cost_usd";
export const TURNS = "nbstream.turns";

const TYPES = ["assistant", "user", "system", "error", "tool", "response"] as const;
const ROLES = ["system", "user", "assistant", "tool"] as const;
const PARTS = ["text", "reasoning", "refusal", "tool_call", "tool_call_response"] as const;
const OPS = ["append", "set", "drop", "note"] as const;
const STATUSES = ["created", "running", "completed", "failed", "stopped", "interrupted"] as const;
const LIVE_STATES = ["starting", "live", "reconnecting", "stalled", "save-failed", "gone", "ended"] as const;

/** What came is not of the wire's shape. */
export class WireError extends Error {
  override readonly name = "WireError";
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fields(value: unknown, where: string): Fields {
  if (!isFields(value)) throw new WireError(`expected an object for ${where}, got ${typeof value}`);
  return value;
}

function text(from: Fields, key: string): string {
  const value = from[key];
  if (typeof value !== "string") throw new WireError(`expected a string for ${key}, got ${typeof value}`);
  return value;
}

function textOrNull(from: Fields, key: string): string | null {
  return from[key] === undefined || from[key] === null ? null : text(from, key);
}

function whole(from: Fields, key: string, least = Number.MIN_SAFE_INTEGER): number {
  const value = from[key];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    throw new WireError(`expected a whole number from ${least} for ${key}, got ${String(value)}`);
  }
  return value;
}

function oneOf<T extends string>(from: Fields, key: string, allowed: readonly T[]): T {
  const value = from[key];
  const found = allowed.find((name) => name === value);
  if (found === undefined) {
    throw new WireError(`expected one of ${allowed.join(", ")} for ${key}, got ${String(value)}`);
  }
  return found;
}

function oneOfOrNull<T extends string>(from: Fields, key: string, allowed: readonly T[]): T | null {
  return from[key] === undefined || from[key] === null ? null : oneOf(from, key, allowed);
}

const ROW = { type: "assistant", role: "assistant", part: "text", block: null, op: "append", content: "", metadata: {} } as const;

/**
 * Narrows rows: what one leaves out is as in the row before it, so rows that have everything are welcome too.
 *
 * @param after the number of the row before the first. Throws `WireError` naming the field.
 */
export function toMessages(value: unknown, agentId: string, after = 0): AgentMessage[] {
  if (!Array.isArray(value)) throw new WireError("expected an array for messages");
  const clock = new Clock();
  let row: AgentMessage = { ...ROW, agent_id: agentId, sequence_number: after, created_at: "" };
  return value.map((each) => (row = toMessage(fields(each, "a message"), row, clock)));
}

function toMessage(from: Fields, before: AgentMessage, clock: Clock): AgentMessage {
  const has = (key: keyof AgentMessage): boolean => from[key] !== undefined;
  return {
    agent_id: before.agent_id,
    sequence_number: has("sequence_number") ? whole(from, "sequence_number", 1) : before.sequence_number + 1,
    type: has("type") ? oneOf(from, "type", TYPES) : before.type,
    role: has("role") ? oneOfOrNull(from, "role", ROLES) : before.role,
    part: has("part") ? oneOfOrNull(from, "part", PARTS) : before.part,
    block: has("block") ? textOrNull(from, "block") : before.block,
    op: has("op") ? oneOf(from, "op", OPS) : before.op,
    content: has("content") ? text(from, "content") : before.content,
    metadata: has("metadata") ? fields(from["metadata"], "metadata") : before.metadata,
    created_at: has("created_at") ? clock.set(text(from, "created_at")) : clock.after(from["us"] === undefined ? 0 : whole(from, "us")),
  };
}

/** Tells the time of one row after the other, exact to the microsecond, which `Date` is not. */
class Clock {
  #text = "1970-01-01T00:00:00.000000+00:00";
  #ms: number | null = 0;
  #us = 0;

  set(iso: string): string {
    this.#ms = null;
    return (this.#text = iso);
  }

  after(us: number): string {
    if (us === 0) return this.#text;
    this.#ms ??= this.#read();
    const all = this.#us + us;
    this.#ms += Math.floor(all / 1000);
    this.#us = ((all % 1000) + 1000) % 1000;
    return (this.#text = `${new Date(this.#ms).toISOString().slice(0, -1)}${String(this.#us).padStart(3, "0")}+00:00`);
  }

  #read(): number {
    this.#us = Number(/\.\d{3}(\d{3})/.exec(this.#text)?.[1] ?? 0);
    return Date.parse(this.#text);
  }
}

function toRecord(value: unknown): AgentRecord {
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
    error: textOrNull(from, "error"),
  };
}

function toLive(value: unknown): Live {
  const from = fields(value, "live");
  return { state: oneOf(from, "state", LIVE_STATES), detail: textOrNull(from, "detail") };
}

function toBatch(from: Fields): MessageBatch {
  const agent_id = text(from, "agent_id");
  const after = from["after"] === undefined ? undefined : whole(from, "after", 0);
  return {
    type: "agent:message",
    agent_id,
    messages: toMessages(from["messages"], agent_id, after),
    head: whole(from, "head", 0),
    ...(after === undefined ? {} : { after }),
  };
}

/**
 * Narrows what a transport received.
 *
 * Returns null for a type this view does not know, so that a newer kernel can say more. Throws `WireError` where a
 * known type is malformed.
 */
export function toView(value: unknown): ToView | null {
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
        live: toLive(from["live"]),
      };
    case "agent:error":
      return {
        type,
        agent_id: text(from, "agent_id"),
        message: text(from, "message"),
        reason: textOrNull(from, "reason"),
      };
    case "agent:raw":
      return {
        type,
        agent_id: text(from, "agent_id"),
        sequence_number: whole(from, "sequence_number", 1),
        raw: textOrNull(from, "raw"),
      };
    default:
      return null;
  }
}
