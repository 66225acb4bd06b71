import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Backoff } from "../../src/nbstream/widget/frontend/backoff.ts";
import { PageSocket } from "../../src/nbstream/widget/frontend/socket.ts";
import type { Member } from "../../src/nbstream/widget/frontend/socket.ts";
import { FakeSocket, never } from "./wires.ts";

mock.timers.enable({ apis: ["setTimeout"] });
let sockets: FakeSocket[] = [];
let wake: () => void = () => undefined;
let listening = 0;
let page: PageSocket;
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  sockets = [];
  listening = 0;
  const surroundings = {
    listen: (act: () => void) => {
      wake = act;
      listening += 1;
      return () => {
        listening -= 1;
      };
    },
  };
  page = new PageSocket(() => (sockets.push(new FakeSocket()), sockets.at(-1)!), surroundings, new Backoff(() => 1));
});

class View implements Member {
  readonly agentId: string;
  since: number;
  readonly heard: string[] = [];

  constructor(agentId: string, since = 0) {
    this.agentId = agentId;
    this.since = since;
  }

  frame(content: unknown): void {
    this.heard.push((content as { n: string }).n);
  }

  up(): void {
    this.heard.push("up");
  }

  down(): void {
    this.heard.push("down");
  }
}

const last = (): FakeSocket => sockets.at(-1) ?? never();

test("socket: one connection for all views, a room for each agent", () => {
  const [a, b, again] = [new View("a"), new View("b", 5), new View("a")];
  page.join(a);
  page.join(b);
  last().open();
  page.join(again);
  assert.equal(sockets.length, 1);
  assert.deepEqual(last().sent, [
    { type: "subscribe", agent_id: "a", since: 0 },
    { type: "subscribe", agent_id: "b", since: 5 },
    { type: "subscribe", agent_id: "a", since: 0 },
  ]);
  last().deliver({ agent_id: "a", n: "1" });
  last().deliver({ agent_id: "b", n: "2" });
  last().deliver({ type: "pong" });
  last().garbage("{");
  assert.deepEqual([a.heard, b.heard, again.heard], [["up", "1"], ["up", "2"], ["up", "1"]]);
});

test("socket: a room is left with its last view, the connection a second after", () => {
  const leave = [page.join(new View("a")), page.join(new View("a"))];
  last().open();
  leave[0]!();
  assert.equal(last().sent.filter(({ type }) => type === "unsubscribe").length, 0);
  leave[1]!();
  assert.deepEqual(last().sent.at(-1), { type: "unsubscribe", agent_id: "a" });
  mock.timers.tick(900);
  assert.equal(last().closed, false);
  const rejoined = page.join(new View("a"));
  mock.timers.tick(500);
  assert.equal(last().closed, false, "an output that is drawn anew keeps it");
  rejoined();
  mock.timers.tick(1000);
  assert.equal(last().closed, true);
  assert.equal(listening, 0);
  mock.timers.tick(60_000);
  assert.equal(sockets.length, 1, "nobody is there to reconnect for");
});

test("socket: comes back ever more slowly, at most every ten seconds, from where each view is", () => {
  const view = new View("a");
  page.join(view);
  last().open();
  view.since = 42;
  const waits: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) {
    last().lose();
    const before = sockets.length;
    let waited = 0;
    while (sockets.length === before) {
      mock.timers.tick(50);
      waited += 50;
    }
    waits.push(waited);
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  last().open();
  assert.deepEqual(last().sent, [{ type: "subscribe", agent_id: "a", since: 42 }]);
  last().deliver({ agent_id: "a", n: "x" });
  last().lose();
  mock.timers.tick(250);
  assert.equal(sockets.length, 10, "after a word from the server the first wait is short again");
});

test("socket: a reader that was too slow comes back at once", () => {
  page.join(new View("a"));
  last().open();
  last().lose(4008);
  mock.timers.tick(1);
  assert.equal(sockets.length, 2);
});

test("socket: silence is answered by a ping, and a ping without an answer by a new connection", () => {
  const view = new View("a");
  page.join(view);
  last().open();
  mock.timers.tick(9_000);
  last().deliver({ agent_id: "a", n: "1" });
  mock.timers.tick(9_999);
  assert.equal(last().sent.length, 1);
  mock.timers.tick(1);
  assert.deepEqual(last().sent.at(-1), { type: "ping" });
  last().deliver({ type: "pong" });
  mock.timers.tick(10_000);
  assert.deepEqual(last().sent.at(-1), { type: "ping" });
  mock.timers.tick(4_000);
  assert.equal(sockets[0]!.closed, true);
  assert.equal(view.heard.at(-1), "down");
  mock.timers.tick(250);
  assert.equal(sockets.length, 2);
});

test("socket: a connection that is never made is given up", () => {
  page.join(new View("a"));
  mock.timers.tick(8_000);
  assert.equal(last().closed, true);
  mock.timers.tick(250);
  assert.equal(sockets.length, 2);
});

test("socket: when the network or the reader is back, it finds out at once", () => {
  page.join(new View("a"));
  last().open();
  wake();
  assert.deepEqual(last().sent.at(-1), { type: "ping" });
  mock.timers.tick(4_000);
  for (let tries = 0; tries < 5; tries += 1) {
    mock.timers.tick(20_000);
    last().lose();
  }
  const before = sockets.length;
  wake();
  assert.equal(sockets.length, before + 1);
  wake();
  assert.equal(sockets.length, before + 1, "one that is being made is not made twice");
});
