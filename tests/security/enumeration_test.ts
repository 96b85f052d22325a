import assert from "node:assert/strict";
import { type Account, AccountWorld, PASSWORD } from "../support/account_world.ts";
import type { HttpAnswer } from "../support/http_client.ts";

/** Whether there is an account is not told to those who only guess at its name or address. */

/** All that a stranger sees, but for what is new in every answer. */
function seen({ status, headers, body }: HttpAnswer): unknown {
  const { "x-request-id": _, "ratelimit": __, ...rest } = Object.fromEntries(headers);
  return { status, headers: rest, body };
}

type Ask = (world: AccountWorld, who: { name: string; email: string }) => Promise<HttpAnswer>;

const post =
  (path: string, make: (who: { name: string; email: string }) => object): Ask => (world, who) =>
    world.send("POST", path, make(who));

const ASKED: Record<string, Ask> = {
  "signing in by name": post(
    "/api/auth/login",
    ({ name }) => ({ identifier: name, password: "x" }),
  ),
  "signing in by address": post(
    "/api/auth/login",
    ({ email }) => ({ identifier: email, password: "x" }),
  ),
  "asking for a new password": post("/api/auth/password/forgot", ({ email }) => ({ email })),
};

for (const [what, ask] of Object.entries(ASKED)) {
  Deno.test(`${what} is answered alike for those who exist and those who don't`, async () => {
    await using world = await AccountWorld.open();
    const ann = await world.register("ann");
    const known = await ask(world, { name: "ann", email: ann.email });
    const unknown = await ask(world, { name: "nobody", email: "nobody@example.org" });
    assert.deepEqual(seen(known), seen(unknown));
  });
}

Deno.test("changing to an address is answered alike, whether or not it is taken", async () => {
  await using world = await AccountWorld.open();
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const change = (email: string) => world.send("PUT", "/api/auth/email", { email }, ann);
  const free = await change("free@example.org");
  assert.deepEqual(seen(await change(bob.email)), seen(free));
  assert.equal(free.status, 202);
});

Deno.test("a suspension, a second factor and a missing password show only to who knows the password", async () => {
  await using world = await AccountWorld.open();
  const accounts = { plain: await world.register("plain"), late: await world.register("late") };
  const store = await world.openStore();
  const suspension = { at: world.now(), until: null, reason: "spam", byUserId: accounts.plain.id };
  await store.users.update(accounts.late.id, { suspension });
  const without = await world.register("without");
  await store.users.update(without.id, { passwordHash: null });
  await store.close();
  const answers = await Promise.all(
    ["plain", "late", "without", "nobody"].map((name) => world.login(name, "wrong")),
  );
  for (const answer of answers) assert.deepEqual(seen(answer), seen(answers[0]));
  assert.equal((await world.login("late", PASSWORD)).body.code, "account_suspended");
});

Deno.test("people: an address finds nobody, and nobody's address is shown", async () => {
  await using world = await AccountWorld.open();
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  for (const q of [bob.email, "example.org", "BOB@EXAMPLE.ORG"]) {
    const path = `/api/users/search?q=${encodeURIComponent(q)}`;
    assert.deepEqual((await world.send("GET", path, undefined, ann)).body.items, [], q);
  }
  const shown = await world.send("GET", `/api/users/${bob.id}`, undefined, ann);
  assert.equal(shown.status, 200);
  assert.doesNotMatch(JSON.stringify(shown.body), /example\.org|passwordHash|totp|role/);
});

const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

Deno.test("signing in takes as long for those who exist as for those who don't", async () => {
  await using world = await AccountWorld.open();
  const ann: Account = await world.register("ann");
  const store = await world.openStore();
  const without = await world.register("without");
  await store.users.update(without.id, { passwordHash: null });
  await store.close();
  const names = [ann.username, "nobody", without.username];
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < 3; round++) {
    for (const name of names) {
      const started = performance.now();
      await world.login(name, "wrong");
      times[name].push(performance.now() - started);
    }
  }
  const [slowest, fastest] = [Math.max, Math.min].map((of) =>
    of(...Object.values(times).map(median))
  );
  // A server that hashes nothing for a stranger answers a hundred times sooner.
  assert.ok(slowest / fastest < 5, JSON.stringify(times));
});
