import assert from "node:assert/strict";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { eventually } from "../support/eventually.ts";
import { within } from "../support/within.ts";
import { attacks, REST } from "./attacks.ts";
import { UnreadHttp2 } from "./raw_http2.ts";

const attack = attacks();

/** Far more than may be open and wait, also while idle ones give way on a slow machine. */
const REQUESTS = 150;

attack(REST, "large answers that are never read are bounded by account", async (app) => {
  const { eve, bob } = await app.people("eve", "bob");
  const text = "字".repeat(10_000);
  let chatId = "";
  for (let i = 0; i < 20; i++) {
    const sent = await app.client(eve).post("/api/messages", { recipientId: bob.id, text });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    chatId = sent.body.chatId;
  }
  const path = `/api/messages/${chatId}`;
  {
    using client = await UnreadHttp2.open(app);
    for (let i = 0; i < REQUESTS; i++) await client.get(path, eve.token);
    await eventually("one is refused", () => [...client.answers.values()].includes(false));
    assert.ok([...client.answers.values()].includes(true), "others have begun");
    const his = await within("Bob's answer", wholeOf(app, path, bob), 60_000);
    assert.equal(his.items.length, 20);
    assert.equal(his.items[0].text, text);
    // The ones that were not read give way.
    assert.equal((await within("Eve's own", wholeOf(app, path, eve), 60_000)).items.length, 20);
  }
  assert.equal((await within("her next", wholeOf(app, path, eve), 60_000)).items.length, 20);
});

async function wholeOf(app: RunningApp, path: string, person: Person) {
  const { status, body } = await app.client(person).get(path);
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300));
  return body;
}
