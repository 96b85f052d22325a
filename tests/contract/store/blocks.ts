import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { aBlock, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function blockContract(test: ContractTest): void {
  test("a repeated block keeps the first row", async (store) => {
    const block = aBlock();
    assert.deepEqual(await store.blocks.add(block, 1), { outcome: "added", row: block });
    const again = await store.blocks.add({ ...block, createdAt: T0 + 9 }, 1);
    assert.deepEqual(again, { outcome: "exists", row: block });
    assert.deepEqual(await store.blocks.by(block.blockerId), [block]);
  });

  test("has checks one direction", async (store) => {
    const { blockerId, blockedId } = aBlock();
    assert.equal(await store.blocks.has(blockerId, blockedId), false);
    await store.blocks.add(aBlock({ blockerId, blockedId }), Infinity);
    assert.equal(await store.blocks.has(blockerId, blockedId), true);
    assert.equal(await store.blocks.has(blockedId, blockerId), false);
  });

  test("remove returns whether there was a block", async (store) => {
    const { blockerId, blockedId } = aBlock();
    await store.blocks.add(aBlock({ blockerId, blockedId }), Infinity);
    assert.equal(await store.blocks.remove(blockedId, blockerId), false);
    assert.equal(await store.blocks.remove(blockerId, blockedId), true);
    assert.equal(await store.blocks.remove(blockerId, blockedId), false);
    assert.equal(await store.blocks.has(blockerId, blockedId), false);
  });

  test("both lists are newest first", async (store) => {
    const me = aBlock().blockerId;
    const by = [1, 3, 2].map((n) => aBlock({ blockerId: me, createdAt: T0 + n }));
    const against = [2, 1].map((n) => aBlock({ blockedId: me, createdAt: T0 + n }));
    for (const block of [...by, ...against]) await store.blocks.add(block, Infinity);
    assert.deepEqual(await store.blocks.by(me), [by[1], by[2], by[0]]);
    assert.deepEqual(await store.blocks.against(me), against);
  });

  test("blockersAmong returns those of the given people who have blocked the person", async (store) => {
    const me = newId();
    const blocks = [
      aBlock({ blockedId: me }),
      aBlock({ blockedId: me }),
      aBlock({ blockerId: me }),
    ];
    for (const block of blocks) await store.blocks.add(block, Infinity);
    const [{ blockerId }, , { blockedId }] = blocks;
    assert.deepEqual(await store.blocks.blockersAmong(me, [newId(), blockerId, blockedId]), [
      blockerId,
    ]);
    assert.deepEqual(await store.blocks.blockersAmong(me, []), []);
  });

  test("blocks of one millisecond are in order of the other one's id", async (store) => {
    const me = aBlock().blockerId;
    const ids = [newId(), newId(), newId()];
    for (const id of [ids[1], ids[2], ids[0]]) {
      await store.blocks.add(aBlock({ blockerId: me, blockedId: id }), Infinity);
      await store.blocks.add(aBlock({ blockerId: id, blockedId: me }), Infinity);
    }
    const [by, against] = [await store.blocks.by(me), await store.blocks.against(me)];
    assert.deepEqual(by.map(({ blockedId }) => blockedId), ids.toReversed());
    assert.deepEqual(against.map(({ blockerId }) => blockerId), ids.toReversed());
  });
}
