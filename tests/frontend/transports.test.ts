import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Backoff } from "../../src/nbstream/widget/frontend/backoff.ts";
import { CommTransport } from "../../src/nbstream/widget/frontend/comm.ts";
import { Server } from "../../src/nbstream/widget/frontend/server.ts";
import { ServerTransport } from "../../src/nbstream/widget/frontend/servertransport.ts";
import { PageSocket } from "../../src/nbstream/widget/frontend/socket.ts";
import { SwitchingTransport } from "../../src/nbstream/widget/frontend/switching.ts";
import { batch, below, message, random, shuffled, status } from "./generate.ts";
import { FakeModel, FakeSocket, Viewer, never } from "./wires.ts";

/** A server with `rows` rows of agent "a"; `code` is what it answers while it is not 200. */
class Far {
  rows = 0;
  name: "running" | "completed" = "running";
  code = 200;
  down = false;
  asked: string[] = [];
  limit = 1000;
  sockets: FakeSocket[] = [];

  readonly server = new Server("http://here/", { origin: "http://here", cookie: () => "" }, (url, init) => this.#answer(url, init));
  readonly page = new PageSocket(() => (this.sockets.push(new FakeSocket()), this.socket), { listen: () => () => undefined }, new Backoff(() => 1));

  get socket(): FakeSocket {
    return this.sockets.at(-1) ?? never();
  }

  transport(first = false): ServerTransport {
    return new ServerTransport(this.server, first ? status("running", this.rows) : null, this.page, new Backoff(() => 1));
  }

  #answer(url: string, init: RequestInit): Promise<Response> {
    this.asked.push(`${init.method} ${url.slice("http://here/nbstream/api/agents/a".length)}`);
    if (this.down) return Promise.reject(new TypeError("Failed to fetch"));
    if (this.code !== 200) return Promise.resolve(Response.json({ message: "no", reason: "Because" }, { status: this.code }));
    if (init.method === "DELETE") return Promise.resolve(new Response(null, { status: 204 }));
    if (url.endsWith("/status")) return Promise.resolve(Response.json(status(this.name, this.rows)));
    const since = Number(new URL(url).searchParams.get("since"));
    const to = Math.min(this.rows, since + this.limit);
    const { messages } = batch(since + 1, to);
    return Promise.resolve(Response.json({ agent_id: "a", messages, head: this.rows, next_since: to, has_more: to < this.rows, gaps: [] }));
  }
}

