import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { emptyDay } from "../../../src/model/statistics.ts";
import { aMedia, aUser, storedChat } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function statisticContract(test: ContractTest): void {
  test(
    "figures of a day add up, also those of several instances at once",
    async (store, opened) => {
      const second = await opened.second();
      const parts = Array.from({ length: 20 }, (_, i) => (i % 2 ? store : second));
      await Promise.all(parts.map((one) => one.statistics.add("2026-01-31", { messages: 3 })));
      await store.statistics.add("2026-02-02", { fileBytes: 2 ** 40, chats: 1 });
      const [first, last] = [
        { ...emptyDay("2026-01-31"), messages: 60 },
        { ...emptyDay("2026-02-02"), fileBytes: 2 ** 40, chats: 1 },
      ];
      const days = (from: string, to: string) => store.statistics.days(from, to);
      assert.deepEqual(await days("2026-01-01", "2026-12-31"), [first, last]);
      assert.deepEqual(await days("2026-01-31", "2026-02-01"), [first]);
      assert.deepEqual(await days("2026-02-03", "2026-03-01"), []);
    },
  );

  test("a person is counted once a day, until that is forgotten", async (store, opened) => {
    const second = await opened.second();
    const [ann, bob] = [newId(), newId()];
    const day = "2026-01-31";
    await store.statistics.markActive(day, [ann]);
    await second.statistics.markActive(day, [ann, bob]);
    await store.statistics.markActive(day, []);
    await store.statistics.markActive("2026-02-01", [ann]);
    const active = async () =>
      (await store.statistics.days(day, "2026-02-01")).map(({ peopleActive }) => peopleActive);
    assert.deepEqual(await active(), [2, 1]);
    await store.statistics.deleteActiveOf(ann);
    await store.statistics.markActive(day, [bob]);
    assert.deepEqual(await active(), [2, 1], "the figures stay");
    await store.statistics.forgetActive("2026-02-01");
    await store.statistics.markActive(day, [bob]);
    assert.deepEqual(await active(), [3, 1], "it is forgotten");
  });

  test("totals count people, chats and bytes", async (store) => {
    const none = { people: 0, chats: 0, storageBytes: 0 };
    assert.deepEqual(await store.statistics.totals(), none);
    const ann = aUser();
    await store.users.create(ann);
    await store.users.create(aUser({ deletedAt: 5 }));
    await storedChat(store, {});
    await store.media.create(aMedia({ ownerId: ann.id, size: 100 }));
    // More than a store reads at once.
    await Promise.all(Array.from({ length: 300 }, () => store.users.create(aUser())));
    const totals = { people: 301, chats: 1, storageBytes: 100 };
    assert.deepEqual(await store.statistics.totals(), totals);
  });
}
