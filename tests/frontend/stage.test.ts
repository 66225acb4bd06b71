import assert from "node:assert/strict";
import { test } from "node:test";

import type { MessageBatch, StatusUpdate, ToView } from "../../src/nbstream/widget/frontend/message.ts";
import { History, Stage } from "../../src/nbstream/widget/frontend/stage.ts";
import type { Sink, Transport } from "../../src/nbstream/widget/frontend/transport.ts";
import { batch, message, status } from "./generate.ts";

/** A transport that says what the test says. */
class Far implements Transport {
  readonly kind = "far";
  sink: Sink | null = null;
  asked: number[] = [];
  raws: number[] = [];
  open(_agentId: string, sink: Sink): void {
    this.sink = sink;
  }
  subscribe(since: number): void {
    this.asked.push(since);
  }
  stop(): void {
    throw new Error("a replay stops nobody");
  }
  raw(sequenceNumber: number): void {
    this.raws.push(sequenceNumber);
  }
  close(): void {
    this.sink = null;
  }
}

/** What a view on the stage heard. */
function heard(stage: Stage): ToView[] {
  const messages: ToView[] = [];
  stage.open("a", {
    receive: (each) => messages.push(each),
    gone: (detail) => assert.fail(detail),
    malformed: (detail) => assert.fail(detail),
  });
  return messages;
}

const rows = (messages: readonly ToView[]): number[] =>
  messages.flatMap((each) => (each.type === "agent:message" ? each.messages.map((row) => row.sequence_number) : []));
const statuses = (messages: readonly ToView[]): string[] =>
  messages.filter((each): each is StatusUpdate => each.type === "agent:status").map(({ record }) => record.status);
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

function told(count: number, name: "running" | "completed" = "completed"): { far: Far; history: History } {
  const far = new Far();
  const history = new History("a", far);
  far.sink?.receive(status(name, count));
  far.sink?.receive(batch(1, count));
  return { far, history };
}

test("a stage tells its rows once, in order, and the end only at the end", async () => {
  const { history } = told(9);
  const stage = new Stage(history, 2);
  const messages = heard(stage);
  stage.subscribe(0);
  await turn();
  assert.deepEqual(rows(messages), [1, 2]);
  stage.show(5);
  stage.show(3);
  stage.show(9);
  assert.deepEqual(rows(messages), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(statuses(messages), ["running", "completed"]);
  history.close();
});

test("a view that asks again gets what it does not hold", async () => {
  const { history } = told(9);
  const stage = new Stage(history, 6);
  const messages = heard(stage);
  stage.subscribe(4);
  await turn();
  assert.deepEqual(rows(messages), [5, 6]);
  history.close();
});

test("numbers that a compacted log has no more are no holes on the stage either", async () => {
  const far = new Far();
  const history = new History("a", far);
  far.sink?.receive(status("completed", 9));
  far.sink?.receive({ type: "agent:message", agent_id: "a", messages: [1, 4, 9].map((n) => message(n)), head: 9, after: 0 });
  assert.equal(history.complete, true);
  const stage = new Stage(history, 2);
  const messages = heard(stage);
  stage.subscribe(0);
  await turn();
  stage.show(3);
  assert.deepEqual(rows(messages), [1, 4, 9]);
  const batches = messages.filter((each): each is MessageBatch => each.type === "agent:message");
  assert.deepEqual(batches.map(({ after, head }) => [after, head]), [[0, 4], [4, 9]]);
  assert.deepEqual(statuses(messages), ["running", "completed"]);
  history.close();
});

test("an agent that still runs has no end, however far the stage is", () => {
  const { history } = told(3, "running");
  const stage = new Stage(history, 0);
  const messages = heard(stage);
  stage.show(3);
  assert.deepEqual(statuses(messages), ["running"]);
  history.close();
});

test("what is missing is asked for until it is here, and then nobody is asked", async () => {
  const far = new Far();
  const history = new History("a", far);
  far.sink?.receive(status("completed", 3));
  far.sink?.receive(batch(1, 2));
  while (!far.asked.includes(2)) await new Promise((done) => setTimeout(done, 20));
  far.sink?.gone("nobody is there");
  assert.equal(history.trouble, "nobody is there");
  far.sink?.receive(batch(3, 3));
  assert.deepEqual([history.complete, history.trouble], [true, null]);
  far.sink?.gone("nobody is there");
  assert.equal(history.trouble, null);
  history.raw(2);
  assert.deepEqual(far.raws, [2]);
  history.close();
  assert.equal(far.sink, null);
});