/** Lets every promise that is due resolve. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
}

async function pass(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  await settle();
}

let far: Far;
let view: Viewer;
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  far = new Far();
  view = new Viewer();
});

test("server transport: asks who it is, enters the room, and takes what comes", async () => {
  const transport = far.transport();
  transport.open("a", view);
  transport.subscribe(0);
  await settle();
  assert.deepEqual(view.types(), ["agent:status"]);
  far.socket.open();
  assert.deepEqual(far.socket.sent, [{ type: "subscribe", agent_id: "a", since: 0 }]);
  far.socket.deliver(batch(1, 3));
  assert.equal(view.log.contiguous, 3);
  assert.equal(transport.since, 3);
  transport.close();
  assert.deepEqual(far.socket.sent.at(-1), { type: "unsubscribe", agent_id: "a" });
});

test("server transport: a status that is known already is not asked for, and is not told while the view is being made", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  transport.subscribe(0);
  assert.deepEqual(view.types(), []);
  await settle();
  assert.deepEqual(view.types(), ["agent:status"]);
  assert.deepEqual(far.asked, []);
});

test("server transport: the first rows come by REST while the WebSocket connects, which is asked for the rest", async () => {
  far.rows = 5;
  const transport = new ServerTransport(far.server, status("running", 5), far.page, new Backoff(() => 1), far.server.page("a", 0));
  transport.open("a", view);
  transport.subscribe(0);
  assert.equal(far.sockets.length, 0);
  await settle();
  assert.equal(view.log.contiguous, 5);
  far.socket.open();
  assert.deepEqual(far.socket.sent, [{ type: "subscribe", agent_id: "a", since: 5 }]);
  assert.deepEqual(far.asked, ["GET /messages?since=0&limit=1000&compact=true"]);
  transport.close();
});

test("server transport: where the first rows do not come by REST, the WebSocket brings them", async () => {
  const refused = Promise.reject<never>(new TypeError("Failed to fetch"));
  const transport = new ServerTransport(far.server, status("running", 5), far.page, new Backoff(() => 1), refused);
  transport.open("a", view);
  await settle();
  far.socket.open();
  assert.deepEqual(far.socket.sent, [{ type: "subscribe", agent_id: "a", since: 0 }]);
  transport.close();
});

test("server transport: holes come by REST, page by page, one question at a time", async () => {
  const transport = far.transport(true);
  far.rows = 25;
  far.limit = 10;
  transport.open("a", view);
  await settle();
  far.socket.open();
  far.socket.deliver(batch(20, 25));
  transport.subscribe(0);
  transport.subscribe(0);
  await settle();
  assert.deepEqual(far.asked, [
    "GET /status",
    "GET /messages?since=0&limit=1000&compact=true",
    "GET /messages?since=10&limit=1000&compact=true",
    "GET /messages?since=20&limit=1000&compact=true",
  ]);
  assert.ok(view.log.complete);
  assert.equal(view.log.contiguous, 25);
});

test("server transport: what the WebSocket is bringing does not come by REST too", async () => {
  const transport = far.transport(true);
  far.rows = 30;
  far.limit = 10;
  transport.open("a", view);
  await settle();
  far.socket.open();
  far.socket.deliver(status("running", 30));
  far.socket.deliver(batch(1, 5, 30));
  transport.subscribe(5);
  await settle();
  assert.equal(far.asked.length, 0, "more is coming");
  const receive = view.receive.bind(view);
  view.receive = (said) => {
    receive(said);
    if (said.type === "agent:message" && said.messages.at(-1)?.sequence_number === 15) far.socket.deliver(batch(16, 28, 30));
  };
  transport.subscribe(5);
  await settle();
  const pages = far.asked.filter((asked) => asked.includes("messages"));
  assert.deepEqual(pages.map((asked) => /since=(\d+)/.exec(asked)?.[1]), ["5"], "it began to come by the WebSocket again");
  assert.equal(view.log.contiguous, 28);
  transport.close();
});

test("server transport: an older status by REST does not undo a newer one by WebSocket", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  await settle();
  far.socket.open();
  transport.subscribe(0);
  await settle();
  assert.equal(far.asked.length, 0, "the room's answer is on its way");
  transport.subscribe(0);
  far.socket.deliver({ ...status("completed", 0), type: "agent:complete" });
  await settle();
  assert.equal(view.types().at(-2), "agent:complete");
  assert.equal(view.types().at(-1), "agent:message");
});

test("server transport: after a break it goes on from what the view holds", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  await settle();
  far.socket.open();
  far.socket.deliver(batch(1, 7));
  far.socket.lose();
  await pass(250);
  far.socket.open();
  assert.deepEqual(far.socket.sent, [{ type: "subscribe", agent_id: "a", since: 7 }]);
  assert.deepEqual(view.troubles, [], "a short break heals unseen");
  transport.close();
});

test("server transport: a long break is told, and ends by itself", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  await settle();
  far.socket.open();
  far.down = true;
  far.socket.lose();
  await pass(1000);
  assert.equal(view.lost, null);
  await pass(1000);
  assert.match(view.lost ?? "", /does not answer; trying again/);
  far.down = false;
  far.rows = 4;
  await pass(3000);
  assert.equal(view.lost, null);
  assert.equal(view.log.contiguous, 4, "while there is no WebSocket, REST brings what is new");
  transport.close();
});

for (const [code, said] of [[404, /does not know this agent/], [403, /log in again/], [410, /was deleted/]] as const) {
  test(`server transport: ${code} is told, never tried again by itself, and no WebSocket is made`, async () => {
    far.code = code;
    const transport = far.transport();
    transport.open("a", view);
    await settle();
    assert.match(view.lost ?? "", said);
    await pass(60_000);
    assert.deepEqual(far.asked, ["GET /status"]);
    assert.equal(far.sockets.length, 0);
    far.code = 200;
    transport.subscribe(0);
    await settle();
    assert.equal(view.lost, null, "a question of the view's is a new chance");
  });
}

test("server transport: a server that is starting is asked again", async () => {
  far.code = 503;
  const transport = far.transport();
  transport.open("a", view);
  await settle();
  await pass(250);
  far.code = 200;
  await pass(500);
  assert.deepEqual(view.types(), ["agent:status"]);
  transport.close();
});

test("server transport: Stop goes by REST, and says when it failed", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  await settle();
  far.socket.open();
  transport.stop();
  await settle();
  assert.deepEqual(far.asked, ["DELETE "]);
  far.code = 500;
  transport.stop();
  await settle();
  const told = view.received.at(-1);
  assert.ok(told?.type === "agent:error");
  assert.equal(told.message, "The agent was not stopped: no");
  assert.equal(told.reason, "Because");
  far.down = true;
  transport.stop();
  await settle();
  assert.match(JSON.stringify(view.received.at(-1)), /was not stopped: the Jupyter server does not answer/);
});

test("server transport: what is not of the wire's shape is counted, a deleted agent is told", async () => {
  const transport = far.transport(true);
  transport.open("a", view);
  await settle();
  far.socket.open();
  far.socket.deliver({ type: "agent:message", agent_id: "a", messages: [{ content: 1 }], head: 1 });
  assert.equal(view.malformedOnes.length, 1);
  far.socket.deliver({ type: "agent:deleted", agent_id: "a" });
  assert.match(view.lost ?? "", /was deleted/);
});

test("server transport: rows dropped, doubled and shuffled on the way leave the store's list", async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const next = random(seed);
    const here = new Far();
    const seen = new Viewer();
    here.rows = 200;
    const transport = here.transport(true);
    transport.open("a", seen);
    await settle();
    here.socket.open();
    const frames = shuffled(Array.from({ length: 200 }, (_, index) => batch(index + 1, index + 1, 200)), next);
    for (const frame of frames) {
      const times = below(next, 3);
      for (let time = 0; time < times; time += 1) here.socket.deliver(frame);
    }
    while (!seen.log.complete) {
      transport.subscribe(seen.log.contiguous);
      await settle();
    }
    const numbers = seen.log.messages().map((row) => row.sequence_number);
    assert.deepEqual(numbers, Array.from({ length: 200 }, (_, index) => index + 1));
    transport.close();
  }
});

/** A switching transport over both, with the view that it serves. */
function both(): { transport: SwitchingTransport; model: FakeModel } {
  const model = new FakeModel();
  const transport = new SwitchingTransport(far.transport(), new CommTransport(model));
  transport.open("a", view);
  transport.subscribe(0);
  return { transport, model };
}

