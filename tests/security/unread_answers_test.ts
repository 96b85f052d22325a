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

attack(REST, "large answers to polls of Socket.IO do not add up", async (app) => {
  const { eve, bob } = await app.people("eve", "bob");
  const text = "字".repeat(10_000);
  let chatId = "";
  for (let i = 0; i < 20; i++) {
    const sent = await app.client(eve).post("/api/messages", { recipientId: bob.id, text });
    chatId = sent.body.chatId;
  }
  const path = "/socket.io/?EIO=4&transport=polling";
  const open = await (await fetch(app.url + path)).text();
  const session = `${path}&sid=${JSON.parse(open.slice(1)).sid}`;
  const post = async (packet: string) => {
    const posted = await fetch(app.url + session, { method: "POST", body: packet });
    assert.equal(await posted.text(), "ok");
  };
  const poll = async () => {
    const response = await fetch(app.url + session);
    return [response.status, await response.text()] as const;
  };
  await post(`40${JSON.stringify({ token: eve.token })}`);
  for (let connected = ""; !connected.includes('"hello"');) connected += (await poll())[1];
  const ask = () => post(`421["chat.changes",${JSON.stringify({ chatId, after: 0 })}]`);
  await ask();
  const whole = async () => {
    for (let payload = "";;) {
      if ((payload = (await poll())[1]).length > 80_000) return payload;
      assert.ok(!payload.includes('"ok":false'), payload);
    }
  };
  const payload = await within("a client that reads gets the whole", whole(), 60_000);
  assert.match(payload, /\}\]$/);
  using client = await UnreadHttp2.open(app);
  // More than a stream of HTTP/2 takes for later: several replies mostly go together.
  const isRefused = async () => {
    for (let i = 0; i < 12; i++) await ask();
    const begun = client.answers.size;
    await client.get(session, eve.token);
    await eventually("the large answer has begun", () => client.answers.size > begun);
    const [code, reason] = await poll();
    if (code === 400) assert.equal(reason, "The last response was not read");
    return code === 400;
  };
  for (let tries = 1; !await isRefused(); tries++) assert.ok(tries < 5, "it is never refused");
  assert.deepEqual((await poll())[0], 400, "the session is over");
});

async function wholeOf(app: RunningApp, path: string, person: Person) {
  const { status, body } = await app.client(person).get(path);
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300));
  return body;
}
