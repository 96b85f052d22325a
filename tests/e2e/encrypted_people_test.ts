import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { skipWithout } from "../support/skip.ts";
import { EncryptedWorld, type SeenDevice } from "./encrypted_world.ts";

const SECRET = "xylograph";
const PUBLIC = "quokkadilly";
const ROUNDS = 6;

interface Sent {
  text: string;
  clientId: string;
  seq: number;
}

/** A membership: its person, and the revisions at which it began and ended. */
type Stays = { userId: string; from: number; to: number }[];

for (const store of ["SQLite", "MongoDB"] as const) {
  Deno.test({
    name:
      `three people with two devices each, two instances, ${store}: members read, others do not`,
    ignore: skipWithout(store === "SQLite" ? "denokv" : "mongodb"),
    fn: async () => {
      await using world = await EncryptedWorld.start(store);
      const [ann, bob, cat] = await people(world, "ann", "bob", "cat");
      const chat = await ann[0].client.encryption.createGroup("Friends", [bob[0].userId]);
      const stays = new StaysOf(chat.id, ann[1]);
      const cutting = cutAtRandom(world.devices.filter((device) => device !== ann[1]));
      const sent: Sent[] = [];
      const talk = async (...devices: SeenDevice[]) => {
        sent.push(...(await Promise.all(devices.map((each) => talkFrom(each, chat.id)))).flat());
      };
      await Promise.all([ann, bob].flat().map((device) => inChat(device, chat.id)));
      await stays.look();
      await Promise.all([
        talk(...ann, ...bob),
        ann[0].client.encryption.addPeople(chat.id, [cat[0].userId]),
        ann[1].client.encryption.renewKeys(chat.id),
      ]);
      await Promise.all(cat.map((device) => inChat(device, chat.id)));
      await Promise.all([
        talk(...ann, ...bob, ...cat),
        bob[1].client.encryption.renewKeys(chat.id),
      ]);
      await Promise.all([
        talk(...ann, ...cat),
        ann[0].client.encryption.removePeople(chat.id, [bob[0].userId]),
      ]);
      await talk(...ann, ...cat);
      await stays.look();
      await ann[1].client.encryption.addPeople(chat.id, [bob[0].userId]);
      await Promise.all(bob.map((device) => inChat(device, chat.id)));
      await stays.look();
      await cat[1].client.call("group.remove", { groupId: chat.id, userId: cat[1].userId });
      await talk(...ann, ...bob);
      await cutting.stop();
      await eventually("cat's leaves are removed", async () => {
        return (await ann[0].client.encryption.roster(chat.id)).length === 4;
      });
      const periods = await stays.all();
      assert.equal(new Set(periods.map(({ userId }) => userId)).size, 3);
      for (const device of world.devices) await assertReads(device, sent, periods);
      await assertNothingInTheOpen(world, ann[0]);
    },
  });
}

async function people(world: EncryptedWorld, ...names: string[]): Promise<SeenDevice[][]> {
  return await Promise.all(names.map(async (name) => {
    const account = await world.account(name);
    return [await world.device(account, "phone", 0), await world.device(account, "laptop", 1)];
  }));
}

/**
 * Sends one message per round, one after another, as a person does; random pauses mix them with the
 * others'.
 */
async function talkFrom(device: SeenDevice, chatId: string): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const text = `${SECRET} ${device.account.username} ${device.name} ${crypto.randomUUID()}`;
    const { clientId, seq } = await device.client.send(chatId, { text });
    sent.push({ text, clientId, seq });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
  }
  return sent;
}

async function inChat({ client, name }: SeenDevice, chatId: string): Promise<void> {
  await eventually(`${name} is in the chat`, async () => {
    return client.model.chat(chatId) && (await client.encryption.roster(chatId)).length > 0;
  });
}

/** Breaks connections at random, and leaves some devices offline for a while. */
function cutAtRandom(devices: SeenDevice[]): { stop(): Promise<void> } {
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 120));
      devices[Math.floor(Math.random() * devices.length)].client.reconnect();
    }
  })();
  return {
    stop: () => {
      stopped = true;
      return done;
    },
  };
}

/** Joins and leaves, from the rows of the memberships. */
class StaysOf {
  readonly #rows = new Map<string, { userId: string; rev: number; isIn: boolean }>();

  constructor(private readonly chatId: string, private readonly observer: SeenDevice) {
    observer.client.on("member.updated", ({ data }) => this.#note(data));
    observer.client.on(
      "chat.changes",
      ({ data }) => data.members.forEach((row) => this.#note(row)),
    );
  }

  /**
   * Notes the rows as they are now: of several changes, a catch-up of the observer has the last.
   */
  async look(): Promise<void> {
    const { members } = await this.observer.client.call("chat.changes", { chatId: this.chatId });
    for (const row of members) this.#note(row);
  }

  async all(): Promise<Stays> {
    await this.look();
    const open = new Map<string, { userId: string; from: number; to: number }>();
    const stays: Stays = [];
    for (const { userId, rev, isIn } of [...this.#rows.values()].sort((a, b) => a.rev - b.rev)) {
      const stay = open.get(userId);
      if (isIn && !stay) {
        const begun = { userId, from: rev, to: Infinity };
        open.set(userId, begun);
        stays.push(begun);
      } else if (!isIn && stay) {
        stay.to = rev;
        open.delete(userId);
      }
    }
    return stays;
  }

  #note({ userId, rev, leftAt, chatId }: {
    userId: string;
    rev: number;
    leftAt: string | null;
    chatId: string;
  }): void {
    if (chatId !== this.chatId) return;
    this.#rows.set(`${userId} ${rev}`, { userId, rev, isIn: leftAt === null });
  }
}

/**
 * Members read everything since they last joined, and no person ever reads a message from outside
 * their membership.
 */
async function assertReads(device: SeenDevice, sent: Sent[], stays: Stays): Promise<void> {
  const own = stays.filter(({ userId }) => userId === device.userId);
  const wasIn = (seq: number) => own.some(({ from, to }) => seq > from && seq < to);
  const current = own.find(({ to }) => to === Infinity);
  const due = sent.filter(({ seq }) => current && seq > current.from);
  const who = `${device.account.username}'s ${device.name}`;
  await eventually(`${who} reads all ${due.length}`, () => {
    const missing = due.filter(({ clientId, text }) => device.seen.get(clientId) !== text);
    assert.deepEqual(missing, [], who);
    return true;
  });
  const secret = sent.filter(({ seq, clientId }) => !wasIn(seq) && device.seen.has(clientId));
  assert.deepEqual(secret, [], `${who} reads what was not for them`);
  assert.deepEqual(device.rejoins, [], who);
}

/** The same search finds the plaintext messages, so it would find a secret, too. */
async function assertNothingInTheOpen(world: EncryptedWorld, device: SeenDevice): Promise<void> {
  const { id } = await device.client.call("group.create", { name: "In the open" });
  await device.client.call("message.send", { chatId: id, text: PUBLIC });
  await eventually("the control is on disk", async () => {
    return (await world.wordsFound([PUBLIC])).length === 1;
  });
  assert.deepEqual(await world.wordsFound([SECRET, PUBLIC]), [PUBLIC]);
}
