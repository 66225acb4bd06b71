import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import { Refused, Server, baseUrl, cookieNamed } from "../../src/nbstream/widget/frontend/server.ts";
import { status } from "./generate.ts";
import { message } from "./generate.ts";

const HERE = "http://localhost:8888";

const pages: [string, string, string | null][] = [
  ["JupyterLab", '{"baseUrl": "/"}', `${HERE}/`],
  ["under a hub's prefix", '{"baseUrl": "/user/bob/", "token": "s3cret"}', `${HERE}/user/bob/`],
  ["without the last slash", '{"baseUrl": "/user/bob"}', `${HERE}/user/bob/`],
  ["a whole address", `{"baseUrl": "${HERE}/x/"}`, `${HERE}/x/`],
  ["another origin", '{"baseUrl": "https://elsewhere.test/"}', null],
  ["another origin without a scheme", '{"baseUrl": "//elsewhere.test/"}', null],
  ["a script for an address", '{"baseUrl": "javascript:alert(1)"}', null],
  ["no address", "{}", null],
  ["no configuration", "", null],
  ["not JSON", "<b>", null],
  ["not an object", "null", null],
];
for (const [name, configuration, expected] of pages) {
  test(`base URL: ${name}`, () => assert.equal(baseUrl(configuration, HERE), expected));
}

test("cookie: the first of a name, and no other that ends in it", () => {
  assert.equal(cookieNamed("a=1; _xsrf=2|x=y; _xsrf=9", "_xsrf"), "2|x=y");
  assert.equal(cookieNamed("not_xsrf=1", "_xsrf"), null);
  assert.equal(cookieNamed("", "_xsrf"), null);
});

/** A Jupyter server on loopback, as far as these requests go. */
const asked: IncomingMessage[] = [];
let answer: { code: number; body: string } = { code: 200, body: "{}" };
const listener = createServer((request, response) => {
  asked.push(request);
  response.writeHead(answer.code, { "Content-Type": "application/json" });
  response.end(answer.body);
});
let server: Server;
before(async () => {
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  server = new Server(`${origin}/user/bob/`, { origin, cookie: () => "_xsrf=2|abc" });
});
after(() => listener.close());

function say(code: number, body: unknown): void {
  answer = { code, body: typeof body === "string" ? body : JSON.stringify(body) };
}

test("server: the WebSocket is beside the REST routes", () => {
  assert.match(server.socketUrl, /^ws:\/\/127\.0\.0\.1:\d+\/user\/bob\/nbstream\/ws$/);
});

test("server: status and pages are read, and a GET carries no XSRF header", async () => {
  say(200, status("running", 7));
  assert.equal((await server.status("a b/c")).head, 7);
  assert.equal(asked.at(-1)?.url, "/user/bob/nbstream/api/agents/a%20b%2Fc/status");
  assert.equal(asked.at(-1)?.headers["x-xsrftoken"], undefined);
  say(200, { agent_id: "a", messages: [message(5)], head: 9, next_since: 5, has_more: true, gaps: [] });
  const page = await server.page("a", 4);
  assert.deepEqual([page.messages.length, page.head, page.nextSince, page.hasMore], [1, 9, 5, true]);
  assert.equal(asked.at(-1)?.url, "/user/bob/nbstream/api/agents/a/messages?since=4&limit=1000&compact=true");
});

test("server: a stop is a DELETE with the XSRF cookie's value, and its refusal says why", async () => {
  say(200, "");
  await server.stop("a");
  assert.equal(asked.at(-1)?.method, "DELETE");
  assert.equal(asked.at(-1)?.headers["x-xsrftoken"], "2|abc");
  say(409, { message: "its owner does not answer", reason: "OwnerGone" });
  await assert.rejects(server.stop("a"), (error: unknown) => {
    assert.ok(error instanceof Refused);
    assert.deepEqual([error.status, error.message, error.reason, error.final], [409, "its owner does not answer", "OwnerGone", false]);
    return true;
  });
});

test("server: no token is sent or named in an address", () => {
  for (const request of asked) {
    assert.equal(request.headers.authorization, undefined);
    assert.doesNotMatch(request.url ?? "", /token/);
  }
});

test("server: the source of a row, or null where none was kept or another row came", async () => {
  say(200, { messages: [{ ...message(5), raw: "data" }], head: 9 });
  assert.equal(await server.raw("a", 5), "data");
  assert.equal(asked.at(-1)?.url, "/user/bob/nbstream/api/agents/a/messages?since=4&limit=1&raw=true");
  assert.equal(await server.raw("a", 4), null);
  say(200, { messages: [{ ...message(5), raw: null }], head: 9 });
  assert.equal(await server.raw("a", 5), null);
  say(200, { messages: [], head: 9 });
  assert.equal(await server.raw("a", 5), null);
});

for (const [code, final] of [[403, true], [404, true], [410, true], [500, false], [502, false]] as const) {
  test(`server: ${code} is ${final ? "final" : "worth another try"}, also in the HTML of a proxy in between`, async () => {
    say(code, "<h1>no</h1>");
    await assert.rejects(server.status("a"), (error: unknown) => error instanceof Refused && error.final === final);
  });
}

test("server: what is not of the wire's shape is refused", async () => {
  say(200, { type: "agent:raw", agent_id: "a", sequence_number: 1, raw: null });
  await assert.rejects(server.status("a"), /expected an agent's status/);
  say(200, { messages: "x", head: 1, next_since: 1 });
  await assert.rejects(server.page("a", 0), /expected a page/);
  say(200, { messages: [{ content: 1 }], head: 1, next_since: 1 });
  await assert.rejects(server.page("a", 0), /expected a string for content/);
});
