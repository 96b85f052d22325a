import { delay } from "../../src/core/delay.ts";
import type { Random } from "./random.ts";
import type { ChaosWorld } from "./world.ts";

type Fault = (world: ChaosWorld, random: Random) => Promise<void> | void;

/** Faults; each resolves once it is mended. */
const FAULTS: Record<string, Fault> = {
  "kill an instance": (world, random) =>
    world.restart(random.of(world.instances), "SIGKILL", random.between(0, 2_000)),
  "drain an instance": (world, random) =>
    world.restart(random.of(world.instances), "SIGTERM", random.between(0, 1_000)),
  "pause an instance": (world, random) =>
    world.pause(random.of(world.instances), random.between(500, 4_000)),
  "cut all clients": (world) => world.clientLine.cut(),
  "cut the database's line": (world) => world.databaseLine.cut(),
  "cut the database's line again and again": async (world, random) => {
    for (let i = 0; i < 10; i++) {
      world.databaseLine.cut();
      await delay(random.between(20, 200));
    }
  },
  "kill the database": async (world) => {
    await world.mongodb.kill();
    await world.mongodb.restart();
  },
  "pause the KV": async (world, random) => {
    world.denokv?.pause();
    await delay(random.between(200, 3_000));
    world.denokv?.resume();
  },
  "kill the KV, which forgets all": async (world) => {
    await world.denokv?.kill();
    await world.denokv?.restart({ empty: true });
  },
};

/** Causes one fault after the other until `isOver`. */
export async function makeFaults(
  world: ChaosWorld,
  random: Random,
  isOver: () => boolean,
  log: (line: string) => void,
): Promise<number> {
  const names = Object.keys(FAULTS).filter((name) => world.denokv || !name.includes("KV"));
  let made = 0;
  while (!isOver()) {
    const name = random.of(names);
    log(name);
    await FAULTS[name](world, random);
    made++;
    await delay(random.between(100, 1_500));
  }
  return made;
}
