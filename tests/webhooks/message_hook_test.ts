import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { metricsOf, valueOf } from "../support/metrics_text.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { openWorld, send, type World } from "./webhook_world.ts";

interface Question {
  type: string;
  data: { text: string; senderId: string; chatId: string | null; messageId: string | null };
}

type Decide = (question: Question) => Response | Promise<Response>;

/** A backend that is asked before a message is stored. */
async function hooked(
  world: World,
  decide: Decide,
  onFailure: "allow" | "refuse" = "allow",
): Promise<Question[]> {
  const asked: Question[] = [];
  world.backend.respond = async (body) => {
    const question = JSON.parse(body);
    asked.push(question);
    return await decide(question);
  };
  const { status, body } = await world.admin.put("/api/admin/message-hook", {
    url: world.backend.url,
    onFailure,
  });
  assert.equal(status, 200, JSON.stringify(body));
  world.backend.secret = body.secret;
  return asked;
}

const allow = () => new Response(null, { status: 204 });
const textOf = async ({ ann, chatId }: World) =>
  (await ann.get(`/api/messages/${chatId}`)).body.items.map(({ text }: { text: string }) => text);

Deno.test("the hook sees a message with its sender before it is stored, and may change its text", async () => {
  await using world = await openWorld();
  const asked = await hooked(world, ({ data }) => Response.json({ text: `${data.text}!` }));
  const id = await send(world.ann, world.chatId, "Hello");
  assert.deepEqual(await textOf(world), ["Hello!"]);
  await world.ann.put(`/api/messages/${id}`, { text: "Bye" });
  assert.deepEqual(await textOf(world), ["Bye!"]);
  assert.equal(world.backend.forged, 0);
  world.backend.respond = () => Promise.resolve(allow());
  await send(world.ann, world.chatId, "Hello again");
  const metrics = await metricsOf(world.app);
  const counted = (outcome: string) =>
    valueOf(metrics, `realtimechat_message_hook_total{outcome="${outcome}"}`);
  assert.deepEqual(["changed", "allowed", "refused"].map(counted), [2, 1, 0]);
  assert.deepEqual(asked.map(({ data }) => [data.text, data.senderId, data.messageId]), [
    ["Hello", world.person.id, null],
    ["Bye", world.person.id, id],
  ]);
});

Deno.test("the hook may change custom data within its bounds, and leaves it otherwise", async () => {
  await using world = await openWorld();
  const { ann, chatId } = world;
  const answers = [{ custom: { mood: "calm" } }, { text: "same data" }, { custom: "wrong" }];
  const asked = await hooked(world, () => Response.json(answers[asked.length - 1]));
  const stored: unknown[] = [];
  for (const text of ["one", "two", "three"]) {
    const { body } = await ann.post("/api/messages", { chatId, text, custom: { mood: "wild" } });
    stored.push([body.text, body.custom]);
  }
  assert.deepEqual(stored, [
    ["one", { mood: "calm" }],
    ["same data", { mood: "wild" }],
    ["three", { mood: "wild" }],
  ]);
});

for (const transport of TRANSPORTS) {
  Deno.test(`the hook refuses a message with a reason for the sender (${transport.name})`, async () => {
    await using world = await openWorld();
    await hooked(world, () => Response.json({ refuse: "no kites on Sundays" }));
    await using there = await transport.open(world.app, world.person.token);
    const operation = world.app.app.operations.find(({ name }) => name === "message.send")!;
    const { ok, error } = await there.run(operation, { chatId: world.chatId, text: "kite" });
    assert.deepEqual([ok, error?.code], [false, "message_refused"]);
    assert.match(error!.detail, /no kites on Sundays/);
    assert.deepEqual(await textOf(world), []);
  });
}

Deno.test("a backend that fails or answers wrongly lets messages through, or stops them, as configured", async () => {
  for (const onFailure of ["allow", "refuse"] as const) {
    const wrong: Decide[] = [
      () => new Response("no", { status: 500 }),
      () => new Response("{ not JSON"),
      () => Response.json({ text: 5 }),
      () => Response.redirect(`${world.backend.origin}/elsewhere`, 307),
    ];
    await using world = await openWorld();
    const asked = await hooked(world, (question) => wrong[asked.length - 1](question), onFailure);
    for (const _ of wrong) {
      const { status, body } = await world.ann.post("/api/messages", {
        chatId: world.chatId,
        text: "Hello",
      });
      assert.equal(status, onFailure === "allow" ? 201 : 503, JSON.stringify(body));
    }
    assert.equal(asked.length, wrong.length);
  }
});

