import assert from "node:assert/strict";
import { z } from "zod";
import { operation } from "../../src/api/operation.ts";
import { newId } from "../../src/core/ids.ts";
import type { Caller } from "../../src/model/caller.ts";
import { bind } from "../../src/operations/handler.ts";
import { CommandTable } from "../../src/transport/command_table.ts";
import { ADMIN, demoApp, send, USER } from "../http/demo.ts";
import { eventually } from "../support/eventually.ts";
import { within } from "../support/within.ts";

const AT_ONCE = 16;
const WAITING = 1_000;

const caller: Caller = {
  transport: "ws",
  address: "192.0.2.1",
  userAgent: "",
  requestId: "r",
  userId: USER,
  sessionId: newId(),
  authenticatedAt: 0,
  tokenExpiresAt: 1,
};

const shared = {
  summary: "",
  tag: "t",
  access: "session",
  scope: "chats:read",
  input: () => z.strictObject({}),
  output: () => z.object({ ok: z.boolean() }),
  socket: true,
} as const;

const operations = [
  { ...shared, name: "t.read", limit: "read", rest: { method: "GET", path: "/t/read" } },
  { ...shared, name: "t.search", limit: "search", rest: { method: "GET", path: "/t/search" } },
  { ...shared, name: "t.write", limit: "write", rest: { method: "POST", path: "/t/write" } },
] as const;

/** The three operations over both doors; those of the user end when the test lets them. */
function setUp() {
  const open = Promise.withResolvers<void>();
  const state = { underWay: 0, most: 0, fails: false };
  const handle = async ({ userId }: Caller) => {
    state.most = Math.max(state.most, ++state.underWay);
    if (userId === USER) await open.promise;
    state.underWay--;
    if (state.fails) throw new Error("no disk");
    return { ok: true };
  };
  const bound = operations.map((spec) => bind(operation(spec), handle));
  const { app, dispatcher } = demoApp({ bound });
  const table = new CommandTable(bound, dispatcher);
  const rest = async (path: string, method = "GET") => {
    const { status, body } = await send(app, method, path, method === "GET" ? undefined : {});
    return status === 200 ? "ok" : body.code as string;
  };
  const command = async (name: string, by: Partial<Caller> = {}) => {
    const reply = await table.run({ ...caller, ...by }, name);
    return reply.ok ? "ok" : reply.error.code;
  };
  return { state, open: open.resolve, rest, command };
}

Deno.test("a person's reads run 16 at a time, by REST and sockets together", async () => {
  const { state, open, rest, command } = setUp();
  const reads = Array.from({ length: 10 }, () => [
    rest("/api/t/read"),
    rest("/api/t/search"),
    command("t.read"),
    command("t.search"),
  ]).flat();
  await eventually("as many as may have begun", () => state.underWay === AT_ONCE);
  assert.equal(await within("another's", command("t.read", { userId: ADMIN })), "ok");
  const writes = [rest("/api/t/write", "POST"), command("t.write")];
  await eventually("writes do not wait", () => state.underWay === AT_ONCE + writes.length);
  open();
  const codes = await within("all are answered", Promise.all([...reads, ...writes]));
  assert.deepEqual(codes.filter((code) => code !== "ok"), []);
  // Sixteen reads and two writes; the other person's read had ended before the writes began.
  assert.equal(state.most, AT_ONCE + writes.length);
});

Deno.test("a person's reads beyond those that wait are refused, and there is room again", async () => {
  const { state, open, rest, command } = setUp();
  const reads = [
    ...Array.from({ length: 30 }, () => rest("/api/t/read")),
    ...Array.from({ length: AT_ONCE + WAITING - 29 }, () => command("t.read")),
  ];
  assert.equal(await within("one too many is refused", Promise.race(reads)), "rate_limited");
  assert.equal(state.most, AT_ONCE);
  open();
  const codes = await within("the rest is answered", Promise.all(reads));
  assert.equal(codes.filter((code) => code === "ok").length, AT_ONCE + WAITING);
  assert.equal(state.most, AT_ONCE);
  assert.equal(await command("t.read"), "ok");
});

Deno.test("a person's reads that fail make room for the next", async () => {
  const { state, open, command } = setUp();
  state.fails = true;
  open();
  const failed = await within(
    "all fail",
    Promise.all(Array.from({ length: 40 }, () => command("t.read"))),
  );
  assert.deepEqual(new Set(failed), new Set(["internal"]));
  state.fails = false;
  assert.equal(await within("the next is answered", command("t.read")), "ok");
});

Deno.test("the reads of a server with an API key do not wait for each other", async () => {
  const { state, open, command } = setUp();
  const key = { id: newId(), name: "k", scopes: ["chats:read", "act_as"] } as Caller["key"];
  const reads = Array.from({ length: 3 * AT_ONCE }, () => command("t.read", { key }));
  await eventually("all have begun", () => state.underWay === reads.length);
  open();
  const codes = await within("all are answered", Promise.all(reads));
  assert.deepEqual(new Set(codes), new Set(["ok"]));
});
