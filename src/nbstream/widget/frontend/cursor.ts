/** Up to where everything was handed to a view, as far as its transport can tell; asking from too early costs only bytes. */

import type { ToView } from "./message.ts";

export class Cursor {
  held = 0;

  see(message: ToView): void {
    if (message.type !== "agent:message") return;
    const last = message.messages.at(-1)?.sequence_number ?? 0;
    if (message.after !== undefined && message.after <= this.held && last > this.held) this.held = last;
    for (const row of message.messages) if (row.sequence_number === this.held + 1) this.held += 1;
  }
}
