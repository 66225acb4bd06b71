/**
 * What others load of this bundle: the anywidget, and the renderer of the notebook's own extension.
 *
 * One view in both; they differ in how they come into the page and in how they reach the agent.
 */

import { CommTransport } from "./comm.ts";
import type { CommModel } from "./comm.ts";
import { agentRenderer } from "./mime.ts";
import { askedOf } from "./place.ts";
import { findServer } from "./server.ts";
import { ServerTransport } from "./servertransport.ts";
import { SwitchingTransport } from "./switching.ts";
import type { Transport } from "./transport.ts";
import { mountGrid, sharedModel } from "./grid.ts";
import { mountReplay } from "./replay.ts";
import { mountView } from "./view.ts";

interface RenderContext {
  readonly model: CommModel;
  readonly el: HTMLElement;
}

/** Shows the agent, or the agents, that the model names. Returns the cleanup that anywidget calls. */
function render({ model, el }: RenderContext): () => void {
  const ids = model.get("agent_ids");
  const speed = model.get("replay_speed");
  if (Array.isArray(ids)) {
    const one = sharedModel(model);
    return mountGrid(el, ids.map(String), (id) => transportFor(one(id)), Number(model.get("columns") ?? 0));
  }
  const id = String(model.get("agent_id"));
  if (typeof speed === "number") return mountReplay(el, id, transportFor(model), speed);
  return mountView(el, id, transportFor(model), { place: askedOf(model.get("at"), model.get("words")) });
}

function transportFor(model: CommModel): Transport {
  const server = findServer(document, location.origin);
  const comm = new CommTransport(model);
  return server === null ? comm : new SwitchingTransport(new ServerTransport(server), comm);
}

/** The hash of these sources; the bundle's build puts it here. */
declare const SOURCES: string;

/** Views that the page has, by the hash of their sources: a widget whose code is only a loader takes its own. */
const VIEWS = Symbol.for("nbstream.views");
const page = globalThis as { [VIEWS]?: Map<string, object> };
const widget = { render };
(page[VIEWS] ??= new Map()).set(SOURCES, widget);

export { agentRenderer };
export default widget;
