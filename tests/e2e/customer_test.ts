/** Plays a customer: a product with its own users, into which the chat is plugged. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { getStatuses } from "../../src/api/operations/realtime.ts";
import { eventually } from "../support/eventually.ts";
import type { RunningApp } from "../support/running_app.ts";
import { skipWithout } from "../support/skip.ts";
import { TRANSPORTS } from "../support/transports.ts";
import type { Answer, WebhookReceiver } from "../support/webhook_receiver.ts";
import { type CustomerWorld, customerWorld, EMPLOYEES, subscribe } from "./customer/world.ts";

const WAIT = { within: 120_000, every: 50 };
const REASON = "We write about kites only";
/** Messages of each person to each chat, half of them after the crash. */
const MESSAGES = 8;

Deno.test({
  name: "a customer's people talk in its own pages, and its backend misses nothing over kill -9",
  ignore: skipWithout("mongodb", "browser"),
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using world = await customerWorld();
    await subscribe(world);
    world.hook.respond = decide;
    await assertTokensOpenEveryDoor(world);
    const [ann, bob] = [await world.open("ann"), await world.open("bob")];
    const group = await openGroup(world);
    await world.instances.allKnow(world.events, await world.shop.token(EMPLOYEES.ann, 600), group);
    const left = answerWrongly(world);

    await write(ann, "bob");
    await bob.getByRole("button", { name: "Ann Example" }).click();
    await assertHookDecides(ann, bob);
    const sent = { direct: [] as string[], group: [] as string[] };
    await talk(ann, bob, sent.direct, 0);
    await openIn([ann, bob], "Kites");
    await talk(ann, bob, sent.group, 0);
    await world.instances.crash();
    await talk(ann, bob, sent.group, MESSAGES / 2);
    await world.instances.add();
    await openIn([ann], "Bob Example");
    await openIn([bob], "Ann Example");
    await talk(ann, bob, sent.direct, MESSAGES / 2);

    for (let more = 0; left() > 0 && more < 100; more++) {
      await world.instances.send(await world.shop.token(EMPLOYEES.ann), group, `more${more}`);
      await later(300);
    }
    assert.equal(left(), 0, "all wrong answers were given");
    await assertReported(world.events, [...sent.direct, ...sent.group]);
    await eventually("pages got new tokens", () => world.shop.handedOut > 4, WAIT);
    await talk(ann, bob, [], MESSAGES);
    assert.ok(world.silent.requests.length > 0, "the endpoint that hangs was tried");
    assert.equal(world.silent.events.length, 0, "and is waited for still");
    assert.equal(world.trap.followed, 0, "no redirect was followed");
    const { events, silent, hook } = world;
    assert.deepEqual([events, silent, hook].map(({ forged }) => forged), [0, 0, 0]);
    assert.deepEqual(world.faults(), []);
  },
});

/** Refuses a word with a reason, and mends another. */
function decide(body: string): Promise<Response> {
  const { text } = JSON.parse(body).data;
  if (text.includes("balloon")) return Promise.resolve(Response.json({ refuse: REASON }));
  if (!text.includes("teh")) return Promise.resolve(new Response(null, { status: 204 }));
  return Promise.resolve(Response.json({ text: text.replaceAll("teh", "the") }));
}

/**
 * Answers the next requests late, with an error, not at all, with a redirect and with garbage, and
 * accepts all others. Returns a function that counts the remaining responses.
 */
function answerWrongly({ events, never, trap }: CustomerWorld): () => number {
  const garbage = crypto.getRandomValues(new Uint8Array(64_000));
  const answers: (() => Answer)[] = [
    () => later(300),
    () => 500,
    () => 204,
    () => never,
    () => 204,
    () => Response.redirect(trap.url, 307),
    () => 204,
    () => new Response(garbage, { status: 502 }),
  ];
  events.answer = () => answers.shift()?.() ?? 204;
  return () => answers.length;
}

async function later(ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 204;
}

