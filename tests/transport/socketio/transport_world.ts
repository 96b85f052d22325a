import assert from "node:assert/strict";
import type { WireEvent } from "../../../src/model/event.ts";
import { eventually } from "../../support/eventually.ts";
import { RunningApp } from "../../support/running_app.ts";
import type { Transports } from "../../support/socketio_client.ts";

/** Timers and connections of the client library outlive its `close()` a little. */
export const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

export const WAYS: [name: string, transports: Transports][] = [
  ["WebSocket", ["websocket"]],
  ["polling", ["polling"]],
  ["polling with the upgrade", ["polling", "websocket"]],
];

/** Ann, Bob and a group of both; Eve is not a member. */
export async function setting(environment?: Record<string, string>) {
  const app = await RunningApp.start(environment);
  const people = await app.people("ann", "bob", "eve");
  const made = await app.client(people.ann).post("/api/groups", {
    name: "Group",
    memberIds: [people.bob.id],
  });
  assert.equal(made.status, 201);
  return { app, ...people, chatId: made.body.id as string, [Symbol.asyncDispose]: () => stop(app) };
}

async function stop(app: RunningApp): Promise<void> {
  await app[Symbol.asyncDispose]();
  assert.deepEqual(app.log, []);
}

/**
 * Returns the events of one socket once there are `count` of them, without presence, which each
 * receives from its connection on.
 */
export async function heard(client: { events: WireEvent[] }, count: number): Promise<WireEvent[]> {
  const events = () => client.events.filter(({ event }) => event !== "presence");
  await eventually(`${count} events have come`, () => events().length >= count);
  return events();
}
