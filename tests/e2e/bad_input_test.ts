import assert from "node:assert/strict";
import { ERROR_CODES } from "../../src/core/errors.ts";
import { newId } from "../../src/core/ids.ts";
import type { Operation } from "../../src/api/operation.ts";
import {
  type Input,
  type Outcome,
  type TransportClient,
  TRANSPORTS,
} from "../support/transports.ts";
import { HttpClient } from "../support/http_client.ts";
import { type AnySchema, inputSchema } from "../tools/operation_fields.ts";
import { RunningApp } from "../support/running_app.ts";

/** Values that no field of any operation accepts. */
const NEVER_VALID: Record<string, unknown> = {
  "an operator object": { $gt: "" },
  "another operator object": { $ne: null },
  "operators in an array": [{ $regex: ".*" }],
  "half a surrogate pair": "\ud800",
  "NUL": "a\0b",
  "a fraction": 1.5,
  "a prototype": JSON.parse('{"__proto__":{"isAdmin":true}}'),
  "a huge string": "x".repeat(20_000) + " \u0001",
  "deep nesting": JSON.parse("[".repeat(2_000) + "]".repeat(2_000)),
  "a huge number": 1e308,
};

/** Free text fields: a huge string is valid there, and in an address any value becomes text. */
const FREE_TEXT = new Set(["text", "password", "newPassword", "currentPassword", "q"]);

/** Returns a value that a JSON Schema accepts; ids come from `known` and belong to other people. */
function sample(
  schema: AnySchema,
  known: Record<string, string>,
  defs = schema.$defs ?? {},
): unknown {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return known[name] ?? sample(defs[name], known, defs);
  }
  const form = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (form) return sample(form, known, defs);
  if (schema.enum) return schema.enum[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.format === "uuid") return known[schema.id] ?? newId();
  switch (schema.type) {
    case "string":
      return "abcdefghij".slice(0, schema.maxLength).padEnd(schema.minLength ?? 1, "k");
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return false;
    case "array":
      return [sample(schema.items, known, defs)];
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [
          name,
          sample(field, known, defs),
        ]),
      );
    default:
      return "any";
  }
}

interface Attempt {
  about: string;
  input: Input;
}

/** Inputs with one fault each, for every field. */
function* attempts(operation: Operation, known: Record<string, string>): Generator<Attempt> {
  const schema = inputSchema(operation);
  for (const form of [schema, ...schema.anyOf ?? [], ...schema.oneOf ?? []]) {
    if (!form.properties) continue;
    const good = sample({ ...form, $defs: schema.$defs }, known) as Input;
    for (const name of Object.keys(form.properties)) {
      for (const [what, value] of Object.entries(NEVER_VALID)) {
        if (what === "a huge string" && FREE_TEXT.has(name)) continue;
        yield { about: `${name} is ${what}`, input: { ...good, [name]: value } };
      }
    }
    for (const name of form.required ?? []) {
      const { [name]: _, ...rest } = good;
      yield { about: `${name} is missing`, input: rest };
    }
    yield { about: "a field is unknown", input: { ...good, $where: "sleep(1000)" } };
    yield { about: "constructor is a field", input: { ...good, constructor: { prototype: 1 } } };
    yield { about: "__proto__ is a field", input: withPrototype(good) };
  }
}

function withPrototype(good: Input): Input {
  const input: Input = Object.assign(Object.create(null), good);
  input["__proto__"] = { isAdmin: true };
  return input;
}

/**
 * In a query every value is text, and a path is part of the route: a value that is wrong in JSON
 * may be right there.
 */
function mayPass(transport: string, operation: Operation): boolean {
  return transport === "REST" && operation.rest!.method === "GET";
}

class Scene {
  private constructor(
    readonly app: RunningApp,
    readonly intruder: string,
    readonly known: Record<string, string>,
    readonly owner: HttpClient,
  ) {}

  static async of(app: RunningApp): Promise<Scene> {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    const owner = app.client(ann);
    const group = await owner.post("/api/groups", { name: "Theirs", memberIds: [bob.id] });
    const chatId = group.body.id;
    const sent = await owner.post("/api/messages", { chatId, text: "Hello" });
    const known = { ChatId: chatId, MessageId: sent.body.id, UserId: bob.id };
    return new Scene(app, eve.token, known, owner);
  }

