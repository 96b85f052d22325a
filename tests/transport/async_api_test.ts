import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { EVENT_SCHEMAS } from "../../src/api/event_schemas.ts";
import { EVENT_NAMES } from "../../src/model/event.ts";
import { RunningApp } from "../support/running_app.ts";
import { eventually } from "../support/eventually.ts";
import { WsClient } from "../support/ws_client.ts";

// deno-lint-ignore no-explicit-any -- a document is read as deeply as a test likes
type Document = any;

async function served(app: RunningApp): Promise<Document> {
  const response = await fetch(`${app.url}/api/asyncapi.json`);
  assert.equal(response.status, 200);
  return await response.json();
}

/** Returns a function that checks a frame against the document's message. */
function validatorOf(document: Document): (message: string, frame: unknown) => void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: "document", ...document });
  return (message, frame) => {
    const validate = ajv.getSchema(`document#/components/messages/${message}/payload`) as
      | ValidateFunction
      | undefined;
    assert(validate, `the document has no message ${message}`);
    assert(validate(frame), `${message}: ${ajv.errorsText(validate.errors)}`);
  };
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$ref") yield inner as string;
    else yield* referencesIn(inner);
  }
}

function follow(document: Document, reference: string): unknown {
  return reference.replace("#/", "").split("/").reduce((at, name) => at?.[name], document);
}

Deno.test("the AsyncAPI document lists every command and event, and every reference resolves", async () => {
  await using app = await RunningApp.start();
  const document = await served(app);
  assert.equal(document.asyncapi, "3.0.0");
  const { operations, components } = document;
  assert.deepEqual(Object.keys(operations).sort(), [
    "call.end",
    "call.join",
    "call.start",
    "chat.changes",
    "chat.delivered",
    "chat.read",
    "event.send",
    "events",
    "hello",
    "message.delete",
    "message.edit",
    "message.pin",
    "message.react",
    "message.send",
    "ping",
    "presence.get",
    "presence.set",
    "typing.start",
    "typing.stop",
  ]);
  const compact = Object.values(EVENT_SCHEMAS).filter((event) => event.compact !== undefined);
  const count = EVENT_NAMES.length + compact.length + 1;
  assert.equal(operations.events.messages.length, count, "with the array of them");
  for (const name of EVENT_NAMES) {
    assert.equal(components.messages[`event.${name}`].payload.properties.event.const, name);
  }
  const references = [...referencesIn(document)];
  assert(references.length > 100);
  for (const reference of references) {
    assert.notEqual(follow(document, reference), undefined, reference);
  }
});

Deno.test("frames on the socket match the AsyncAPI document", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const document = await served(app);
  const check = validatorOf(document);
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const anns = await WsClient.connect(app.webSocketUrl, ann.token, { [chat.id]: 0 });
  await using annsSocket = anns.client;
  check("hello.reply", { id: 1, ok: true, data: anns.welcome });
  const bobs = await WsClient.connect(app.webSocketUrl, bob.token);
  await using bobsSocket = bobs.client;
  const compact = await WsClient.connect(app.webSocketUrl, bob.token, undefined, { compact: true });
  await using compactSocket = compact.client;
  const say = async (cmd: string, data: unknown) => {
    check(cmd, { id: 1, cmd, data });
    const reply = await annsSocket.command(cmd, data);
    check(reply.ok ? `${cmd}.reply` : "error", reply);
    return reply;
  };
  const { data: message } = await say("message.send", { chatId: chat.id, text: "Hello" });
  const about = { messageId: message.id };
  await say("message.edit", { ...about, text: "Hello!" });
  await say("message.react", { ...about, emoji: "👍" });
  await say("message.pin", about);
  await say("chat.read", { chatId: chat.id, seq: message.seq });
  await say("chat.changes", { chatId: chat.id, after: 0 });
  await say("typing.start", { chatId: chat.id });
  await say("typing.stop", { chatId: chat.id });
  await say("presence.set", { state: "busy", text: "Writing" });
  await say("presence.get", { userIds: [bob.id] });
  await say("ping", {});
  await say("message.delete", about);
  assert.equal((await say("message.edit", { ...about, text: "Gone" })).ok, false);
  await app.client(ann).post("/api/groups", { name: "Group", memberIds: [bob.id] });
  const wanted = ["message.deleted", "receipt.updated", "typing", "presence", "notification"];
  await eventually("Bob has heard of it all", () => {
    const heard = new Set<string>(bobsSocket.events.map(({ event }) => event));
    return wanted.every((event) => heard.has(event));
  });
  for (const event of bobsSocket.events) check(`event.${event.event}`, event);
  for (const event of compactSocket.events) {
    const isShorter = EVENT_SCHEMAS[event.event].compact !== undefined;
    check(`event.${event.event}${isShorter ? ".compact" : ""}`, event);
  }
  check("events", bobsSocket.events);
  assert.throws(() => check("events", [{ event: "typing", data: {} }]), /events/);
  assert.throws(() => check("event.typing", { event: "typing", data: {} }), /required/);
});
