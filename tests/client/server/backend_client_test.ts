import assert from "node:assert/strict";
import { BackendClient, type ChatError } from "../../../src/client/server/mod.ts";
import { backendWorld } from "./world.ts";
import { within } from "../../support/within.ts";

Deno.test("a backend makes people, lists them all, and signs them in", async () => {
  await using w = await backendWorld();
  const { users } = w.chat;
  const ann = await users.put("ann", { name: "Ann", custom: { plan: "gold" } });
  assert.deepEqual([ann.user.displayName, ann.user.custom], ["Ann", { plan: "gold" }]);
  const many = Array.from(
    { length: 205 },
    (_, i) => ({ externalId: `p${i}`, name: `Person ${i}` }),
  );
  const outcomes = await users.putMany([...many, { externalId: "x", username: ann.user.username }]);
  assert.equal(outcomes.length, 206);
  assert.deepEqual(outcomes.filter(({ error }) => error).length, 1);
  const listed = await Array.fromAsync(users.list());
  assert.equal(listed.length, 206);
  const session = await users.signIn("ann", { deviceName: "Phone" });
  assert.equal(session.user.id, ann.user.id);
  assert.equal(await users.endSessions("ann"), 1);
  assert.notEqual((await users.deactivate("ann")).deactivatedAt, null);
  await assert.rejects(users.signIn("ann"), { code: "account_suspended" });
  assert.equal((await users.reactivate("ann")).deactivatedAt, null);
  assert.match(JSON.stringify(await users.export("ann")), /"Ann"/);
  await users.erase("ann");
  await assert.rejects(users.get("ann"), { name: "ChatError", code: "not_found" });
});

Deno.test("a backend sends in a person's name, and a repeated send makes one message", async () => {
  await using w = await backendWorld();
  await w.chat.users.put("ann", {});
  const bob = await w.chat.users.put("bob", {});
  let lost = 2;
  const lossy = new BackendClient({
    url: `${w.app.url}/`,
    key: w.key,
    fetch: async (url, init) => {
      const response = await fetch(url, init as RequestInit);
      if (lost-- <= 0) return response;
      await response.body?.cancel();
      throw new TypeError("the network was lost after the server had answered");
    },
  });
  const sent = await lossy.actAs("ext:ann").send({ recipientId: bob.user.id, text: "Hello" });
  assert.equal(lost, -1);
  const ann = w.chat.actAs("ext:ann");
  const { items } = await ann.call("message.list", { chatId: sent.chatId });
  assert.deepEqual(items.map(({ text }) => text), ["Hello"]);
  await assert.rejects(w.chat.send({ recipientId: bob.user.id, text: "x" }), { code: "misuse" });
  await assert.rejects(w.chat.actAs("ext:cat").send({ chatId: sent.chatId, text: "x" }), {
    code: "invalid_request",
  });
});

Deno.test("a send that is refused is not repeated", async () => {
  await using w = await backendWorld();
  const ann = await w.chat.users.put("ann", {});
  let requests = 0;
  const counting = new BackendClient({
    url: w.app.url,
    key: w.key,
    fetch: (url, init) => {
      requests++;
      return fetch(url, init as RequestInit);
    },
  });
  const toHerself = counting.actAs("ext:ann").send({ recipientId: ann.user.id, text: "x" });
  await assert.rejects(toHerself, { name: "ChatError", code: "invalid_request" });
  assert.equal(requests, 1);
});

Deno.test("a send is repeated after the pause that the server asked for, if it is short", async () => {
  const url = "http://chat.test";
  const answers = [busyFor(2), new Response("{}", { status: 201 })];
  const times: number[] = [];
  const fetch = () => {
    times.push(performance.now());
    return Promise.resolve(answers.shift()!);
  };
  const ann = new BackendClient({ url, key: "rtc_test", fetch }).actAs("ext:ann");
  await ann.send({ chatId: "1", text: "x" });
  // A timer may fire a millisecond early.
  assert.ok(times[1] - times[0] >= 1_990, String(times));
  answers.push(busyFor(3_600));
  await assert.rejects(ann.send({ chatId: "1", text: "x" }), { retryAfterMs: 3_600_000 });
  assert.equal(times.length, 3);
});

function busyFor(seconds: number): Response {
  const body = JSON.stringify({ code: "unavailable", title: "away" });
  return new Response(body, { status: 503, headers: { "retry-after": String(seconds) } });
}

Deno.test("a wrong key is refused by the constructor or the server, and never repeated in an error", async () => {
  await using w = await backendWorld();
  for (const key of ["", "Bearer x", "eyJhbGciOi"]) {
    assert.throws(() => new BackendClient({ url: w.app.url, key }), (error: ChatError) => {
      return error.code === "misuse" && (key === "" || !error.message.includes(key));
    });
  }
  const wrong = new BackendClient({ url: w.app.url, key: `${w.key}x` });
  await assert.rejects(wrong.users.get("ann"), (error: ChatError) => {
    return error.code === "unauthenticated" && !error.message.includes(w.key);
  });
  assert.throws(() => new BackendClient({ url: `${w.app.url}/api`, key: w.key }), {
    code: "misuse",
    message: /make a BackendClient: url has to be an http address without \/api/,
  });
  assert.doesNotMatch(JSON.stringify(w.chat) + Deno.inspect(w.chat), /rtc_/);
});

Deno.test("the part for backends runs in a worker", async () => {
  await using w = await backendWorld();
  const module = new URL("../../../src/client/server/mod.ts", import.meta.url).href;
  const code = `
    import { BackendClient } from ${JSON.stringify(module)};
    onmessage = async ({ data }) => {
      const { user } = await new BackendClient(data).users.put("ann", { name: "Ann" });
      postMessage(user.displayName);
    };`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, {
    type: "module",
  });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ url: w.app.url, key: w.key });
  });
  const name = await within("the worker answers", answer);
  worker.terminate();
  assert.equal(name, "Ann");
});

Deno.test("BackendClient.actAs refuses a value that names no person, since the call would be in the key's own name", () => {
  const chat = new BackendClient({ url: "https://chat.example.org", key: "rtc_test" });
  for (const wrong of [undefined, null, "", "customer-17", "ext:"]) {
    assert.throws(() => chat.actAs(wrong as string), {
      code: "misuse",
      message: `Cannot act as a person: "${wrong}" is neither a user's id nor ext: and your own id`,
    });
  }
  chat.actAs("01a22e91-fefd-769c-9322-8304b95f697e");
  chat.actAs("ext:customer-17");
});
