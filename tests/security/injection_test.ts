import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Operation } from "../../src/api/operation.ts";
import { NASTY, SchemaSampler, seededRandom } from "../http/schema_sampler.ts";
import {
  type Input,
  type Outcome,
  type TestTransport,
  type TransportClient,
  TRANSPORTS,
} from "../support/transports.ts";
import { inputFields, inputSchema } from "../tools/operation_fields.ts";
import { backendOf } from "../support/api_keys.ts";
import { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/**
 * Values that a query language, an object's internals or a prototype could interpret as more than
 * text.
 */
const OPERATORS: readonly unknown[] = [
  { $ne: null },
  { $gt: "" },
  { $regex: ".*" },
  { $where: "sleep(10000)" },
  { $in: [] },
  [{ $ne: null }],
  { toString: "x", valueOf: 1 },
];

/** Fields that belong to the server, and those that reach a prototype. */
const SERVERS_OWN: Record<string, unknown> = {
  role: "admin",
  isAdmin: true,
  emailVerifiedAt: "2026-01-01T00:00:00Z",
  passwordHash: "x",
  totp: null,
  recoveryCodes: [],
  suspension: null,
  id: newId(),
  _id: newId(),
  senderId: newId(),
  ownerId: newId(),
  userId: newId(),
  sessionId: newId(),
  rev: 1,
  seq: 1,
  kind: "system",
  createdAt: "2020-01-01T00:00:00Z",
  editedAt: null,
  deletedAt: null,
  pinnedAt: "2026-01-01T00:00:00Z",
  reactions: [],
  memberCount: 1,
  status: "ready",
  $set: { role: "admin" },
  constructor: { prototype: { admin: true } },
  prototype: { admin: true },
  __proto__x: 1,
};

/** Returns the minimal valid input of a schema, so that any fault is in the added part. */
function leastInput(operation: Operation): Input {
  const schema = inputSchema(operation);
  const sampler = new SchemaSampler(seededRandom(7), schema.$defs ?? {});
  const required: string[] = schema.required ?? [];
  return Object.fromEntries(
    required.map((name) => [name, shortened(sampler.sample(schema.properties[name]))]),
  );
}

/** Lists of hundreds of samples would fill the refusal, which names thirty faults. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shortened);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortened(each)]));
}

/**
 * Returns those of `fields` that the refusal does not name: all of them, if the request was not
 * refused.
 */
function passed({ ok, error }: Outcome, fields: string[]): string[] {
  if (ok || error?.code !== "invalid_request") return fields;
  return fields.filter((field) => !JSON.stringify(error).includes(field));
}

/** Where every value is text (a path, the query of a GET), an operator is text too. */
function isTyped(transport: TestTransport, { rest }: Operation, field: string): boolean {
  return transport.name !== "REST" ||
    (rest!.method !== "GET" && !rest!.path.split("/").includes(`:${field}`));
}

/** Returns a client that may call the operation as far as its kind of caller goes. */
async function callers(app: RunningApp, transport: TestTransport) {
  await using stack = new AsyncDisposableStack();
  const person = stack.use(await transport.open(app, (await app.people("ann")).ann.token));
  // Sockets refuse keys, and offer no operation of servers.
  const key = (await backendOf(app)).token!;
  const server = transport.name === "REST" ? stack.use(await transport.open(app, key)) : person;
  const opened = stack.move();
  return {
    of: ({ access }: Operation) => access === "server" ? server : person,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

attack(TRANSPORTS, "no operation accepts an operator as a value", async (app, transport) => {
  await using clients = await callers(app, transport);
  const taken: string[] = [];
  for (const operation of app.app.operations.filter(transport.offers)) {
    const there = clients.of(operation);
    const fields = inputFields(operation).filter((field) => isTyped(transport, operation, field));
    if (fields.length === 0) continue;
    for (const value of OPERATORS) {
      const spoilt = Object.fromEntries(fields.map((field) => [field, value]));
      const outcome = await there.run(operation, { ...leastInput(operation), ...spoilt });
      for (const field of passed(outcome, fields)) {
        taken.push(`${operation.name}.${field} ${JSON.stringify(value)}: ${codeOf(outcome)}`);
      }
    }
  }
  assert.deepEqual(taken, []);
  assert.deepEqual(app.log, []);
});

attack(
  TRANSPORTS,
  "no operation accepts a field that belongs to the server",
  async (app, transport) => {
    await using clients = await callers(app, transport);
    const taken: string[] = [];
    for (const operation of app.app.operations.filter(transport.offers)) {
      const there = clients.of(operation);
      const own = new Set(inputFields(operation));
      const foreign = Object.entries(SERVERS_OWN).filter(([field]) => !own.has(field));
      // A refusal names at most thirty faults.
      for (const some of [foreign.slice(0, 14), foreign.slice(14)]) {
        const input = { ...leastInput(operation), ...Object.fromEntries(some) };
        const outcome = await there.run(operation, input);
        for (const field of passed(outcome, some.map(([name]) => name))) {
          taken.push(`${operation.name} ${field}: ${codeOf(outcome)}`);
        }
      }
    }
    assert.deepEqual(taken, []);
    assert.deepEqual(app.log, []);
    assert.equal(({} as Record<string, unknown>).admin, undefined);
  },
);

attack(TRANSPORTS, "text that looks like code is stored as text", async (app, transport) => {
  const { ann, bob } = await app.people("ann", "bob");
  await using there = await transport.open(app, ann.token);
  const send = app.app.operations.find(({ name }) => name === "message.send")!;
  for (const text of TEXTS) {
    const { data } = await there.run(send, { recipientId: bob.id, text });
    assert.equal(data?.text, text);
    await assertKept(app, data.chatId, data.id, ann.token, text);
  }
  assert.deepEqual(app.log, []);
});

const TEXTS = [
  "'; DROP TABLE messages; --",
  '{"$ne": null}',
  "${process.env.JWT_SECRET} {{7*7}} <%= 7*7 %>",
  "<img src=x onerror=alert(1)>",
  '"*" NEAR("a" "b") OR text : x AND NOT ^y',
  "__proto__.polluted",
  "%_\\",
];

async function assertKept(
  app: RunningApp,
  chatId: string,
  id: string,
  token: string,
  text: string,
): Promise<void> {
  const { body } = await app.client().as(token).get(`/api/messages/${chatId}?limit=1`);
  assert.deepEqual([body.items[0].id, body.items[0].text], [id, text]);
}

attack(REST, "a search for query syntax finds only that text", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  await app.client(bob).post("/api/messages", { recipientId: ann.id, text: "pineapple" });
  const found = async (path: string) => {
    const { status, body } = await http.get(path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body.items.length;
  };
  assert.equal(await found("/api/messages/search?q=pine"), 1, "the search works at all");
  for (
    const q of [
      "*",
      '"',
      '"*"',
      "p*e",
      "%",
      "_",
      "a OR pineapple",
      "NOT zebra",
      "text:pineapple",
      "NEAR(pineapple)",
      "^pine zebra",
      "' OR 1=1 --",
      "pine) OR (zebra",
      "$where",
      "(",
      "\\",
    ]
  ) {
    const path = `/api/messages/search?q=${encodeURIComponent(q)}`;
    assert.ok(await found(path) <= Number(/^\W*pine\w*\W*$/.test(q)), q);
  }
  for (const q of ["%", "_", "%ob%", "b_b", ".*", "_ob", "' OR 1=1 --", '"', "'--"]) {
    assert.equal(await found(`/api/users/search?q=${encodeURIComponent(q)}`), 0, q);
  }
  for (const query of ["q[$ne]=1", "q[]=a&q[]=b", "q=a&__proto__[admin]=1", "q=a&$where=1"]) {
    assert.equal((await http.get(`/api/messages/search?${query}`)).status, 400, query);
  }
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

attack(REST, "a new account has the default fields, whatever the request contains", async (app) => {
  const input = { username: "mallory", email: "m@example.org", password: "correct horse battery" };
  for (const [field, value] of Object.entries(SERVERS_OWN)) {
    const { status } = await app.client().post("/api/auth/register", { ...input, [field]: value });
    assert.equal(status, 400, field);
  }
  const { status, body } = await app.client().post("/api/auth/register", input);
  assert.equal(status, 201, "none of it was created");
  assert.deepEqual([body.user.role, body.user.emailVerifiedAt], ["user", null]);
});

attack(
  TRANSPORTS,
  "any value in place of an input object is refused",
  async (app, transport) => {
    const { ann } = await app.people("ann");
    await using there = await transport.open(app, ann.token);
    const send = app.app.operations.find(({ name }) => name === "message.send")!;
    for (const value of NASTY) {
      const outcome = await there.run(send, { recipientId: newId(), text: "x", replyTo: value });
      assert.equal(outcome.ok, false);
      assert.ok(["invalid_request", "not_found"].includes(codeOf(outcome)), codeOf(outcome));
    }
    await assertWorks(there, app);
    assert.deepEqual(app.log, []);
  },
);

async function assertWorks(there: TransportClient, app: RunningApp): Promise<void> {
  const get = app.app.operations.find(({ name }) => name === "presence.get")!;
  assert.equal((await there.run(get, {})).ok, true);
}

function codeOf({ ok, error }: Outcome): string {
  return ok ? "ok" : error?.code ?? "no answer";
}
