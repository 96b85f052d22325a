import assert from "node:assert/strict";
import { BADGE_CAP, Unread } from "../../src/chats/unread.ts";
import { newId } from "../../src/core/ids.ts";
import type { Membership } from "../../src/model/membership.ts";
import type { Message } from "../../src/model/message.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aBlock, storedChat, T0 } from "../contract/store/rows.ts";

/** One person's chats, and the number of chats that were counted for their badge. */
class BadgeWorld implements AsyncDisposable {
  readonly me = newId();
  readonly eve = newId();
  readonly store = new SqliteStore(":memory:");
  counted = 0;
  readonly #unread = new Unread({
    memberships: this.store.memberships,
    blocks: this.store.blocks,
    messages: new Proxy(this.store.messages, {
      get: (messages, name) =>
        name !== "unread"
          ? Reflect.get(messages, name)
          : (...args: Parameters<typeof messages.unread>) => {
            this.counted += args[0].length;
            return messages.unread(...args);
          },
    }),
  }, { now: () => T0 });

  badge(): Promise<number> {
    return this.#unread.badge(this.me);
  }

  /** Creates a chat with this number of unread messages. */
  async chat(
    unread: number,
    member: Partial<Membership> = {},
    message: Partial<Message> = {},
  ): Promise<void> {
    const messages = Array.from({ length: unread }, () => message);
    await storedChat(this.store, { members: [{ ...member, userId: this.me }], messages });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

Deno.test("Unread.badge sums the unread messages of all chats", async () => {
  await using world = new BadgeWorld();
  assert.equal(await world.badge(), 0);
  for (let i = 0; i < 45; i++) await world.chat(2);
  assert.equal(await world.badge(), 90);
  assert.equal(world.counted, 45);
});

Deno.test("Unread.badge is at most 99, and counts no further chats then", async () => {
  await using world = new BadgeWorld();
  for (let i = 0; i < 45; i++) await world.chat(6);
  assert.equal(await world.badge(), BADGE_CAP);
  assert.equal(world.counted, 20, "the first chats are enough");
});

Deno.test("Unread.badge leaves out muted chats, blocked senders, and plain messages where only mentions count", async () => {
  await using world = new BadgeWorld();
  const { me, eve, store } = world;
  await world.chat(1);
  await world.chat(3, { notify: "none" });
  await world.chat(3, { mutedUntil: T0 + 1 });
  await world.chat(1, { mutedUntil: T0 });
  await world.chat(3, { notify: "mentions" });
  await world.chat(2, { notify: "mentions" }, { mentions: [me] });
  await world.chat(3, {}, { senderId: eve });
  assert.equal(await world.badge(), 1 + 1 + 2 + 3);
  await store.blocks.add(aBlock({ blockerId: me, blockedId: eve }), Infinity);
  assert.equal(await world.badge(), 1 + 1 + 2);
});
