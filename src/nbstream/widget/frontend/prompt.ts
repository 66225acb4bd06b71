/** The prompt of the agent's record, as a block of the user. */

import type { Block } from "./fold.ts";
import type { AgentRecord } from "./message.ts";

export function promptBlock(prompt: string, record: AgentRecord): Block {
  const time = record.created_at ?? "";
  return {
    key: "prompt",
    block: null,
    sequence_number: 0,
    last_sequence_number: 0,
    type: "user",
    role: "user",
    part: "text",
    content: prompt,
    metadata: {},
    created_at: time,
    ended_at: time,
    whole: true,
  };
}
