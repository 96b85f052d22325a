import { z } from "zod";
import { AppError, notFound } from "../../src/core/errors.ts";
import { jsonLog, type Log, type LogFields } from "../../src/core/log.ts";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import { newId } from "../../src/core/ids.ts";
import { DEFAULT_LIMITS } from "../../src/api/limits.ts";
import { Dispatcher } from "../../src/operations/dispatcher.ts";
import { id, ids, limit, page, seq, text, timestamp } from "../../src/api/fields.ts";
import { Answer, bind, type Bound } from "../../src/operations/handler.ts";
import { operation } from "../../src/api/operation.ts";
import { operationObserver } from "../../src/operations/operation_metrics.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import { DEFAULT_RATES, type Rates } from "../../src/api/rate_limits.ts";
import type { Authenticator } from "../../src/http/authenticate.ts";
import { Health, type HealthCheck } from "../../src/http/health.ts";
import { createHttpApp, type HttpAppOptions } from "../../src/http/http_app.ts";

/** A few operations, one for each feature of the REST transport. */
const Note = z.object({
  id,
  text: z.string(),
  stars: z.int(),
  createdAt: timestamp,
}).meta({ id: "Note", description: "A note" });

const common = { tag: "Notes", limit: "write", access: "session" } as const;

const createNote = operation({
  ...common,
  name: "note.create",
  summary: "Write a note",
  input: () =>
    z.strictObject({
      text: text({ max: 100 }),
      stars: z.int().min(0).max(5).default(0),
      labels: z.array(z.string().min(1).max(20)).max(5).optional(),
      extra: z.record(z.string(), z.unknown()).optional(),
    }),
  output: () => Note,
  rest: { method: "POST", path: "/notes", status: 201, also: { 200: "It was there" } },
  socket: true,
});

const listNotes = operation({
  ...common,
  name: "note.list",
  summary: "The notes",
  input: () =>
    z.strictObject({
      limit,
      after: seq.optional(),
      starred: z.boolean().optional(),
      only: ids(id, { max: 3 }).optional(),
      order: z.enum(["new", "old"]).default("new"),
    }),
  output: () => page(Note),
  rest: { method: "GET", path: "/notes" },
});

const getNote = operation({
  ...common,
  name: "note.get",
  summary: "One note",
  input: () => z.strictObject({ noteId: id }),
  output: () => Note,
  rest: { method: "GET", path: "/notes/:noteId" },
  errors: ["not_found"],
});

const latestNote = operation({
  ...common,
  name: "note.latest",
  summary: "The newest note",
  input: () => z.strictObject({}),
  output: () => Note,
  rest: { method: "GET", path: "/notes/latest" },
  errors: ["not_found"],
});

const changeNote = operation({
  ...common,
  name: "note.change",
  summary: "Change a note",
  input: () => z.strictObject({ noteId: id, text: text({ max: 100 }) }),
  output: () => Note,
  rest: { method: "PUT", path: "/notes/:noteId" },
  errors: ["not_found"],
});

const deleteNote = operation({
  ...common,
  name: "note.delete",
  summary: "Delete a note",
  input: () => z.strictObject({ noteId: id }),
  output: null,
  rest: { method: "DELETE", path: "/notes/:noteId" },
  errors: ["not_found"],
});

const shareNote = operation({
  ...common,
  name: "note.share",
  summary: "Share a note by person or by address",
  input: () =>
    z.union([
      z.strictObject({ noteId: id, userId: id }),
      z.strictObject({ noteId: id, email: z.email(), days: z.int().min(1).default(7) }),
    ]),
  output: () => z.object({ days: z.int().nullable() }),
  rest: { method: "POST", path: "/notes/:noteId/share" },
});

const whoAmI = operation({
  ...common,
  access: "public",
  limit: "login",
  name: "me.get",
  summary: "Who asks",
  input: () => z.strictObject({}),
  output: () => z.object({ userId: z.string().nullable(), address: z.string() }),
  rest: { method: "GET", path: "/me" },
});

const adminOnly = operation({
  ...common,
  access: "admin",
  name: "admin.ping",
  summary: "For administrators",
  input: () => z.strictObject({}),
  output: () => z.object({ ok: z.boolean() }),
  rest: { method: "POST", path: "/admin/ping" },
});

const breakDown = operation({
  ...common,
  name: "demo.break",
  summary: "Fails unexpectedly",
  input: () =>
    z.strictObject({ how: z.enum(["error", "string", "unavailable", "unlisted", "forbidden"]) }),
  output: () => z.object({ ok: z.boolean() }),
  rest: { method: "POST", path: "/break" },
  errors: ["forbidden"],
});

type Note = z.infer<typeof Note>;