Deno.test("a text of a backend that no message may have is a wrong answer", async () => {
  await using world = await openWorld({ LIMIT_TEXT_LENGTH: "10" });
  const texts = ["x".repeat(11), "a\0b", "half \ud83d", "🎉".repeat(10)];
  const asked = await hooked(world, () => Response.json({ text: texts[asked.length - 1] }));
  for (const _ of texts) await send(world.ann, world.chatId, "Hello");
  assert.equal(asked.length, texts.length);
  assert.deepEqual(await textOf(world), ["🎉".repeat(10), "Hello", "Hello", "Hello"]);
});

Deno.test("an answer that is no object of the hook's fields is a wrong answer", async () => {
  const answers = [[], "no", 5, false, { reject: "kites" }];
  for (const answer of answers) {
    await using world = await openWorld();
    const asked = await hooked(world, () => Response.json(answer), "refuse");
    const body = { chatId: world.chatId, text: "kite" };
    const { status } = await world.ann.post("/api/messages", body);
    assert.deepEqual([status, asked.length], [503, 1], JSON.stringify(answer));
    assert.deepEqual(await textOf(world), []);
  }
});

Deno.test("the hook takes the text off a file, and leaves no message blank", async () => {
  await using world = await openWorld();
  const { ann, chatId } = world;
  const id = await send(ann, chatId, "a kite");
  await hooked(world, () => Response.json({ text: "" }), "refuse");
  const form = new FormData();
  form.append("file", new File(["a kite"], "kite.txt", { type: "text/plain" }));
  const file = await ann.send("POST", "/api/media/upload", undefined, { body: form });
  const sent = await ann.post("/api/messages", {
    chatId,
    text: "secret",
    mediaIds: [file.body.id],
  });
  assert.deepEqual([sent.status, sent.body.text], [201, ""], JSON.stringify(sent.body));
  const blank = await ann.post("/api/messages", { chatId, text: "secret" });
  assert.deepEqual([blank.status, blank.body.code], [503, "unavailable"]);
  const edit = await ann.put(`/api/messages/${id}`, { text: "secret" });
  assert.deepEqual([edit.status, edit.body.code], [503, "unavailable"]);
  assert.deepEqual(await textOf(world), ["", "a kite"]);
});

Deno.test("a backend that never answers is soon not asked any more, and then tried again", async () => {
  await using world = await openWorld({ LIMIT_MESSAGE_HOOK_MS: "1000" });
  const { app, ann, chatId } = world;
  const hanging = Promise.withResolvers<Response>();
  let isHanging = true;
  const asked = await hooked(world, () => isHanging ? hanging.promise : allow());
  for (let n = 0; n < 8; n++) await send(ann, chatId, String(n));
  assert.ok(asked.length <= 5, "the breaker has opened");
  isHanging = false;
  app.clock.ahead += 60_000;
  await send(ann, chatId, "8");
  const before = asked.length;
  await send(ann, chatId, "9");
  assert.equal(asked.length, before + 1);
  assert.equal((await textOf(world)).length, 10);
  hanging.resolve(allow());
});

Deno.test("a slow answer delays its sender's messages in order, and those of no other member", async () => {
  await using world = await openWorld();
  const { app, ann, chatId } = world;
  const { ben } = await app.people("ben");
  const added = await ann.post(`/api/groups/${chatId}/members`, { userIds: [ben.id] });
  assert.ok(added.status < 300, JSON.stringify(added.body));
  const slow = Promise.withResolvers<void>();
  const asked = await hooked(world, async ({ data }) => {
    if (data.text === "slow") await slow.promise;
    return allow();
  });
  const first = send(ann, chatId, "slow");
  await eventually("the first is asked about", () => asked.length === 1);
  const second = send(ann, chatId, "quick");
  await send(app.client(ben), chatId, "another's");
  slow.resolve();
  await Promise.all([first, second]);
  assert.deepEqual((await textOf(world)).reverse(), ["another's", "slow", "quick"]);
});

Deno.test("the hook is asked once about a send, however often it is repeated", async () => {
  await using world = await openWorld();
  const { ann, chatId } = world;
  const asked = await hooked(world, allow);
  const body = { chatId, text: "once", clientId: "first-try" };
  const ids = await Promise.all([1, 2, 3].map(() => ann.post("/api/messages", body)));
  ids.push(await ann.post("/api/messages", body));
  assert.equal(new Set(ids.map(({ body }) => body.id)).size, 1);
  assert.equal(asked.length, 1);
});

