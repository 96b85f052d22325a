import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { parseGroupId, parseIdentity } from "../../../src/encryption/mls/identity.ts";

Deno.test("parseGroupId reads one name of each group, and no other spelling of it", () => {
  const chatId = newId();
  const read = (text: string) => parseGroupId(new TextEncoder().encode(text), "group_id");
  assert.deepEqual(read(chatId), { chatId, generation: 0 });
  assert.deepEqual(read(`${chatId}/1`), { chatId, generation: 1 });
  assert.deepEqual(read(`${chatId}/999999999`), { chatId, generation: 999_999_999 });
  const wrong = ["", "/1", "x", "x/1", `\ufeff${chatId}`];
  const endings = ["/", "/0", "/01", "/-1", "/1e3", "/1/2", "/1/", "/1000000000", "/one"];
  for (const text of [...wrong, ...endings.map((ending) => chatId + ending)]) {
    assert.throws(() => read(text), /is not the id of a chat's group/, text);
  }
});

Deno.test("parseIdentity reads a person's device, and no other spelling of it", () => {
  const [userId, deviceId] = [newId(), newId()];
  const read = (text: string) => parseIdentity(new TextEncoder().encode(text), "identity");
  assert.deepEqual(read(`${userId}/${deviceId}`), { userId, deviceId });
  const wrong = ["", "/", userId, `${userId}/`, `/${deviceId}`, `x/${deviceId}`, `${userId}/x`];
  const longer = [
    `${userId}/${deviceId}/`,
    `${userId}/${deviceId}/1`,
    `\ufeff${userId}/${deviceId}`,
  ];
  for (const text of [...wrong, ...longer]) {
    assert.throws(() => read(text), /is not <userId>\/<deviceId>/, text);
  }
});
