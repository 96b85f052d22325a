import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { type Device, World } from "./world.ts";

/** mulberry32: the same run each time, so that a failure can be reproduced. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Trees of all shapes: here ts-mls's own check of the tree would refuse one Welcome in four. */
for (const seed of [1, 2, 3]) {
  Deno.test(`random changes leave all members in one group (seed ${seed})`, async () => {
    const pick = random(seed);
    const world = new World();
    const first = await world.device(newId());
    await first.create();
    const live: Device[] = [first];
    for (let step = 0; step < 25; step++) {
      const by = live[pick(live.length)];
      const dice = pick(10);
      if (live.length < 8 || dice < 5) {
        const joiner = await world.device(newId());
        await by.change((group) => group.stage({ add: world.claim(joiner.mls.userId) }));
        await joiner.join();
        live.push(joiner);
      } else if (dice < 8) {
        const others = live.filter((device) => device !== by);
        const out = others[pick(others.length)];
        await by.change((group) => group.stage({ removeUserIds: [out.mls.userId] }));
        live.splice(live.indexOf(out), 1);
      } else if (dice < 9) {
        const back = live[pick(live.length)];
        const attempt = await back.mls.joinExternally(world.chatId, world.groupInfo);
        assert.equal(await world.commit(attempt.staged), true);
        await attempt.accepted();
      } else await by.change((group) => group.stage({}));
    }
    for (const device of live) await device.catchUp();
    await live[0].say("one group");
    for (const device of live.slice(1)) assert.equal((await device.readAll()).at(-1), "one group");
    const rosters = await Promise.all(live.map(async (each) => (await each.group()).roster()));
    for (const roster of rosters) assert.deepEqual(roster, rosters[0]);
    const ids = rosters[0].map(({ deviceId }) => deviceId).sort();
    assert.deepEqual(ids, live.map(({ mls }) => mls.deviceId).sort());
  });
}
