import assert from "node:assert/strict";
import type { CatchingUpClient } from "../support/catching_up_client.ts";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { skipWithout } from "../support/skip.ts";

const MESSAGES = 2_000;
const PEOPLE = 10;

for (const broker of ["kv", "mongo"] as const) {
  const ignore = broker === "kv" ? skipWithout("mongodb", "denokv") : skipWithout("mongodb");

  Deno.test({
    name:
      `two instances, ${broker}: ${MESSAGES} messages, random disconnects, all once and in order`,
    ignore,
    fn: async () => {
      await using cluster = await Cluster.start({ broker });
      const { chatId, clients } = await crowd(cluster);
      const cutting = cutAtRandom(clients);
      const sent = await sendAll(clients, chatId);
      await cutting.stop();
      await assertAllHaveAll(clients, chatId, sent);
    },
  });

  Deno.test({
    name: `two instances share one rate limit (${broker})`,
    ignore,
    fn: async () => {
      await using cluster = await Cluster.start({ broker, env: { RATE_SEARCH: "5/10m" } });
      // An instance whose table takes longer than 300 ms, as on a busy machine, says so and limits
      // alone for 5 s: then another person tries after that.
      const alone = () => cluster.instances.map(({ log }) => log.split("limits alone").length - 1);
      let before = cluster.instances.map(() => 0);
      const statuses = await eventually("both share what is used", async () => {
        const found = await searchesOf(cluster);
        const earlier = before;
        before = alone();
        return earlier.every((times, at) => times === before[at]) ? found : null;
      }, { within: 120_000, every: 6_000 });
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429, 429]);
    },
  });

  Deno.test({
    name:
      `two instances lose nothing when one drains and the other is killed under load (${broker})`,
    ignore,
    fn: async () => {
      await using cluster = await Cluster.start({ broker, instances: 3 });
      const { chatId, clients } = await crowd(cluster);
      const sending = sendAll(clients, chatId);
      await reached(clients[1], chatId, MESSAGES / 4);
      const drained = await cluster.instances[0].kill("SIGTERM");
      assert.deepEqual(drained, { code: 0, signal: null });
      await reached(clients[1], chatId, MESSAGES / 2);
      await cluster.instances[1].kill("SIGKILL");
      await assertAllHaveAll(clients, chatId, await sending);
      assert.ok(clients.some(({ closes }) => closes.includes(1012)), "closed with 1012");
    },
  });
}

/** Statuses of the searches of a new person, who asks both instances in turn. */
async function searchesOf(cluster: Cluster): Promise<number[]> {
  const { token } = await cluster.register("ann");
  const transports = cluster.instances.map(({ url }) => new HttpClient(url, token));
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) {
    statuses.push((await transports[i % 2].get("/api/users/search?q=nobody")).status);
  }
  return statuses;
}

/** People in one group, half of them on each of two instances. */
async function crowd(cluster: Cluster): Promise<{ chatId: string; clients: CatchingUpClient[] }> {
  const people: Person[] = [];
  for (let i = 0; i < PEOPLE; i++) people.push(await cluster.register(`person${i}`));
  const chatId = await cluster.group(people[0], people.slice(1));
  const clients = await Promise.all(people.map((person, i) => cluster.connect(person, i % 2)));
  return { chatId, clients };
}

/**
 * Each person sends a share of the messages, ten at a time. Returns the ids, each of an
 * acknowledged message.
 */
async function sendAll(clients: CatchingUpClient[], chatId: string): Promise<Set<string>> {
  const ids = new Set<string>();
  const share = MESSAGES / clients.length;
  await Promise.all(clients.map(async (client, who) => {
    for (let i = 0; i < share; i += 10) {
      const some = Array.from({ length: 10 }, (_, j) => client.send(chatId, `${who}: ${i + j}`));
      for (const message of await Promise.all(some)) ids.add(message.id);
    }
  }));
  return ids;
}

/** Breaks a connection every few milliseconds; some clients reconnect to the other instance. */
function cutAtRandom(clients: CatchingUpClient[]): { stop(): Promise<void> } {
  let going = true;
  const done = (async () => {
    while (going) {
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 30));
      const client = clients[Math.floor(Math.random() * clients.length)];
      client.cut(Math.random() < 0.5);
    }
  })();
  return {
    stop() {
      going = false;
      return done;
    },
  };
}

async function reached(client: CatchingUpClient, chatId: string, messages: number): Promise<void> {
  await eventually(`${messages} came`, () => client.chat(chatId).order.length >= messages, {
    within: 60_000,
  });
}

async function assertAllHaveAll(
  clients: CatchingUpClient[],
  chatId: string,
  sent: ReadonlySet<string>,
): Promise<void> {
  assert.equal(sent.size, MESSAGES, "each send made a message of its own");
  for (const client of clients) await reached(client, chatId, MESSAGES);
  const [first] = clients;
  const order = first.chat(chatId).order;
  for (const client of clients) {
    const chat = client.chat(chatId);
    assert.deepEqual(new Set(chat.order), sent);
    assert.equal(chat.order.length, MESSAGES, "each once");
    const seqs = chat.order.map((id) => chat.messages.get(id)!.seq);
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), "in order");
    assert.deepEqual(chat.order, order, "the same order for all");
  }
  // Only messages were written since the group was created: their revisions have no gaps.
  const seqs = order.map((id) => first.chat(chatId).messages.get(id)!.seq);
  assert.deepEqual(seqs, Array.from({ length: MESSAGES }, (_, i) => seqs[0] + i));
}
