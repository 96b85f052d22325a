import assert from "node:assert/strict";
import type { HashJob } from "../../src/auth/password_worker.ts";
import { AccountWorld, PASSWORD } from "../support/account_world.ts";
import type { HttpAnswer } from "../support/http_client.ts";

/** The existence of an account is not revealed to a caller who only guesses its name or address. */

/** Everything that a stranger sees, except for values that differ in every response. */
function seen({ status, headers, body }: HttpAnswer): unknown {
  const { "x-request-id": _, "ratelimit": __, ...rest } = Object.fromEntries(headers);
  return { status, headers: rest, body };
}

type Ask = (world: AccountWorld, account: { name: string; email: string }) => Promise<HttpAnswer>;

const post =
  (path: string, make: (account: { name: string; email: string }) => object): Ask =>
  (world, account) => world.send("POST", path, make(account));

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
  Deno.test(`${what} returns the same response whether or not the account exists`, async () => {
    await using world = await AccountWorld.open();
    const ann = await world.register("ann");
    const existing = await ask(world, { name: "ann", email: ann.email });
    const unknown = await ask(world, { name: "nobody", email: "nobody@example.org" });
    assert.deepEqual(seen(existing), seen(unknown));
  });
}

Deno.test("changing to an address returns the same response, whether or not it is taken", async () => {
  await using world = await AccountWorld.open();
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const change = (email: string) => world.send("PUT", "/api/auth/email", { email }, ann);
  const free = await change("free@example.org");
  assert.deepEqual(seen(await change(bob.email)), seen(free));
  assert.equal(free.status, 202);
});

Deno.test("a suspension, a second factor and a missing password are revealed only with the password", async () => {
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

Deno.test("users cannot be found by address, and no address is shown", async () => {
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

/** Records the jobs of the workers that hash passwords, and their cost. */
class WatchedWorker extends Worker {
  static readonly jobs: string[] = [];

  override postMessage(job: HashJob): void {
    const cost = job.type === "hash" ? job.cost : Number(job.hash.split("$")[2]);
    WatchedWorker.jobs.push(`${job.type} at cost ${cost}`);
    super.postMessage(job);
  }
}

async function watchingHashes(run: (jobs: string[]) => Promise<void>): Promise<void> {
  const { Worker } = globalThis;
  globalThis.Worker = WatchedWorker;
  try {
    await run(WatchedWorker.jobs);
  } finally {
    globalThis.Worker = Worker;
  }
}

Deno.test("signing in takes the same work for existing, missing and passwordless accounts", () =>
  watchingHashes(async (jobs) => {
    await using world = await AccountWorld.open({ BCRYPT_COST: "5" });
    const ann = await world.register("ann");
    const without = await world.register("without");
    const store = await world.openStore();
    await store.users.update(without.id, { passwordHash: null });
    await store.close();
    // The first call waits for the dummy hash that replaces missing ones.
    await world.login("ann", "wrong");
    const names = [ann.username, ann.email, without.username, "nobody", "nobody@example.org"];
    for (const name of names) {
      jobs.length = 0;
      assert.equal((await world.login(name, "wrong")).status, 401);
      assert.deepEqual(jobs, ["verify at cost 5"], name);
    }
  }));
