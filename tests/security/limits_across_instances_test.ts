import assert from "node:assert/strict";
import { toBase64Url } from "../../src/core/base64url.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { asAdmin } from "../moderation/administrators.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import { LEAKY } from "../support/leaky.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

/**
 * Requests at the same time on two instances, to pass a limit that each instance alone holds. The
 * lists that only a store fills are in the contract of bounded lists.
 */

const MAX = 5;
const AT_ONCE = 30;
const REFUSALS = ["conflict", "quota_exceeded"];

interface World {
  ann: Person;
  first: RunningApp;
  /** Returns a client of the first instance, as ann unless another person is given. */
  http(person?: Person): HttpClient;
}

/** Requests of one limit; `i` counts them. */
interface Race {
  add(client: HttpClient, i: number): Promise<HttpAnswer>;
  /** Number of items in the list. */
  count(): Promise<number>;
  /** Person who sends the requests, ann unless given. */
  sender?: Person;
  /** True for a list whose oldest items go, in place of a refusal of the newest. */
  makesRoom?: boolean;
}

interface LimitedList {
  environment: Record<string, string>;
  prepare(world: World): Race | Promise<Race>;
}

const limit = (name: string) => ({ [`LIMIT_${name}`]: String(MAX) });

async function made(answer: Promise<HttpAnswer>) {
  const { status, body } = await answer;
  assert.ok(status < 300, JSON.stringify(body));
  return body;
}

const itemsAt = (http: HttpClient, path: string) => async () =>
  (await made(http.get(path))).items.length;

/** Ids of as many messages as there are requests, in a group of ann's. */
async function messagesOf({ http }: World): Promise<{ chatId: string; ids: string[] }> {
  const { id: chatId } = await made(http().post("/api/groups", { name: "Kites" }));
  const sent = Array.from(
    { length: AT_ONCE },
    (_, i) => made(http().post("/api/messages", { chatId, text: `message ${i}` })),
  );
  return { chatId, ids: (await Promise.all(sent)).map(({ id }) => id) };
}