Deno.test("the hook is not asked about chats of others, nor about messages that are not changed", async () => {
  await using world = await openWorld();
  const { ben } = await world.app.people("ben");
  const asked = await hooked(world, allow);
  const { status } = await world.app.client(ben).post("/api/messages", {
    chatId: world.chatId,
    text: "let me in",
  });
  assert.equal(status, 404);
  assert.equal(asked.length, 0);
  const id = await send(world.ann, world.chatId, "same");
  await world.ann.put(`/api/messages/${id}`, { text: "same" });
  assert.equal(asked.length, 1);
});

Deno.test("the hook is not asked about messages that the rules of contact refuse", async () => {
  await using world = await openWorld();
  const { app, ann } = world;
  const { ben, cat } = await app.people("ben", "cat");
  const [bens, cats] = [app.client(ben), app.client(cat)];
  const settings = await cats.put("/api/users/contact-settings", { write: "shared" });
  assert.equal(settings.status, 200, JSON.stringify(settings.body));
  const asked = await hooked(world, allow);
  const code = async (answer: ReturnType<typeof ann.post>) => (await answer).body.code;

  // A stranger may write once, and then has to wait for the other person's consent.
  const first = await ann.post("/api/messages", { recipientId: cat.id, text: "May I?" });
  assert.equal(first.status, 201, JSON.stringify(first.body));
  const { chatId } = first.body;
  const more = { text: "Please!" };
  assert.equal(
    await code(ann.post("/api/messages", { recipientId: cat.id, ...more })),
    "forbidden",
  );
  assert.equal(await code(ann.post("/api/messages", { chatId, ...more })), "forbidden");
  assert.equal(asked.length, 1);
  // The other person's answer is consent.
  const answer = await cats.post("/api/messages", { recipientId: world.person.id, text: "Yes" });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  assert.equal((await ann.post("/api/messages", { chatId, text: "Thanks" })).status, 201);
  assert.equal(asked.length, 3);

  const sent = await bens.post("/api/messages", { recipientId: world.person.id, text: "Hi" });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  await ann.post("/api/users/block", { userId: ben.id });
  const again = { recipientId: world.person.id, text: "Hi again" };
  assert.equal(await code(bens.post("/api/messages", again)), "forbidden");
  const edit = bens.put(`/api/messages/${sent.body.id}`, { text: "changed" });
  assert.equal(await code(edit), "forbidden");
  await cats.post("/api/users/block", { userId: ben.id });
  const toCat = { recipientId: cat.id, text: "Hi" };
  assert.equal(await code(bens.post("/api/messages", toCat)), "not_found");
  assert.deepEqual(asked.map(({ data }) => data.text), ["May I?", "Yes", "Thanks", "Hi"]);
});

Deno.test("the first message to a person is asked about too", async () => {
  await using world = await openWorld();
  const { ben } = await world.app.people("ben");
  const asked = await hooked(world, () => Response.json({ refuse: "not yet" }));
  const { body } = await world.ann.post("/api/messages", { recipientId: ben.id, text: "Hi" });
  assert.equal(body.code, "message_refused");
  assert.equal(asked.length, 1);
  assert.deepEqual((await world.ann.get("/api/chats")).body.items.length, 1, "only the group");
});

Deno.test("an administrator reads and removes the hook, and the environment's cannot be changed", async () => {
  await using world = await openWorld();
  await hooked(world, () => Response.json({ refuse: "no" }));
  const path = "/api/admin/message-hook";
  const { hook } = (await world.admin.get(path)).body;
  assert.deepEqual(hook, { url: world.backend.url, onFailure: "allow", fixed: false });
  assert.equal((await world.admin.delete(path)).status, 204);
  assert.equal((await world.admin.get(path)).body.hook, null);
  await send(world.ann, world.chatId, "free");
  await using fixed = await openWorld({
    MESSAGE_HOOK_URL: world.backend.url,
    MESSAGE_HOOK_SECRET: `whsec_${btoa("a secret of twenty-four b")}`,
    MESSAGE_HOOK_ON_FAILURE: "refuse",
  });
  assert.equal((await fixed.admin.get(path)).body.hook.fixed, true);
  assert.equal((await fixed.admin.delete(path)).body.code, "conflict");
  const { body } = await fixed.ann.post("/api/messages", { chatId: fixed.chatId, text: "Hi" });
  assert.equal(body.code, "unavailable", "the receiver refuses the signature of another secret");
});
