import assert from "node:assert/strict";
import { AppError } from "../../../src/core/errors.ts";
import { aSession, aUser, storedChat } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function lifecycleContract(test: ContractTest): void {
  test("an open store responds to a ping", async (store) => {
    await store.ping();
  });

  test("closing waits for pending calls, and may be repeated", async (store, opened) => {
    const users = Array.from({ length: 20 }, () => aUser());
    const writes = users.map((user) => store.users.create(user));
    await Promise.all([store.close(), ...writes]);
    await store.close();
    const after = await opened.second();
    assert.equal((await after.users.byIds(users.map(({ id }) => id))).length, 20);
  });

  test(
    "the incarnation is the same for all instances and after restarts",
    async (store, opened) => {
      const incarnation = await store.incarnation();
      assert.match(incarnation, /^[0-9a-f]{32}$/);
      await store.close();
      assert.equal(await (await opened.second()).incarnation(), incarnation);
    },
  );

  test("a closed store is unavailable, for reading and for writing", async (store) => {
    const user = aUser();
    await store.users.create(user);
    await store.close();
    await assert.rejects(store.ping(), isUnavailable);
    await assert.rejects(store.users.byId(user.id), isUnavailable);
    await assert.rejects(store.sessions.create(aSession()), isUnavailable);
  });

  test("a resolved write of one instance is visible to another", async (store, opened) => {
    const other = await opened.second();
    const { chat, messages } = await storedChat(store, { messages: [{ text: "hello" }] });
    assert.deepEqual(await other.chats.byId(chat.id), chat);
    assert.deepEqual(await other.messages.byId(messages[0].id), messages[0]);
  });

  test("instances that start at once open the same database", async (_store, opened) => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => opened.second()));
    const users = stores.map(() => aUser());
    await Promise.all(stores.map((store, i) => store.users.create(users[i])));
    for (const store of stores) {
      assert.equal((await store.users.byIds(users.map(({ id }) => id))).length, users.length);
    }
  });
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === "unavailable";
}
