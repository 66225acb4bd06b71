/** The anywidget: its model's custom messages are the transport, its element the place. */

import { CommTransport } from "./comm.ts";
import type { CommModel } from "./comm.ts";
import { mountView } from "./view.ts";

interface RenderContext {
  readonly model: CommModel;
  readonly el: HTMLElement;
}

/** Shows the agent that the model names. Returns the cleanup that anywidget calls. */
function render({ model, el }: RenderContext): () => void {
  return mountView(el, String(model.get("agent_id")), new CommTransport(model));
}

export default { render };
