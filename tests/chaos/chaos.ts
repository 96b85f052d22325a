import { HttpClient } from "../support/http_client.ts";
import { within } from "../support/within.ts";
import { type Actor, LibraryActor, StrictActor } from "./actors.ts";
import { checkAll } from "./check.ts";
import { makeFaults } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { Random } from "./random.ts";
import { type BrokerKind, ChaosWorld } from "./world.ts";

export interface ChaosOptions {
  broker: BrokerKind;
  seed: number;
  /** Duration of the faults in milliseconds. */
  durationMs: number;
  log?: (line: string) => void;
}

/** Number of people for each kind of client. */
const EACH = 3;

/**
 * People write to one group with both kinds of clients while instances, connections, database and
 * KV fail at random; then every fault is mended, and all clients must have the same messages. The
 * seed chooses faults and writes; the moment of a fault depends on the machine.
 */
export async function chaos({ broker, seed, durationMs, log = () => {} }: ChaosOptions) {
  await using world = await ChaosWorld.start(broker, 2 * EACH);
  try {
    return await runIn(world, { broker, seed, durationMs, log });
  } catch (error) {
    world.keepErrors();
    throw new Error(`The instances logged: ${world.errors.slice(-20).join("\n")}`, {
      cause: error,
    });
  }
}

async function runIn(world: ChaosWorld, { seed, durationMs, log }: Required<ChaosOptions>) {
  const random = new Random(seed);
  await using stack = new AsyncDisposableStack();
  const ledger = new Ledger(await makeGroup(world));
  const actors: Actor[] = [];
  for (const [at, person] of world.people.entries()) {
    const kind = at % 2 === 0 ? LibraryActor : StrictActor;
    actors.push(stack.use(await kind.start(world, person, ledger)));
  }
  const end = performance.now() + durationMs;
  const isOver = () => performance.now() > end;
  const acting = Promise.all(actors.map((actor, at) => actor.act(new Random(seed + at), isOver)));
  acting.catch(() => {});
  const faults = await makeFaults(world, random, isOver, log);
  await within("all sends are acknowledged, since every fault is mended", acting, 90_000);
  const { messages } = await checkAll(world, actors, ledger);
  return { messages, faults };
}

async function makeGroup(world: ChaosWorld): Promise<string> {
  const [owner, ...others] = world.people;
  const { status, body } = await new HttpClient(world.url, owner.token).post("/api/groups", {
    name: "Everyone",
    memberIds: others.map(({ id }) => id),
  });
  if (status !== 201) throw new Error(`Cannot create the group: ${JSON.stringify(body)}`);
  return body.id;
}
