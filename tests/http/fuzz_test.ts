import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Parameter } from "../../src/api/raw_route.ts";
import type { JsonSchema } from "../../src/http/openapi_schemas.ts";
import { type DemoApp, demoApp, send } from "./demo.ts";
import { NASTY, SchemaSampler, seededRandom } from "./schema_sampler.ts";

/**
 * Tests the server against its document, as Schemathesis does: requests that the document allows
 * are accepted, others are refused with a documented error, and the document describes every
 * response.
 */
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const ROUNDS = 60;

interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: { "application/json": { schema: JsonSchema } } };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, JsonSchema> };
}

interface Request {
  method: string;
  path: string;
  body?: unknown;
}

class Fuzzer {
  readonly sampler: SchemaSampler;
  readonly #validators = new Map<JsonSchema, ValidateFunction>();

  constructor(readonly app: DemoApp, readonly document: Document, random: () => number) {
    this.sampler = new SchemaSampler(random, document.components.schemas);
  }

  *operations(): Iterable<[method: string, path: string, described: Described]> {
    for (const [path, methods] of Object.entries(this.document.paths)) {
      for (const [method, described] of Object.entries(methods)) {
        // This operation exists to fail.
        if (described.operationId !== "demoBreak") yield [method.toUpperCase(), path, described];
      }
    }
  }

  /** Returns a request that the document allows; with `spoil`, one value of it is replaced. */
  request(method: string, path: string, described: Described, spoil = false): Request {
    const fields: { name: string; in: string; value: unknown }[] = [];
    for (const parameter of described.parameters ?? []) {
      if (!parameter.required && this.sampler.random() < 0.4) continue;
      fields.push({ ...parameter, value: this.sampler.sample(parameter.schema) });
    }
    const schema = described.requestBody?.content["application/json"].schema;
    const body = schema && this.sampler.sample(schema) as Record<string, unknown>;
    for (const [name, value] of Object.entries(body ?? {})) {
      fields.push({ name, in: "body", value });
    }
    if (spoil) this.#spoil(fields, method);
    return render(method, path, fields, body !== undefined);
  }

  #spoil(fields: { name: string; in: string; value: unknown }[], method: string): void {
    const nasty = this.sampler.pick(NASTY);
    if (fields.length > 0 && this.sampler.random() < 0.8) {
      this.sampler.pick(fields).value = nasty;
    } else {
      const name = this.sampler.pick(["unknown", "$where", "constructor", "__proto__", "id"]);
      fields.push({ name, in: method === "GET" ? "query" : "body", value: nasty });
    }
  }

  async check({ method, path, body }: Request, described: Described): Promise<number> {
    const headers = { authorization: "Bearer admin" };
    const answer = await send(this.app, method, path, body, headers);
    const label =
      `seed ${SEED}: ${method} ${path.slice(0, 200)} ${JSON.stringify(body)?.slice(0, 300)} ` +
      `→ ${answer.status} ${answer.text.slice(0, 500)}`;
    assert(answer.status < 500, label);
    // A spoilt path may match another route, or none.
    if (answer.body?.code === "not_found" || answer.status === 405) return answer.status;
    const response = described.responses[answer.status];
    assert(response, `not documented: ${label}`);
    const [type, media] = Object.entries(response.content ?? {})[0] ?? [null, null];
    assert.equal(answer.headers.get("content-type"), type, label);
    if (media) assert(this.#isValid(media.schema, answer.body), `not as documented: ${label}`);
    return answer.status;
  }

  #isValid(schema: JsonSchema, value: unknown): boolean {
    let validate = this.#validators.get(schema);
    if (!validate) {
      const ajv = new Ajv2020({ strict: false, validateFormats: false });
      validate = ajv.compile({ ...schema, components: this.document.components });
      this.#validators.set(schema, validate);
    }
    return validate(value);
  }
}

function render(
  method: string,
  template: string,
  fields: { name: string; in: string; value: unknown }[],
  hasBody: boolean,
): Request {
  const asText = (value: unknown) =>
    encodeURIComponent(
      (typeof value === "object" && value !== null && !Array.isArray(value)
        ? JSON.stringify(value)
        : String(value)).toWellFormed(),
    );
  let path = template;
  const query: string[] = [];
  const body: [string, unknown][] = [];
  for (const { name, value, in: place } of fields) {
    if (place === "path") path = path.replace(`{${name}}`, asText(value) || "%20");
    else if (place === "query") query.push(`${encodeURIComponent(name)}=${asText(value)}`);
    else body.push([name, value]);
  }
  return {
    method,
    path: query.length > 0 ? `${path}?${query.join("&")}` : path,
    ...((hasBody || body.length > 0) && { body: Object.fromEntries(body) }),
  };
}

async function newFuzzer(): Promise<Fuzzer> {
  const { app } = demoApp({
    rates: { login: { count: 1e6, periodMs: 60_000 } },
  });
  const { body } = await send(app, "GET", "/api/openapi.json");
  return new Fuzzer(app, body, seededRandom(SEED));
}

Deno.test("the server accepts requests that the document allows", async () => {
  const fuzzer = await newFuzzer();
  for (const [method, path, described] of fuzzer.operations()) {
    for (let round = 0; round < ROUNDS; round++) {
      const request = fuzzer.request(method, path, described);
      const status = await fuzzer.check(request, described);
      assert(
        status < 300 || status === 404,
        `seed ${SEED}: ${status} for ${method} ${request.path} ${JSON.stringify(request.body)}`,
      );
    }
  }
});

Deno.test("spoilt requests never break the server, and its responses are documented", async () => {
  const fuzzer = await newFuzzer();
  let refused = 0;
  for (const [method, path, described] of fuzzer.operations()) {
    for (let round = 0; round < 3 * ROUNDS; round++) {
      const status = await fuzzer.check(fuzzer.request(method, path, described, true), described);
      if (status >= 400) refused++;
    }
  }
  assert(refused > ROUNDS, "hardly anything was refused: the fuzzing has lost its teeth");
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

Deno.test("bytes that are not a request get a clear error", async () => {
  const fuzzer = await newFuzzer();
  const { random, pick, integer } = {
    random: fuzzer.sampler.random,
    pick: fuzzer.sampler.pick.bind(fuzzer.sampler),
    integer: fuzzer.sampler.integer.bind(fuzzer.sampler),
  };
  const valid = new TextEncoder().encode('{"text":"a","stars":3,"labels":["x"],"extra":{"a":[1]}}');
  for (let round = 0; round < 500; round++) {
    const bytes = valid.slice(0, random() < 0.3 ? integer(0, valid.length) : valid.length);
    for (let i = integer(1, 4); i > 0 && bytes.length > 0; i--) {
      bytes[integer(0, bytes.length - 1)] = pick([0, 0x22, 0x5c, 0x7b, 0xff, integer(0, 255)]);
    }
    const answer = await send(fuzzer.app, "POST", "/api/notes", bytes);
    assert(answer.status < 300 || answer.status === 400, `seed ${SEED}: ${answer.text}`);
    if (answer.status === 400) assert.equal(answer.body.code, "invalid_request");
  }
});