export function demoOperations(): Bound[] {
  const notes = new Map<string, Note>();
  const find = (noteId: string) => {
    const note = notes.get(noteId);
    if (!note) throw notFound("note", noteId);
    return note;
  };
  return [
    bind(createNote, async (_caller, input) => {
      const there = [...notes.values()].find((note) => note.text === input.text);
      if (there) return new Answer(200, there);
      const createdAt = new Date().toISOString();
      const note = { id: newId(), text: input.text, stars: input.stars, createdAt };
      notes.set(note.id, note);
      return await Promise.resolve(note);
    }),
    bind(getNote, (_caller, { noteId }) => Promise.resolve(find(noteId))),
    bind(latestNote, () => {
      const note = [...notes.values()].at(-1);
      if (!note) throw notFound("note", "latest");
      return Promise.resolve(note);
    }),
    bind(listNotes, (_caller, input) => {
      const items = [...notes.values()].filter((note) =>
        !input.only || input.only.includes(note.id)
      );
      return Promise.resolve({ items: items.slice(0, input.limit), next: null });
    }),
    bind(changeNote, (_caller, { noteId, text }) => {
      const note = { ...find(noteId), text };
      notes.set(noteId, note);
      return Promise.resolve(note);
    }),
    bind(deleteNote, async (_caller, { noteId }) => {
      find(noteId);
      await Promise.resolve(notes.delete(noteId));
    }),
    bind(shareNote, (_caller, input) => {
      return Promise.resolve({ days: "days" in input ? input.days : null });
    }),
    bind(whoAmI, (caller) => {
      const userId = "userId" in caller ? caller.userId as string : null;
      return Promise.resolve({ userId, address: caller.address });
    }),
    bind(adminOnly, () => Promise.resolve({ ok: true })),
    bind(breakDown, (_caller, { how }) => {
      if (how === "unavailable") throw new AppError("unavailable", "The store is away");
      if (how === "forbidden") throw new AppError("forbidden", "Not for this person");
      if (how === "unlisted") return Promise.resolve({ ok: true, passwordHash: "x" });
      throw how === "string" ? "a secret string" : new Error("a secret reason");
    }),
  ];
}

const NOW = Date.UTC(2026, 0, 31);

export const USER = "01890000-0000-7000-8000-000000000001";
export const ADMIN = "01890000-0000-7000-8000-000000000002";

/** Accepts the tokens `user` and `admin`, cannot check `away`, and refuses all others. */
const demoAuthenticator: Authenticator = {
  authenticate(token, visitor) {
    if (token === "away") throw new AppError("unavailable", "The store is away");
    if (token === "expired") throw new AppError("token_expired", "The token has expired");
    const userId = token === "user" ? USER : token === "admin" ? ADMIN : null;
    if (userId === null) throw new AppError("unauthenticated", "The token is not valid");
    return Promise.resolve({
      ...visitor,
      userId,
      sessionId: newId(),
      authenticatedAt: NOW,
      tokenExpiresAt: NOW + 3_600_000,
    });
  },
};

export interface DemoOptions {
  config?: Partial<HttpAppOptions["config"]>;
  limits?: Partial<typeof DEFAULT_LIMITS>;
  rates?: Partial<Rates>;
  checks?: HealthCheck[];
  bound?: Bound[];
  log?: Log;
}

export type LogLine = LogFields & { level: string; message: string };

/** The app over the demo operations, with its log lines. */
export function demoApp(options: DemoOptions = {}) {
  const lines: LogLine[] = [];
  const log = options.log ?? jsonLog("debug", (line) => lines.push(JSON.parse(line)));
  const metrics = new MetricsRegistry();
  const dispatcher = new Dispatcher({
    limiter: new MemoryRateLimiter(),
    rates: { ...DEFAULT_RATES, write: { count: 1e6, periodMs: 60_000 }, ...options.rates },
    log,
    isAdmin: ({ userId }) => userId === ADMIN,
    observe: operationObserver(metrics),
    checkAnswers: true,
  });
  const health = new Health(options.checks ?? [], log, { checkTimeMs: 50, keepMs: 1 });
  const app = createHttpApp({
    config: {
      corsOrigins: ["https://app.example.com"],
      trustedProxy: null,
      publicUrl: null,
      metricsToken: null,
      serves: { metrics: true, docs: true, page: true },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      ...options.config,
    },
    log,
    authenticator: demoAuthenticator,
    dispatcher,
    bound: options.bound ?? demoOperations(),
    health,
    metrics,
    version: "1.2.3",
  });
  return { app, dispatcher, lines, health, metrics };
}

export type DemoApp = ReturnType<typeof demoApp>["app"];

/**
 * Sends one request, as the user unless headers say otherwise; a body that is not text is sent as
 * JSON.
 */
export async function send(
  app: DemoApp,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const isRaw = typeof body === "string" || body instanceof Uint8Array ||
    body instanceof ReadableStream;
  const response = await app.request(path, {
    method,
    headers: {
      authorization: "Bearer user",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? body as BodyInit : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== "" ? JSON.parse(text) : null,
  };
}