const LISTS: Record<string, LimitedList> = {
  "push devices of a person": {
    environment: limit("PUSH_DEVICES"),
    prepare: ({ http }) => ({
      add: (client, i) =>
        client.post("/api/notifications/devices", {
          token: `${"t".repeat(100)}${i}`,
          name: "phone",
        }),
      count: itemsAt(http(), "/api/notifications/devices"),
    }),
  },
  "encryption devices of a person": {
    environment: limit("DEVICES"),
    prepare: ({ http }) => ({
      add(client) {
        const signatureKey = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
        return client.post("/api/devices", { name: "phone", signatureKey });
      },
      count: itemsAt(http(), "/api/devices"),
    }),
  },
  "key packages of a device": {
    environment: limit("KEY_PACKAGES"),
    async prepare({ first, ann }) {
      const device = await RawDevice.make(first, ann, 0);
      const packages = await device.mls.createKeyPackages(AT_ONCE);
      return {
        add: (client, i) =>
          client.post(`/api/devices/${device.id}/key-packages`, { keyPackages: [packages[i]] }),
        async count() {
          const store = await first.openStore();
          const count = await store.keyPackages.count(device.id, Date.now());
          await store.close();
          return count;
        },
      };
    },
  },
  "people that a person blocks": {
    environment: limit("BLOCKS"),
    async prepare({ first, http }) {
      const names = Array.from({ length: AT_ONCE }, (_, i) => `other-${i}`);
      const others = Object.values(await first.people(...names));
      return {
        add: (client, i) => client.post("/api/users/block", { userId: others[i].id }),
        count: itemsAt(http(), "/api/users/blocked"),
      };
    },
  },
  "API keys": {
    environment: {},
    async prepare({ first }) {
      const { root } = await first.people("root");
      await asAdmin(first, root);
      const store = await first.openStore();
      await store.sessions.setAuthenticatedAt(root.sessionId, Date.now());
      for (let i = 0; i < 200 - MAX; i++) await store.apiKeys.create(anApiKey(), Infinity);
      await store.close();
      return {
        sender: root,
        add: (client) =>
          client.post("/api/admin/api-keys", { name: "backend", scopes: ["users:write"] }),
        async count() {
          const store = await first.openStore();
          const count = await store.apiKeys.countActive(Date.now());
          await store.close();
          return count - (200 - MAX);
        },
      };
    },
  },
  "webhook endpoints": {
    environment: { ...limit("WEBHOOKS"), WEBHOOK_ALLOW_PRIVATE: "http://127.0.0.1:9" },
    async prepare({ first, http }) {
      const { root } = await first.people("root");
      await asAdmin(first, root);
      return {
        sender: root,
        add: (client, i) =>
          client.post("/api/admin/webhooks", {
            url: `http://127.0.0.1:9/${i}`,
            events: ["message.created"],
          }),
        count: itemsAt(http(root), "/api/admin/webhooks"),
      };
    },
  },
  "pinned messages of a chat": {
    environment: limit("PINS"),
    async prepare(world) {
      const { chatId, ids } = await messagesOf(world);
      return {
        add: (client, i) => client.post("/api/messages/pin", { messageId: ids[i] }),
        count: itemsAt(world.http(), `/api/chats/${chatId}/pins`),
      };
    },
  },
  "kinds of reactions to a message": {
    environment: limit("REACTION_KINDS"),
    async prepare(world) {
      const { chatId, ids: [messageId] } = await messagesOf(world);
      return {
        add: (client, i) =>
          client.post(`/api/messages/${messageId}/react`, {
            emoji: String.fromCodePoint(0x1f400 + i),
          }),
        async count() {
          const { items } = await made(world.http().get(`/api/messages/${chatId}`));
          return items.find(({ id }: { id: string }) => id === messageId).reactions.length;
        },
      };
    },
  },
  "members of a group": {
    environment: limit("GROUP_MEMBERS"),
    async prepare({ first, http }) {
      const names = Array.from({ length: AT_ONCE }, (_, i) => `other-${i}`);
      const others = Object.values(await first.people(...names));
      const { id } = await made(http().post("/api/groups", { name: "Kites" }));
      const { id: warm } = others.pop()!;
      await made(http().post(`/api/groups/${id}/members`, { userIds: [warm] }));
      others.push(...Object.values(await first.people("last")));
      return {
        add: (client, i) => client.post(`/api/groups/${id}/members`, { userIds: [others[i].id] }),
        count: async () => (await made(http().get(`/api/groups/${id}`))).memberCount,
      };
    },
  },
  "chats of a person": {
    environment: limit("CHATS_PER_USER"),
    prepare: ({ http }) => ({
      add: (client, i) => client.post("/api/groups", { name: `Group ${i}` }),
      count: itemsAt(http(), "/api/groups"),
    }),
  },
  "unfinished uploads of a person": {
    environment: limit("OPEN_UPLOADS"),
    prepare: ({ http }) => ({
      add: (client) =>
        client.send("POST", "/api/media/uploads", undefined, {
          headers: {
            "tus-resumable": "1.0.0",
            "upload-length": "9",
            "upload-metadata": `filename ${btoa("a.bin")}`,
          },
        }),
      count: async () => (await made(http().get("/api/media/usage"))).openUploads,
    }),
  },
  "sessions of a person": {
    environment: limit("SESSIONS_PER_USER"),
    async prepare({ http, first }) {
      const account = {
        username: "eve",
        email: "eve@example.org",
        password: "correct horse battery",
      };
      const { user } = await made(http().post("/api/auth/register", account));
      const login = { identifier: account.username, password: account.password };
      return {
        makesRoom: true,
        add: (client) => client.as(undefined).post("/api/auth/login", login),
        async count() {
          const store = await first.openStore();
          const { length } = await store.sessions.activeOf(user.id, Date.now());
          await store.close();
          return length;
        },
      };
    },
  },
};

for (const store of testedStores()) {
  for (const [name, { environment, prepare }] of Object.entries(LISTS)) {
    Deno.test({
      ...LEAKY,
      name: `two instances keep to the limit of ${name} (${store.name})`,
      ignore: store.ignore,
      fn: async () => {
        await using first = await RunningApp.start({ ...environment, ...store.environment() });
        await using second = await first.beside();
        const { ann } = await first.people("ann");
        const http = (person = ann) => first.client(person);
        const { add, count, sender = ann, makesRoom } = await prepare({ ann, first, http });
        const before = await count();
        const clients = [first, second].map((app) => app.client(sender));
        // Both know the sender before the race.
        await Promise.all(clients.map((client) => made(client.get("/api/users/profile"))));
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) => add(clients[i % 2], i)),
        );
        const [after, added] = [await count(), answers.filter(({ status }) => status < 300).length];
        if (makesRoom) {
          assert.ok(after <= MAX && added > MAX, `${after} of ${added} are left`);
        } else {
          const refused = answers.filter(({ body }) => REFUSALS.includes(body?.code)).length;
          const expected = [MAX, MAX - before, AT_ONCE - (MAX - before)];
          assert.deepEqual([after, added, refused], expected, shown(answers));
        }
        assert.deepEqual([...first.log, ...second.log], []);
      },
    });
  }
}

function shown(answers: HttpAnswer[]): string {
  return JSON.stringify(answers.map(({ status, body }) => [status, body?.message]));
}
