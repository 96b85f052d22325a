import assert from "node:assert/strict";
import type { PortableRow, RowPort } from "../../../src/store/row_port.ts";
import { aBlock, aChat, aMember, aMessage, aUser } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

const row = (fields: object): PortableRow => ({ ...fields });

/** All rows, by pages of two; each page is asked for by the key that the one before returned. */
async function allRows(port: RowPort, entity: Parameters<RowPort["page"]>[0]) {
  const pages: PortableRow[][] = [];
  for (let after: string | null = null;;) {
    const { rows, next } = await port.page(entity, after, 2);
    pages.push(rows);
    if (next === null) return pages;
    after = next;
  }
}

export function rowPortContract(test: ContractTest): void {
  test("rows are read by pages in the order of their keys, each once", async ({ rows }) => {
    const users = Array.from({ length: 5 }, () => aUser());
    await rows.put("users", users.map(row));
    const pages = await allRows(rows, "users");
    assert.deepEqual(pages.map(({ length }) => length), [2, 2, 1]);
    const sorted = users.toSorted((a, b) => a.id < b.id ? -1 : 1);
    assert.deepEqual(pages.flat(), sorted);
    assert.deepEqual(await rows.page("blocks", null, 2), { rows: [], next: null });
  });

  test("rows without an id are read by pages, each once", async ({ rows }) => {
    const blocks = Array.from({ length: 3 }, () => aBlock());
    await rows.put("blocks", blocks.map(row));
    const read = (await allRows(rows, "blocks")).flat();
    assert.equal(new Set(read.map((each) => each.blockerId)).size, 3);
    assert.equal(read.length, 3);
  });

  test("a row that is written again stays as it is", async (store) => {
    const { rows } = store;
    const [user, chat] = [aUser({ displayName: "Ann" }), aChat()];
    const [member, message] = [aMember(chat.id), aMessage(chat.id, 1, { text: "first" })];
    const all = { users: [user], chats: [chat], memberships: [member], messages: [message] };
    for (const [entity, some] of Object.entries(all)) {
      await rows.put(entity as keyof typeof all, some.map(row));
    }
    await rows.put("users", [row({ ...user, displayName: "Bob" })]);
    await rows.put("chats", [row({ ...chat, name: "Other" })]);
    await rows.put("memberships", [row({ ...member, readSeq: member.readSeq + 1 })]);
    await rows.put("messages", [row({ ...message, text: "second" })]);
    for (const [entity, some] of Object.entries(all)) {
      const page = await rows.page(entity as keyof typeof all, null, 10);
      assert.deepEqual(page.rows, some, entity);
    }
  });

  test(
    "how far a copy has come is kept until it ends, which gives the store its history's name",
    async (store, opened) => {
      const { rows } = store;
      assert.equal(await rows.progress(), null);
      for (const progress of ["a", "b"]) {
        await rows.setProgress(progress);
        assert.equal(await (await opened.second()).rows.progress(), progress);
      }
      await rows.setProgress(null);
      assert.equal(await rows.progress(), null);
      await rows.setProgress("c");
      const incarnation = "0123456789abcdef".repeat(2);
      await rows.finish(incarnation);
      assert.equal(await rows.progress(), null);
      assert.equal(await (await opened.second()).incarnation(), incarnation);
    },
  );
}
