import assert from "node:assert/strict";
import { Backoff } from "../../src/client/backoff.ts";
import { ChatError } from "../../src/client/chat_error.ts";

Deno.test("Backoff adds a growing random pause to the one that the server asked for", () => {
  const backoff = new Backoff();
  const busy = new ChatError("unavailable", "away", { retryAfterMs: 5_000 });
  for (const longest of [500, 1_000, 2_000, 4_000]) {
    const pause = backoff.next(busy) - 5_000;
    assert.ok(pause >= longest / 2 && pause <= longest, String(pause));
  }
  backoff.reset();
  assert.ok(backoff.next(new TypeError("no network")) <= 500);
});
