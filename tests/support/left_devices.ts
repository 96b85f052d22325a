import assert from "node:assert/strict";
import type { AccountWorld } from "./account_world.ts";

/** Registers devices that could continue to read the account's messages. */
export async function leaveDevices(world: AccountWorld, token: string): Promise<void> {
  const device = { name: "Hers", signatureKey: "A".repeat(43) };
  const push = { token: "a-token-of-hers", name: "Hers" };
  const created = [
    await world.send("POST", "/api/devices", device, { token }),
    await world.send("POST", "/api/notifications/devices", push, { token }),
  ];
  for (const { status, body } of created) assert.ok(status < 300, JSON.stringify(body));
}

export async function devicesOf(world: AccountWorld, token: string): Promise<unknown[][]> {
  const paths = ["/api/devices", "/api/notifications/devices"];
  const lists = paths.map((path) => world.send("GET", path, undefined, { token }));
  return (await Promise.all(lists)).map(({ body }) => body.items);
}
