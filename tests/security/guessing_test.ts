import assert from "node:assert/strict";
import { AccountWorld, onBothStores, PASSWORD } from "../support/account_world.ts";
import { LEAKY } from "../support/leaky.ts";
import { TRANSPORTS } from "../support/transports.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

/** Guessing is slow from any network and through any transport, while the owner can sign in. */

const onBoth = onBothStores();

const from = (address: string) => ({ "x-forwarded-for": address });

function assertSlowed({ status, headers, body }: HttpAnswer): void {
  assert.deepEqual([status, body.code], [429, "rate_limited"]);
  assert.ok(Number(headers.get("retry-after")) >= 1);
  assert.equal(body.retryAfter, Number(headers.get("retry-after")));
  assert.match(headers.get("ratelimit-policy")!, /^"[a-z_]+";q=\d+;w=\d+$/);
  assert.match(headers.get("ratelimit")!, /^"[a-z_]+";r=\d+;t=\d+$/);
}

onBoth(
  "passwords: of many concurrent attempts, no more than the limit are checked",
  async (world) => {
    await world.register("ann");
    const guess = (i: number) => world.login("ann", `wrong ${i}`, from("203.0.113.5"));
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => guess(i)));
    const looked = answers.filter(({ status }) => status === 401);
    assert.equal(looked.length, 10);
    for (const answer of answers) if (answer.status !== 401) assertSlowed(answer);
    assertSlowed(await world.login("ann", PASSWORD, from("203.0.113.5")));
    assert.equal((await world.login("ann", PASSWORD, from("198.51.100.7"))).status, 200);
    world.ahead += 16 * 60_000;
    assert.equal((await world.login("ann", PASSWORD, from("203.0.113.5"))).status, 200);
  },
);

/** Collects the results of all these concurrent attempts, in any order. */
async function codesOf(attempts: Promise<HttpAnswer>[]): Promise<string[]> {
  return (await Promise.all(attempts)).map(({ body }) => body.code).sort();
}

const times = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));

Deno.test("passwords: all spellings of a name share one limit, and no address shares another's", async () => {
  await using world = await AccountWorld.open();
  const { id } = await world.register("ann");
  const names = [
    "ann",
    "ANN",
    " ann ",
    "ａｎｎ",
    "aNN",
    "anN",
    "AnN",
    "ａNn",
    "ＡＮＮ",
    "aNn",
    "Ann",
  ];
  const codes = await codesOf(names.map((name) => world.login(name, "wrong")));
  assert.deepEqual(codes.slice(0, 2), ["rate_limited", "unauthenticated"], "one is too many");
  for (const name of [`bob:203.0.113.9`, `${id}:203.0.113.9`, id]) await world.login(name, "wrong");
  assert.equal((await world.login("ann", PASSWORD, from("203.0.113.9"))).status, 200);
});

Deno.test("passwords: the count reveals neither the owner of an address nor whether an account exists", async () => {
  await using world = await AccountWorld.open();
  await world.register("ann");
  const codes = (name: string) => codesOf(times(11, () => world.login(name, "wrong")));
  const ofName = await codes("ann");
  assert.deepEqual(ofName, ["rate_limited", ...times(10, () => "unauthenticated")]);
  assert.deepEqual(await codes("ann@example.org"), ofName, "its address");
  assert.deepEqual(await codes("nobody"), ofName, "an unknown name");
});

Deno.test("passwords: an entry that the client adds to the proxy's header is not trusted", async () => {
  await using world = await AccountWorld.open();
  await world.register("ann");
  const guess = (i: number) => world.login("ann", "wrong", from(`10.0.0.${i}, 203.0.113.5`));
  assert.deepEqual((await codesOf(times(11, guess)))[0], "rate_limited");
});

Deno.test("addresses: without a proxy no header is trusted, and a /64 counts as one address", async () => {
  const limited = { RATE_REFRESH: "2/10m" };
  const refresh = (world: AccountWorld, headers: Record<string, string>) =>
    world.send("POST", "/api/auth/refresh-token", { refreshToken: "x" }, { headers });
  await using direct = await AccountWorld.open({ ...limited, TRUSTED_PROXY: "" });
  const spoofed = ["x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip"];
  const headers = (i: number) => ({
    ...Object.fromEntries(spoofed.map((name) => [name, `10.0.0.${i}`])),
    forwarded: `for=10.0.0.${i}`,
  });
  for (let i = 0; i < 2; i++) assert.equal((await refresh(direct, headers(i))).status, 401);
  assertSlowed(await refresh(direct, headers(9)));
  await using behind = await AccountWorld.open(limited);
  for (let i = 0; i < 2; i++) await refresh(behind, from(`2001:db8::${i}`));
  assertSlowed(await refresh(behind, from("2001:db8::ffff:1:2:3")));
  assert.equal((await refresh(behind, from("2001:db8:0:1::1"))).status, 401);
});

