import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import type { ScreenedMessage } from "../../src/model/screened_message.ts";
import {
  type HookOutcome,
  MessageHook,
  type MessageHookOptions,
  type OpenHook,
} from "../../src/webhooks/screening/message_hook.ts";
import { Screening, type ScreeningOptions } from "../../src/webhooks/screening/screening.ts";
import { aMessage, T0 } from "../contract/store/rows.ts";

const OPEN = { url: "https://backend.example.org/", key: {}, onFailure: "allow" } as OpenHook;
const MESSAGE = { text: "hello" } as ScreenedMessage;

/** A hook that calls `send` in place of a backend. */
function hookOf(send: () => Promise<{ status: number; body: string }>) {
  const outcomes: HookOutcome[] = [];
  const lines: string[] = [];
  const clock = { now: () => world.now };
  const hook = new MessageHook({
    post: { send } as unknown as MessageHookOptions["post"],
    clock,
    log: jsonLog("warn", (line) => lines.push(line)),
    limits: { textLength: 100, messageHookMs: 500 },
    observe: (outcome) => outcomes.push(outcome),
  });
  const world = { now: T0, hook, outcomes, lines, ask: () => hook.ask(OPEN, MESSAGE) };
  return world;
}

Deno.test("MessageHook accepts answers of any status of success, and of no other", async () => {
  let status = 0;
  const { ask, outcomes } = hookOf(() => Promise.resolve({ status, body: "" }));
  for (status of [200, 204, 299, 199, 300, 500]) await ask();
  assert.deepEqual(outcomes, ["allowed", "allowed", "allowed", "failed", "failed", "failed"]);
});

Deno.test("MessageHook asks about 64 messages at once, and the others count as not answered", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { ask, outcomes } = hookOf(() => promise.then(() => ({ status: 204, body: "" })));
  const asked = Array.from({ length: 65 }, ask);
  assert.deepEqual(outcomes, ["skipped"]);
  resolve();
  await Promise.all(asked);
  await ask();
  assert.equal(outcomes.filter((outcome) => outcome === "allowed").length, 65);
});

Deno.test("MessageHook rests for five seconds after five failures in a row, and then asks once", async () => {
  let status = 500;
  const world = hookOf(() => Promise.resolve({ status, body: "" }));
  for (let n = 0; n < 6; n++) await world.ask();
  assert.deepEqual(world.outcomes.splice(0), [...Array(5).fill("failed"), "skipped"]);
  world.now += 5_000;
  status = 204;
  for (let n = 0; n < 2; n++) await world.ask();
  assert.deepEqual(world.outcomes, ["allowed", "allowed"]);
});

/** A screen whose store takes reports as `create` says. */
function screenOf(create: (report: object) => Promise<unknown>, filtersBy: string | null) {
  const lines: string[] = [];
  const screen = new Screening({
    store: { reports: { create } } as unknown as ScreeningOptions["store"],
    rules: () => ({ filtersBy }) as ReturnType<ScreeningOptions["rules"]>,
    hook: {} as MessageHook,
    clock: { now: () => T0 },
    log: jsonLog("warn", (line) => lines.push(line)),
  });
  return { screen, lines };
}

Deno.test("Screening has reported listed words once its call resolves, in the name of who listed them", async () => {
  const reports: Record<string, unknown>[] = [];
  const create = async (report: object) => {
    await new Promise((resolve) => setTimeout(resolve));
    reports.push({ ...report });
  };
  const message = aMessage("chat", 3, { senderId: "ann" });
  const { screen } = screenOf(create, "admin");
  await screen.stored(message, ["kite", "string"]);
  const [{ reporterId, userId, messageId, details }] = reports;
  assert.deepEqual([reporterId, userId, messageId], ["admin", "ann", message.id]);
  assert.equal(details, "Word list: kite, string");
  await screen.stored(message, []);
  await screenOf(create, null).screen.stored(message, ["kite"]);
  assert.equal(reports.length, 1);
});

Deno.test("Screening logs a report that cannot be stored: the message is stored already", async () => {
  const { screen, lines } = screenOf(() => Promise.reject(new Error("out of order")), "admin");
  await screen.stored(aMessage("chat", 3), ["kite"]);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /Reporting a listed word failed/);
});
