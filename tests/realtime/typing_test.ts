import assert from "node:assert/strict";
import { notFound } from "../../src/core/errors.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { Typing } from "../../src/realtime/typing.ts";
import { eventually } from "../support/eventually.ts";

/** A chat that Ann is in, and Bob, who may be blocked; what its listeners heard, and other instances. */
function room({ blocked = false, typingTimeMs = 60_000 } = {}) {
  const heard: unknown[] = [];
  const told: boolean[] = [];
  const typing = new Typing(
    {
      requireMember: (chatId: string, userId: string) =>
        userId === "eve" ? Promise.reject(notFound("chat", chatId)) : Promise.resolve({} as never),
    } as never,
    { isVisibleIn: (_chatId, userId) => Promise.resolve(!(blocked && userId === "bob")) },
    { toRoom: (_chatId: string, event: WireEvent) => void heard.push(event.data) },
    { typing: (_chatId: string, _userId: string, writing: boolean) => void told.push(writing) },
    { typingTimeMs },
  );
  return { typing, heard, told };
}

Deno.test("one start and one stop are told, however often they are said", async () => {
  const { typing, heard, told } = room();
  for (let i = 0; i < 3; i++) await typing.start("ann", "chat");
  for (let i = 0; i < 2; i++) await typing.stop("ann", "chat");
  assert.deepEqual(heard, [{ userId: "ann", typing: true }, { userId: "ann", typing: false }]);
  assert.deepEqual(told, [true, false]);
  typing.close();
});

Deno.test("writing ends by itself", async () => {
  const { typing, heard } = room({ typingTimeMs: 20 });
  await typing.start("ann", "chat");
  await eventually("it has ended", () => heard.length === 2);
  assert.deepEqual(heard.at(-1), { userId: "ann", typing: false });
  typing.close();
});

Deno.test("writing on several instances is one start, and one stop once it has ended on all", () => {
  const { typing, heard } = room();
  const said = { type: "typing", chatId: "chat", userId: "ann" } as const;
  typing.signal({ ...said, typing: true }, "one");
  typing.signal({ ...said, typing: true }, "two");
  typing.signal({ ...said, typing: false }, "one");
  assert.deepEqual(heard, [{ userId: "ann", typing: true }]);
  typing.gone("another");
  assert.equal(heard.length, 1);
  typing.gone("two");
  assert.deepEqual(heard.slice(1), [{ userId: "ann", typing: false }]);
  typing.close();
});

Deno.test("who has sent has stopped writing, and other instances tell nobody either", async () => {
  const { typing, heard, told } = room();
  await typing.start("ann", "chat");
  typing.committed({ chatId: "chat", steps: [createdBy("bob"), createdBy("ann")] } as never);
  assert.deepEqual([heard.length, told], [1, [true, false]], "clients know it from the message");
  await typing.start("ann", "chat");
  assert.equal(heard.length, 2);
  typing.close();
});

Deno.test("nobody hears who was blocked, and they are not told", async () => {
  const { typing, heard, told } = room({ blocked: true });
  await typing.start("bob", "chat");
  await typing.stop("bob", "chat");
  assert.deepEqual([heard, told], [[], []]);
  typing.close();
});

Deno.test("who is not a member may not write, nor stop", async () => {
  const { typing } = room();
  await assert.rejects(() => typing.start("eve", "chat"), { code: "not_found" });
  await assert.rejects(() => typing.stop("eve", "chat"), { code: "not_found" });
  typing.close();
});

function createdBy(senderId: string) {
  return { type: "message.created", message: { senderId } };
}