/** The shop's own token is good over REST, at `/ws` and over Socket.IO, at every instance. */
async function assertTokensOpenEveryDoor({ shop, instances }: CustomerWorld): Promise<void> {
  const token = await shop.token(EMPLOYEES.ann);
  for (const instance of instances.running) {
    for (const transport of TRANSPORTS) {
      await using client = await transport.open(instance as unknown as RunningApp, token);
      const { ok, error } = await client.run(getStatuses, {});
      assert.ok(ok, `${transport.name}: ${JSON.stringify(error)}`);
    }
  }
}

/** The shop's backend opens a group in Ann's name, and returns its id. */
async function openGroup({ chat }: CustomerWorld): Promise<string> {
  const { body: bob } = await chat.get(`/api/server/users/${EMPLOYEES.bob.externalId}`);
  const asAnn = chat.in(`ext:${EMPLOYEES.ann.externalId}`);
  const { status, body } = await asAnn.post("/api/groups", {
    name: "Kites",
    memberIds: [bob.user.id],
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

/** Opens the direct chat with a colleague. */
async function write(page: Page, colleague: keyof typeof EMPLOYEES): Promise<void> {
  await page.getByPlaceholder("Colleague").fill(colleague);
  await page.getByText("Write to").click();
  await openIn([page], EMPLOYEES[colleague].name);
}

async function openIn(pages: Page[], title: string): Promise<void> {
  for (const page of pages) {
    await page.getByRole("navigation").getByRole("button", { name: title }).click();
    await page.getByRole("heading", { name: title }).waitFor();
  }
}

async function send(page: Page, text: string): Promise<void> {
  await page.getByPlaceholder("Message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const linesOf = (page: Page) =>
  page.locator("#messages p.sent, #messages p.read, #messages p.delivered")
    .allTextContents();

/** The customer's backend refuses a message, whose sender reads why, and rewrites another. */
async function assertHookDecides(ann: Page, bob: Page): Promise<void> {
  await send(ann, "a balloon");
  await ann.getByRole("alert").getByText(REASON).waitFor();
  await send(ann, "teh red kite");
  await bob.getByText("Ann Example: the red kite").waitFor();
  assert.ok(!(await linesOf(bob)).some((line) => line.includes("balloon")));
}

/** Both write in turn; afterwards both pages show everything once, and in one order. */
async function talk(ann: Page, bob: Page, sent: string[], from: number): Promise<void> {
  const before = await linesOf(ann);
  for (let n = 0; n < MESSAGES / 2; n++) {
    for (const [page, name] of [[ann, "Ann"], [bob, "Bob"]] as const) {
      const text = `${name} ${sent.length} of ${from}`;
      await send(page, text);
      sent.push(text);
    }
  }
  const texts = sent.slice(-MESSAGES);
  await eventually("both pages show the same", async () => {
    const [hers, his] = [await linesOf(ann), await linesOf(bob)];
    assert.deepEqual(hers, his);
    const shown = hers.slice(before.length).map((line) => line.replace(/^.*: /, ""));
    assert.deepEqual(shown.toSorted(), texts.toSorted());
    return true;
  }, WAIT);
}

/** Each message was reported at least once, and the events of each chat came in order. */
async function assertReported(events: WebhookReceiver, texts: string[]): Promise<void> {
  const created = () => events.events.filter(({ type }) => type === "message.created");
  await eventually("every message was reported", () => {
    const reported = new Set(created().map(({ data }) => data.text));
    return texts.every((text) => reported.has(text)) && reported.has("the red kite");
  }, WAIT);
  for (const chatId of new Set(created().map((event) => event.chatId!))) {
    const revs = events.firstRevs(chatId);
    assert.deepEqual(revs, revs.toSorted((a, b) => a - b), "in order for each chat");
  }
  const names = events.events.filter(({ type }) => type === "user.created")
    .map(({ data }) => data.displayName);
  assert.deepEqual(new Set(names), new Set(Object.values(EMPLOYEES).map(({ name }) => name)));
}