  /** Everything that an intruder could have changed. */
  async dump(): Promise<unknown> {
    const store = await this.app.openStore();
    try {
      const { ChatId, UserId } = this.known;
      return {
        chat: await store.chats.byId(ChatId),
        messages: await store.messages.changed(ChatId, 0, 1e6, 1e4),
        members: await store.memberships.ofChat(ChatId),
        theirs: await store.memberships.ofUser(UserId),
        user: await store.users.byId(UserId),
        sessions: (await store.sessions.activeOf(UserId, 0)).length,
        feed: (await this.owner.get(`/api/chats/${ChatId}/changes`)).body,
      };
    } finally {
      await store.close();
    }
  }
}

/** Asserts a code of the closed union that blames the request, never the server. */
function faultOf({ ok, error }: Outcome): string | null {
  if (ok) return "it was taken";
  if (!error) return "there was no answer";
  if (!(ERROR_CODES as readonly string[]).includes(error.code)) return `its code is ${error.code}`;
  return error.status < 500 ? null : `${error.code}: ${error.detail}`;
}

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name} rejects a wrong value of any field, and changes nothing`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using app = await RunningApp.start({ LIMIT_SOCKETS_PER_USER: "1000" });
      const scene = await Scene.of(app);
      const before = await scene.dump();
      const wrong: string[] = [];
      let tried = 0;
      for (const operation of app.app.operations.filter((one) => transport.offers(one))) {
        await using there = await transport.open(app, scene.intruder);
        for (const { about, input } of attempts(operation, scene.known)) {
          const fault = faultOf(await run(there, operation, input));
          tried++;
          if (fault === "it was taken" && mayPass(transport.name, operation)) continue;
          if (fault) wrong.push(`${operation.name}: ${about}: ${fault}`);
        }
      }
      assert.deepEqual(wrong, []);
      assert.ok(tried > 200, `only ${tried} attempts: the test has lost its teeth`);
      assert.deepEqual(await scene.dump(), before);
      assert.deepEqual(app.log, []);
      assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
    },
  });
}

async function run(there: TransportClient, operation: Operation, input: Input): Promise<Outcome> {
  return await there.run(operation, input);
}

Deno.test("the server rejects a body that is too large or not a JSON object in UTF-8", async () => {
  await using app = await RunningApp.start({ LIMIT_BODY_BYTES: "4096" });
  const scene = await Scene.of(app);
  const before = await scene.dump();
  const json = { "content-type": "application/json" };
  const bytes = (text: string) => new TextEncoder().encode(text);
  const deep = "[".repeat(2_000) + "]".repeat(2_000);
  const cases: [about: string, status: number, body: BodyInit, headers: Record<string, string>][] =
    [
      ["cut off", 400, '{"chatId": "', json],
      ["nothing but space", 400, "  ", json],
      ["an array", 400, "[]", json],
      ["a string", 400, '"text"', json],
      ["null", 400, "null", json],
      ["a trailing comma", 400, '{"text":"a",}', json],
      ["broken UTF-8", 400, new Uint8Array([...bytes('{"text":"'), 0xff, ...bytes('"}')]), json],
      ["deep", 400, `{"text":${deep}}`, json],
      ["too large", 413, `{"text":"${"x".repeat(5_000)}"}`, json],
      ["untyped", 415, bytes('{"text":"a"}'), {}],
      ["a form", 415, "text=a", { "content-type": "application/x-www-form-urlencoded" }],
      ["of another charset", 415, "{}", { "content-type": "application/json; charset=utf-16" }],
      ["compressed", 415, bytes("{}"), { ...json, "content-encoding": "gzip" }],
    ];
  const http = app.client({ ...nobody, token: scene.intruder });
  for (const [about, status, body, headers] of cases) {
    const answer = await http.send("POST", "/api/messages", undefined, { body, headers });
    assert.equal(answer.status, status, `${about}: ${JSON.stringify(answer.body)}`);
    assert.equal(answer.headers.get("content-type"), "application/problem+json", about);
    assert.ok(ERROR_CODES.includes(answer.body.code), about);
  }
  assert.deepEqual(await scene.dump(), before);
  assert.deepEqual(app.log, []);
});

const nobody = { id: "", username: "", sessionId: "" };
