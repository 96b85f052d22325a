import assert from "node:assert/strict";
import { loadConfig } from "../../src/config.ts";
import type { HeldMessage } from "../support/catching_up_client.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";
import { testedStores } from "../support/tested_stores.ts";

const SENDERS = 12;
const CRASHES = 2;
/** Number of acknowledged messages between two crashes. */
const ACKS_BEFORE_CRASH = 150;

for (const store of testedStores()) {
  Deno.test({
    name: `acknowledged messages survive kill -9, each once (${store.name})`,
    ignore: store.ignore,
    fn: async () => {
      await using folder = await TempDir.make("crash");
      const env = testEnvironment({ DATA_DIR: folder.join("data"), ...store.environment() });
      const names = Array.from({ length: SENDERS }, (_, i) => `person${i}`);
      const people = Object.values(await seedPeople(loadConfig(env), names));
      let server = await ServerProcess.start({ env });
      try {
        const group = await makeGroup(server.url, people);
        const senders = people.map((person) => new Sender(person, group.id, () => server.url));
        const talking = Promise.all(senders.map((sender) => sender.run()));
        for (let crash = 1; crash <= CRASHES; crash++) {
          const enough = acked(senders) + ACKS_BEFORE_CRASH;
          // An open transaction of the dead server may lock the chat for about ten seconds.
          await eventually(`${enough} sends are acknowledged`, () => acked(senders) >= enough, {
            within: 45_000,
          });
          assert.equal((await server.kill("SIGKILL")).signal, "SIGKILL");
          const dead = server;
          server = await ServerProcess.start({ env });
          await dead[Symbol.asyncDispose]();
        }
        for (const sender of senders) sender.stop = true;
        await talking;
        assert.ok(senders.some(({ tries, acks }) => tries > acks.size), "no send was cut off");
        await checkAll(server.url, people[0], group, senders);
      } finally {
        await server[Symbol.asyncDispose]();
      }
    },
  });
}

/** Sends one message after the other, each under one clientId until the reply arrives. */
class Sender {
  stop = false;
  tries = 0;
  readonly acks = new Map<string, HeldMessage>();

  constructor(readonly person: Person, readonly chatId: string, readonly url: () => string) {}

  async run(): Promise<void> {
    for (let i = 0; !this.stop; i++) {
      const clientId = `send-${i}`;
      while (!this.acks.has(clientId)) await this.#try(clientId);
    }
  }

  async #try(clientId: string): Promise<void> {
    this.tries++;
    const body = { chatId: this.chatId, clientId, text: `${this.person.username} ${clientId}` };
    try {
      const answer = await new HttpClient(this.url(), this.person.token).post(
        "/api/messages",
        body,
      );
      if (answer.status >= 500) return;
      assert.ok(answer.status === 200 || answer.status === 201, JSON.stringify(answer.body));
      this.acks.set(clientId, answer.body);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      // The server is gone: the next one is starting.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function acked(senders: Sender[]): number {
  return senders.reduce((sum, { acks }) => sum + acks.size, 0);
}

async function makeGroup(url: string, [owner, ...others]: Person[]) {
  const memberIds = others.map(({ id }) => id);
  const http = new HttpClient(url, owner.token);
  const { status, body } = await http.post("/api/groups", { name: "All", memberIds });
  assert.equal(status, 201);
  return body as { id: string; rev: number };
}

async function checkAll(
  url: string,
  reader: Person,
  group: { id: string; rev: number },
  senders: Sender[],
): Promise<void> {
  const stored = await allMessages(new HttpClient(url, reader.token), group.id);
  const seqs = stored.map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.map((_, i) => group.rev + 1 + i), "revisions are not dense");
  const byName = new Map(stored.map((row) => [`${row.senderId} ${row.clientId}`, row]));
  assert.equal(byName.size, stored.length, "a send is there twice");
  assert.equal(stored.length, acked(senders), "every send was repeated until it was acknowledged");
  for (const { person, acks } of senders) {
    for (const [clientId, { id, seq, text }] of acks) {
      const row = byName.get(`${person.id} ${clientId}`);
      assert.deepEqual({ id: row?.id, seq: row?.seq, text: row?.text }, { id, seq, text });
    }
  }
}

async function allMessages(http: HttpClient, chatId: string): Promise<HeldMessage[]> {
  const rows: HeldMessage[] = [];
  for (let after = 0, more = true; more;) {
    const { body } = await http.get(`/api/chats/${chatId}/changes?after=${after}`);
    rows.push(...body.messages);
    ({ rev: after, more } = body);
  }
  return rows;
}
