/** Up to where everything was handed to a view, as far as its transport can tell; asking from too early costs only bytes. */

import type { ToView } from "./message.ts";

export class Cursor {
  held = 0;

  see(message: ToView): void {
    if (message.type !== "agent:message") return;
    for (const row of message.messages) if (row.sequence_number === this.held + 1) this.held += 1;
  }
}
