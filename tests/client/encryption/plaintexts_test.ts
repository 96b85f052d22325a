import assert from "node:assert/strict";
import type { MessageView } from "../../../src/api/views/message.ts";
import { Plaintexts } from "../../../src/client/encryption/plaintexts.ts";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import { encodeContent, type MessageContent } from "../../../src/client/mls/message_content.ts";
import { MlsClientError } from "../../../src/client/mls/mls_client_error.ts";
import type { Decrypted } from "../../../src/client/mls/message_reading.ts";
import type { MlsGroup } from "../../../src/client/mls/mls_group.ts";
import { contextWith } from "./world.ts";

const content: MessageContent = { kind: "message", clientId: "c1", text: "hello" };

/** A device whose group decrypts what a test says, or fails. */
async function reader(decrypted: Uint8Array | Error, senderId = "ann") {
  const { context, store } = await contextWith({});
  const plaintexts = new Plaintexts(context, (name) => ({ [`unsaved/${name}`]: utf8("1") }));
  let decryptions = 0;
  const group = {
    decrypt: async (_: string, keep: (message: Decrypted) => Promise<void>) => {
      decryptions++;
      if (decrypted instanceof Error) throw decrypted;
      await keep({ sender: { userId: senderId }, plaintext: decrypted } as Decrypted);
    },
  } as unknown as MlsGroup;
  const row = { chatId: "chat", senderId: "ann", clientId: "c1", ciphertext: "x" };
  const read = () => plaintexts.read(group, row as unknown as MessageView);
  return { plaintexts, store, read, decryptions: () => decryptions };
}

Deno.test("Plaintexts decrypts a message once, and marks it for the history backup", async () => {
  const world = await reader(encodeContent(content));
  assert.deepEqual([await world.read(), await world.read()], [{ content }, { content }]);
  assert.equal(world.decryptions(), 1);
  assert.deepEqual(await world.store.names(""), [
    "device/signature",
    "plain/chat/ann/c1",
    "unsaved/plain/chat/ann/c1",
  ]);
  await world.plaintexts.forget("cha");
  assert.deepEqual(await world.store.names("plain/"), ["plain/chat/ann/c1"], "another chat");
  await world.plaintexts.forget("chat");
  assert.deepEqual(await world.store.names("plain/"), []);
});

Deno.test("Plaintexts keeps why a message cannot be read, without a mark", async () => {
  const faults: [Uint8Array | Error, string, string][] = [
    [new MlsClientError("key_gone", "its key was used"), "ann", "key_gone"],
    [encodeContent(content), "bob", "bad_message"],
    [encodeContent({ ...content, clientId: "c2" }), "ann", "bad_message"],
    [utf8(JSON.stringify({ v: 1, kind: "message" })), "ann", "bad_message"],
    [utf8(JSON.stringify({ v: 2, kind: "poll" })), "ann", "unsupported"],
  ];
  for (const [decrypted, senderId, fault] of faults) {
    const world = await reader(decrypted, senderId);
    assert.deepEqual([await world.read(), await world.read()], [{ fault }, { fault }]);
    assert.equal(world.decryptions(), 1, fault);
    assert.deepEqual(await world.store.names("unsaved/"), []);
  }
});

Deno.test("Plaintexts keeps nothing of a message while this device's keys cannot be read", async () => {
  for (
    const error of [new MlsClientError("unreadable", "the stored group"), new Error("the disk")]
  ) {
    const world = await reader(error);
    await assert.rejects(world.read(), error);
    await assert.rejects(world.read(), error);
    assert.equal(world.decryptions(), 2, "it is tried again");
    assert.deepEqual(await world.store.names("plain/"), []);
  }
});

Deno.test("Plaintexts keeps an own message before it is sent", async () => {
  const world = await reader(new Error("there is no key for an own message"));
  await world.plaintexts.keepOwn("chat", content);
  const [, name] = await world.store.names("");
  assert.match(name, /^plain\/chat\/[^/]+\/c1$/);
});