const requests = (model: FakeModel): string[] => model.sent.map((each) => `${each.type} ${each["since"] ?? ""}`.trim());

test("switching: by the server where it knows the agent, and the kernel keeps quiet", async () => {
  const { transport, model } = both();
  await settle();
  assert.equal(transport.kind, "server");
  assert.deepEqual(requests(model), ["unsubscribe"]);
  await pass(10_000);
  assert.deepEqual(requests(model), ["unsubscribe"], "once");
  transport.stop();
  await settle();
  assert.ok(far.asked.includes("DELETE "));
  transport.close();
});

test("switching: by comm where the server does not know the agent, or there is no extension", async () => {
  far.code = 404;
  const { transport, model } = both();
  await settle();
  assert.equal(transport.kind, "comm");
  assert.deepEqual(requests(model), ["subscribe 0"]);
  model.deliver(status("running", 2));
  model.deliver(batch(1, 2));
  assert.equal(view.log.contiguous, 2);
  assert.equal(view.lost, null);
  transport.stop();
  assert.equal(model.sent.at(-1)?.type, "stop");
  assert.equal(far.sockets.length, 0);
});

test("switching: a server that takes too long does not keep the kernel waiting, and is taken when it answers", async () => {
  far.down = true;
  const { transport, model } = both();
  far.down = false;
  mock.timers.tick(800);
  assert.equal(transport.kind, "comm");
  assert.deepEqual(requests(model), ["subscribe 0"]);
  await settle();
  await pass(1000);
  assert.equal(transport.kind, "server");
  assert.deepEqual(requests(model), ["subscribe 0", "unsubscribe"]);
  transport.close();
});

test("switching: the server dies → comm, from where the view is; it comes back → server", async () => {
  const { transport, model } = both();
  await settle();
  far.socket.open();
  far.socket.deliver(batch(1, 5));
  far.down = true;
  far.socket.lose();
  await pass(1600);
  assert.equal(transport.kind, "comm");
  assert.equal(view.lost, null);
  assert.deepEqual(requests(model), ["unsubscribe", "subscribe 5"]);
  model.deliver(batch(6, 8));
  far.down = false;
  far.rows = 9;
  await pass(5000);
  assert.equal(transport.kind, "server");
  assert.deepEqual(requests(model).at(-1), "unsubscribe");
  assert.equal(view.log.contiguous, 9);
  transport.close();
});

test("switching: the comm dies → server", async () => {
  far.code = 404;
  const { transport, model } = both();
  await settle();
  assert.equal(transport.kind, "comm");
  model.broken = true;
  far.code = 200;
  transport.stop();
  await settle();
  assert.equal(transport.kind, "server");
  assert.equal(view.lost, null);
  transport.close();
});

test("switching: with neither, the view is told; either brings it back", async () => {
  far.code = 404;
  const { transport, model } = both();
  await settle();
  model.broken = true;
  transport.subscribe(0);
  await settle();
  assert.equal(view.lost, "Cannot send");
  far.code = 200;
  transport.subscribe(0);
  await settle();
  assert.equal(transport.kind, "server");
  assert.equal(view.lost, null);
  transport.close();
});

test("switching: rows are taken from either side, other words only from the side that is asked", async () => {
  const { transport, model } = both();
  await settle();
  const before = view.received.length;
  model.deliver(status("created", 0));
  assert.equal(view.received.length, before);
  model.deliver(batch(1, 2));
  assert.equal(view.log.contiguous, 2);
  transport.close();
});

test("switching: whoever still listens to the kernel says so when another view asks it to keep quiet", async () => {
  far.code = 404;
  const { transport, model } = both();
  await settle();
  model.deliver(batch(1, 3));
  model.deliver({ type: "agent:quiet", agent_id: "a" });
  assert.deepEqual(requests(model), ["subscribe 0", "subscribe 3"]);
  transport.close();
  far.code = 200;
  const other = both();
  await settle();
  other.model.deliver({ type: "agent:quiet", agent_id: "a" });
  assert.deepEqual(requests(other.model), ["unsubscribe"]);
  other.transport.close();
});

test("comm alone: quiet is answered by subscribing", () => {
  const model = new FakeModel();
  const transport = new CommTransport(model);
  transport.open("a", view);
  model.deliver({ type: "agent:quiet", agent_id: "a" });
  assert.deepEqual(requests(model), ["subscribe 0"]);
  assert.equal(message(1).sequence_number, 1);
});