onBoth(
  "passwords: guessing through a session counts too, with every operation",
  async (world) => {
    const { token } = await world.register("ann");
    const prove = (i: number) =>
      world.send("POST", "/api/auth/reauthenticate", { password: `wrong ${i}` }, { token });
    const change = (i: number) => {
      const input = { currentPassword: `wrong ${i}`, newPassword: "another horse" };
      return world.send("PUT", "/api/auth/password", input, { token });
    };
    const codes = await codesOf([...times(6, prove), ...times(6, change)]);
    assert.deepEqual(codes, [
      ...times(2, () => "rate_limited"),
      ...times(10, () => "unauthenticated"),
    ]);
  },
);

onBoth(
  "second factor: concurrent codes are checked only up to the limit, across challenges",
  async (world) => {
    await enableSecondFactor(world, await world.register("ann"));
    const challenges = await Promise.all(
      Array.from({ length: 4 }, async () => (await world.login("ann")).body.challenge),
    );
    const tries = challenges.flatMap((challenge) =>
      Array.from({ length: 6 }, (_, i) => ({ challenge, code: `00000${i}` }))
    );
    const answers = await Promise.all(
      tries.map((body) => world.send("POST", "/api/auth/2fa/verify", body)),
    );
    const slowed = answers.filter(({ status }) => status === 429);
    assert.equal(
      answers.length,
      slowed.length + answers.filter((one) => one.status === 401).length,
    );
    assert.ok(slowed.length >= 1);
    for (const one of slowed) assertSlowed(one);
  },
);

/** Limits per user or network, each with requests that use it up. */
const SPENT: Record<string, [method: string, path: string, body: object, statuses: number[]]> = {
  RATE_LOGIN: ["POST", "/api/auth/login", { identifier: "x", password: "x" }, [401]],
  RATE_REFRESH: ["POST", "/api/auth/refresh-token", { refreshToken: "x" }, [401]],
  RATE_SECOND_FACTOR: ["POST", "/api/auth/2fa/verify", { challenge: "x", code: "000000" }, [401]],
  RATE_RESET: ["POST", "/api/auth/password/reset", { token: "x", password: PASSWORD }, [400]],
  RATE_REGISTER: [
    "POST",
    "/api/auth/register",
    { username: "taken", email: "taken@example.org", password: PASSWORD },
    [201, 409],
  ],
};

for (const [variable, [method, path, body, statuses]] of Object.entries(SPENT)) {
  Deno.test(`${variable}: ${path} is limited per address, and another address is not`, async () => {
    await using world = await AccountWorld.open({ [variable]: "2/10m" });
    const ask = (address: string) => world.send(method, path, body, { headers: from(address) });
    for (let i = 0; i < 2; i++) {
      const { status } = await ask("203.0.113.5");
      assert.ok(statuses.includes(status), `${status}`);
    }
    assertSlowed(await ask("203.0.113.5"));
    assertSlowed(await ask("10.1.1.1, 203.0.113.5"));
    assert.ok(statuses.includes((await ask("198.51.100.7")).status));
  });
}

Deno.test("mails: one address gets a few per hour, from all senders together", async () => {
  await using world = await AccountWorld.open();
  const { email } = await world.register("ann");
  for (let i = 0; i < 12; i++) {
    const headers = from(`203.0.113.${i}`);
    const input = { email: i % 2 ? email : email.toUpperCase() };
    const { status } = await world.send("POST", "/api/auth/password/forgot", input, { headers });
    assert.equal(status, 202);
  }
  await world.mail(email, /password/i);
  // The background queue is done when a later job of it is.
  const other = await world.register("bob");
  await world.send("POST", "/api/auth/password/forgot", { email: other.email });
  await world.mail(other.email, /password/i);
  const sent = world.mails.filter(({ to, subject }) => to === email && /password/i.test(subject));
  assert.equal(sent.length, 5);
});

Deno.test({
  ...LEAKY,
  name: "a user has one limit, across all transports and sessions",
  fn: async () => {
    await using app = await RunningApp.start({ RATE_SEND: "6/10m", TRUSTED_PROXY: "" });
    const { ann, bob } = await app.people("ann", "bob");
    const send = app.app.operations.find(({ name }) => name === "message.send")!;
    const input = { recipientId: bob.id, text: "spam" };
    const sentThrough: string[] = [];
    const refused: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (const transport of TRANSPORTS) {
        await using there = await transport.open(app, ann.token);
        const { ok, error } = await there.run(send, input);
        if (ok) sentThrough.push(transport.name);
        else refused.push(`${transport.name} ${error!.code}`);
      }
    }
    assert.equal(sentThrough.length, 6);
    assert.deepEqual(refused, TRANSPORTS.map(({ name }) => `${name} rate_limited`));
    const spoofed = { headers: { "x-forwarded-for": "10.0.0.1" } };
    assertSlowed(await app.client(ann).post("/api/messages", input, spoofed));
    const others = await app.client(bob).post("/api/messages", { recipientId: ann.id, text: "x" });
    assert.equal(others.status, 201);
  },
});
