import assert from "node:assert/strict";
import { ChatClient } from "../../src/client/mod.ts";
import { RunningApp } from "../support/running_app.ts";

/** A fetch for the client that loses its next responses to a refresh after the server sent them. */
function lossy(): { fetch: typeof fetch; lose(count: number): void; asked: number } {
  const state = {
    asked: 0,
    left: 0,
    lose: (count: number) => void (state.left = count),
    fetch: (async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).includes("refresh-token")) return response;
      state.asked++;
      if (state.left-- <= 0) return response;
      await response.body?.cancel();
      throw new TypeError("the network was lost after the server had answered");
    }) as typeof fetch,
  };
  return state;
}

/**
 * A client whose access token is exchanged at each call: its lifetime is below the client's margin.
 */
async function signedUp(app: RunningApp, fetch: typeof globalThis.fetch): Promise<ChatClient> {
  const client = new ChatClient({ url: app.url, fetch });
  await client.register({ username: "ann", email: "ann@example.org", password: "a long password" });
  return client;
}

Deno.test("a client stays signed in when the response to a refresh is lost", async () => {
  await using app = await RunningApp.start({ JWT_EXPIRY: "15s" });
  const network = lossy();
  const client = await signedUp(app, network.fetch);
  network.lose(1);
  assert.equal((await client.call("user.profile", {})).username, "ann");
  assert.equal(network.asked, 2, "it was repeated at once");
  network.lose(3);
  await assert.rejects(client.call("user.profile", {}), { code: "offline" });
  assert.equal((await client.call("user.profile", {})).username, "ann");
  assert.equal(client.user?.username, "ann");
  await client.close();
});

Deno.test("two tabs that refresh at the same time both stay signed in", async () => {
  await using app = await RunningApp.start({ JWT_EXPIRY: "15s" });
  const client = await signedUp(app, fetch);
  await client.close();
  const pair = await app.client().post("/api/auth/login", {
    identifier: "ann",
    password: "a long password",
  });
  // Without a shared storage, so they cannot take turns.
  const tabs = [0, 1].map(() => new ChatClient({ url: app.url }));
  for (const tab of tabs) await tab.useSession(pair.body);
  const names = await Promise.all(tabs.map((tab) => tab.call("user.profile", {})));
  assert.deepEqual(names.map(({ username }) => username), ["ann", "ann"]);
  for (const tab of tabs) await tab.close();
});
