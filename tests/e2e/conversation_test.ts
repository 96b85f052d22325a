import assert from "node:assert/strict";
import { loadConfig } from "../../src/config.ts";
import { seededRandom } from "../http/schema_sampler.ts";
import { CatchingUpClient, type HeldMessage } from "../support/catching_up_client.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";
import { testedStores } from "../support/tested_stores.ts";

const CLIENTS = 20;
const MESSAGES_EACH = 100;
/** Number of sends that a cut follows: each client is cut off about five times. */
const CUTS = 0.05;
const SEED = Number(
  Deno.env.get("CONVERSATION_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0],
);

interface Participant {
  client: CatchingUpClient;
  proxy: CuttableProxy;
  cuts: number;
}

for (const store of testedStores()) {
  Deno.test({
    name:
      `${store.name}: 20 clients that are cut off at random end with every message, once, in order`,
    ignore: store.ignore,
    fn: async () => {
      await using folder = await TempDir.make("conversation");
      const env = testEnvironment({ DATA_DIR: folder.join("data"), ...store.environment() });
      const names = Array.from({ length: CLIENTS }, (_, i) => `person${i}`);
      const people = Object.values(await seedPeople(loadConfig(env), names));
      await using server = await ServerProcess.start({ env });
      const group = await makeGroup(server, people);
      await using stack = new AsyncDisposableStack();
      const participants = people.map((person) => join(stack, server, person));
      await Promise.all(participants.map(({ client }) => client.start()));

      const random = seededRandom(SEED);
      const sent = (await Promise.all(participants.map((participant, i) =>
        talk(participant, group.id, i, random)
      ))).flat();

      const head = group.rev + CLIENTS * MESSAGES_EACH;
      const here = `seed ${SEED}`;
      await eventually(`all have heard revision ${head} (${here})`, () =>
        participants.every(({ client }) =>
          client.chat(group.id).cursor === head
        ));
      const expected = sent.toSorted((a, b) =>
        a.seq - b.seq
      ).map(({ id }) => id);
      const dense = Array.from({ length: expected.length }, (_, i) => group.rev + 1 + i);
      assert.deepEqual(sent.map(({ seq }) => seq).sort((a, b) => a - b), dense, here);
      for (const { client } of participants) {
        const { order, messages } = client.chat(group.id);
        assert.deepEqual(order, expected, here);
        assert.deepEqual(order.map((id) => messages.get(id)!.seq), dense, here);
      }
      const cuts = participants.reduce((sum, { cuts }) => sum + cuts, 0);
      assert.ok(cuts > CLIENTS, `only ${cuts} cuts: the test has lost its teeth (${here})`);
      assert.deepEqual(await history(server, people[0], group.id), expected, here);
    },
  });
}

async function makeGroup(server: ServerProcess, [owner, ...others]: Person[]) {
  const memberIds = others.map(({ id }) => id);
  const http = new HttpClient(server.url, owner.token);
  const { status, body } = await http.post("/api/groups", { name: "All", memberIds });
  assert.equal(status, 201);
  return body as { id: string; rev: number };
}

function join(stack: AsyncDisposableStack, server: ServerProcess, { token }: Person): Participant {
  const proxy = stack.use(new CuttableProxy(() => Number(new URL(server.url).port)));
  const urls = [`ws://127.0.0.1:${proxy.port}/ws`];
  const client = stack.use(new CatchingUpClient({ urls, token, retryMs: 5 }));
  return { client, proxy, cuts: 0 };
}

/** Sends one message after the other; the connection may break during a send. */
async function talk(
  participant: Participant,
  chatId: string,
  who: number,
  random: () => number,
): Promise<HeldMessage[]> {
  const sent: HeldMessage[] = [];
  for (let i = 0; i < MESSAGES_EACH; i++) {
    const sending = participant.client.send(chatId, `${who}:${i}`);
    if (random() < CUTS) {
      await new Promise((resolve) => setTimeout(resolve, random() * 10));
      participant.proxy.cut();
      participant.cuts++;
    }
    sent.push(await sending);
  }
  return sent;
}

/** Returns the whole history over REST, page by page, oldest first. */
async function history(server: ServerProcess, person: Person, chatId: string): Promise<string[]> {
  const http = new HttpClient(server.url, person.token);
  const ids: string[] = [];
  for (let after: string | null = "0"; after !== null;) {
    const { body } = await http.get(`/api/messages/${chatId}?after=${after}&limit=100`);
    ids.push(...body.items.map(({ id }: HeldMessage) => id));
    after = body.next;
  }
  return ids;
}
