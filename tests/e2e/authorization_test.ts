import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Operation } from "../../src/api/operation.ts";
import {
  type Input,
  type Outcome,
  type TransportClient,
  TRANSPORTS,
} from "../support/transports.ts";
import { inputFields } from "../tools/operation_fields.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";

/**
 * Permissions of each caller, on every transport. `author` is a plain member who wrote the message;
 * `blocked` is the person of the direct chat whom the other one, `peer`, has blocked.
 */
const IN_GROUP = ["stranger", "removed", "member", "author", "admin", "owner"] as const;
const IN_DIRECT = ["stranger", "peer", "blocked"] as const;
const ACTORS = [...IN_GROUP, "peer", "blocked", "target"] as const;

type Actor = typeof ACTORS[number];
type People = Record<Actor, Person>;
/** `ok`, or the error code of the refusal. */
type Code = string;

interface Place {
  chatId: string;
  messageId: string;
  senderId: string;
  people: People;
}

interface Row {
  input: (place: Place) => Input;
  /** Callers in the order of IN_GROUP. */
  group: readonly [Code, Code, Code, Code, Code, Code];
  /** Callers in the order of IN_DIRECT. */
  direct: readonly [Code, Code, Code];
}

const nf = "not_found";
const no = "forbidden";
const ok = "ok";
const MEMBERS = [nf, nf, ok, ok, ok, ok] as const;
const ADMINS = [nf, nf, no, no, ok, ok] as const;
const NO_GROUP = [nf, nf, nf] as const;
const EITHER = [nf, ok, ok] as const;
const UNLESS_BLOCKED = [nf, ok, no] as const;

const NOT_ENCRYPTED = {
  group: [nf, nf, "conflict", "conflict", "conflict", "conflict"],
  direct: [nf, "conflict", "conflict"],
} as const;

/** Of the server, who are none of these people. */
const FOR_ADMINISTRATORS = {
  group: [no, no, no, no, no, no],
  direct: [no, no, no],
} as const;

const chat = ({ chatId }: Place) => ({ chatId });
const group = ({ chatId: groupId }: Place) => ({ groupId });
const message = ({ messageId }: Place) => ({ messageId });
const target = ({ chatId: groupId, people }: Place) => ({ groupId, userId: people.target.id });

const TABLE: Record<string, Row> = {
  "chat.get": { input: chat, group: MEMBERS, direct: EITHER },
  "chat.update": {
    input: (p) => ({ ...chat(p), custom: { by: newId() } }),
    group: ADMINS,
    direct: UNLESS_BLOCKED,
  },
  "member.update": {
    input: (p) => ({ ...chat(p), custom: { by: newId() } }),
    group: MEMBERS,
    direct: UNLESS_BLOCKED,
  },
  "chat.commands": { input: chat, group: MEMBERS, direct: EITHER },
  "hook.create": {
    input: (p) => ({ ...chat(p), name: "Builds" }),
    group: ADMINS,
    direct: NOT_ENCRYPTED.direct,
  },
  "hook.list": { input: chat, group: ADMINS, direct: NOT_ENCRYPTED.direct },
  "hook.end": {
    input: (p) => ({ ...chat(p), hook: newId() }),
    group: ADMINS,
    direct: NOT_ENCRYPTED.direct,
  },
  "event.send": {
    input: (p) => ({ ...chat(p), type: "wave" }),
    group: MEMBERS,
    direct: EITHER,
  },
  // The server has no calls configured, which only a member may learn.
  "call.start": {
    input: chat,
    group: NOT_ENCRYPTED.group,
    direct: [nf, "conflict", no],
  },
  "call.join": { input: chat, group: NOT_ENCRYPTED.group, direct: [nf, "conflict", no] },
  "call.end": {
    input: (p) => ({ ...chat(p), call: newId() }),
    group: NOT_ENCRYPTED.group,
    direct: [nf, "conflict", no],
  },
  "message.system": {
    input: (p) => ({ ...chat(p), custom: { a: 1 } }),
    group: [no, no, no, no, no, no],
    direct: [no, no, no],
  },
  "admin.chat": { input: chat, ...FOR_ADMINISTRATORS },
  "admin.messages": { input: chat, ...FOR_ADMINISTRATORS },
  "admin.messageContext": { input: message, ...FOR_ADMINISTRATORS },
  "admin.deleteMessage": {
    input: (p) => ({ ...message(p), reason: "spam" }),
    ...FOR_ADMINISTRATORS,
  },
  "admin.freezeChat": {
    input: (p) => ({ ...chat(p), frozen: true }),
    ...FOR_ADMINISTRATORS,
  },
  "admin.removeMember": {
    input: (p) => ({ ...chat(p), userId: p.people.target.id, reason: "spam" }),
    ...FOR_ADMINISTRATORS,
  },
  "chat.read": { input: (p) => ({ ...chat(p), seq: 1 }), group: MEMBERS, direct: EITHER },
  "chat.delivered": { input: (p) => ({ ...chat(p), seq: 1 }), group: MEMBERS, direct: EITHER },
  // A removed member learns of the removal, and of nothing else.
  "chat.changes": { input: chat, group: [nf, ok, ok, ok, ok, ok], direct: EITHER },
  "typing.start": { input: chat, group: MEMBERS, direct: EITHER },
  "typing.stop": { input: chat, group: MEMBERS, direct: EITHER },
  "message.send": {
    input: (p) => ({ ...chat(p), text: "Hello" }),
    group: MEMBERS,
    direct: UNLESS_BLOCKED,
  },
  // In the direct chat the message is from the blocked person.
  "message.edit": {
    input: (p) => ({ ...message(p), text: "Better" }),
    group: [nf, nf, no, ok, no, no],
    direct: [nf, no, no],
  },
  "message.delete": { input: message, group: [nf, nf, no, ok, ok, ok], direct: [nf, no, ok] },
  "message.react": {
    input: (p) => ({ ...message(p), emoji: "👍" }),
    group: MEMBERS,
    direct: UNLESS_BLOCKED,
  },
  "message.reactions": {
    input: (p) => ({ ...message(p), emoji: "👍" }),
    group: MEMBERS,
    direct: EITHER,
  },
  "message.pin": { input: message, group: MEMBERS, direct: UNLESS_BLOCKED },
  "message.list": { input: chat, group: MEMBERS, direct: EITHER },
  "message.pinned": { input: chat, group: MEMBERS, direct: EITHER },
  "message.search": { input: (p) => ({ ...chat(p), q: "first" }), group: MEMBERS, direct: EITHER },
  "group.get": { input: group, group: MEMBERS, direct: NO_GROUP },
  "group.update": {
    input: (p) => ({ ...group(p), name: "New" }),
    group: ADMINS,
    direct: NO_GROUP,
  },
  "group.add": {
    input: (p) => ({ ...group(p), userIds: [p.people.stranger.id] }),
    group: ADMINS,
    direct: NO_GROUP,
  },
  "group.invite": {
    input: (p) => ({ ...group(p), userIds: [p.people.stranger.id] }),
    group: ADMINS,
    direct: NO_GROUP,
  },
  "group.remove": { input: target, group: ADMINS, direct: NO_GROUP },
  "group.role": {
    input: (p) => ({ ...target(p), role: "admin" }),
    group: [nf, nf, no, no, no, ok],
    direct: NO_GROUP,
  },
  "audit.group": { input: group, group: ADMINS, direct: NO_GROUP },
  "user.report": {
    input: (p) => ({ ...message(p), userId: p.senderId, reason: "spam" }),
    // A removed member may still report what they saw; no user may report themselves.
    group: [nf, ok, ok, "invalid_request", ok, ok],
    direct: [nf, ok, "invalid_request"],
  },
  "chat.notifications": { input: chat, group: MEMBERS, direct: EITHER },
  "chat.notify": {
    input: (p) => ({ ...chat(p), level: "mentions" }),
    group: MEMBERS,
    direct: EITHER,
  },
  "media.presign": {
    input: (p) => ({ ...chat(p), name: "a.txt", type: "text/plain", size: 1 }),
    group: MEMBERS,
    direct: EITHER,
  },
  "device.ofChat": { input: chat, group: MEMBERS, direct: EITHER },
  // The chats are not encrypted, which only a member may learn.
  "mls.commit": {
    input: (p) => ({ ...chat(p), epoch: 0, commit: "AA", groupInfo: "AA", clientId: "c" }),
    ...NOT_ENCRYPTED,
  },
  "mls.restart": {
    input: (p) => ({
      ...chat(p),
      generation: 1,
      commit: "AA",
      groupInfo: "AA",
      welcome: { deviceIds: [newId()], message: "AA" },
      clientId: "c",
    }),
    ...NOT_ENCRYPTED,
  },
  "mls.commits": { input: chat, ...NOT_ENCRYPTED },
  "mls.groupInfo": { input: chat, ...NOT_ENCRYPTED },
};

/** Returns true if the operation has a field for a chat or a message. */
function isAboutChat(operation: Operation): boolean {
  return inputFields(operation).some((name) => ["chatId", "groupId", "messageId"].includes(name));
}

/**
 * Connects the people to one transport, with a separate group and direct chat for each question.
 */
class World implements AsyncDisposable {
  readonly #clients = new Map<Actor, TransportClient>();

  constructor(readonly app: RunningApp, readonly people: People) {}

  async at(transport: typeof TRANSPORTS[number], actor: Actor): Promise<TransportClient> {
    let there = this.#clients.get(actor);
    if (!there) {
      this.#clients.set(actor, there = await transport.open(this.app, this.people[actor].token));
    }
    return there;
  }

  async group(): Promise<Place> {
    const { removed, member, author, admin, target } = this.people;
    const memberIds = [removed, member, author, admin, target].map(({ id }) => id);
    const owner = this.app.client(this.people.owner);
    const made = await owner.post("/api/groups", { name: "Group", memberIds });
    const chatId = made.body.id;
    // In this order, so that the removed member has seen the message.
    const sent = await this.app.client(author).post("/api/messages", { chatId, text: "first" });
    await owner.put(`/api/groups/${chatId}/admin`, { userId: admin.id, role: "admin" });
    await owner.delete(`/api/groups/${chatId}/members/${removed.id}`);
    return { chatId, messageId: sent.body.id, senderId: author.id, people: this.people };
  }

  async direct(): Promise<Place> {
    const { peer, blocked } = this.people;
    const [from, to] = [this.app.client(blocked), this.app.client(peer)];
    await to.post("/api/users/block", { userId: blocked.id, unblock: true });
    const sent = await from.post("/api/messages", { recipientId: peer.id, text: "first" });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    await to.post("/api/users/block", { userId: blocked.id });
    const { chatId, id: messageId } = sent.body;
    return { chatId, messageId, senderId: blocked.id, people: this.people };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const there of this.#clients.values()) await there[Symbol.asyncDispose]();
  }
}

function codeOf({ ok, error }: Outcome): Code {
  return ok ? "ok" : error?.code ?? "no answer";
}

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name} permits and refuses every operation on a chat by the caller's role`,
    // The Socket.IO client's timers outlive its close a little.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      await using app = await RunningApp.start();
      await using world = new World(app, await app.people(...ACTORS));
      const wrong: string[] = [];
      for (const operation of app.app.operations.filter((one) => transport.offers(one))) {
        const row = TABLE[operation.name];
        if (!row) continue;
        for (const [kind, actors] of [["group", IN_GROUP], ["direct", IN_DIRECT]] as const) {
          for (const [i, actor] of actors.entries()) {
            const place = await world[kind]();
            const there = await world.at(transport, actor);
            const outcome = await there.run(operation, row.input(place));
            const [code, expected] = [codeOf(outcome), row[kind][i]];
            if (code !== expected) {
              const detail = outcome.error?.detail ?? "";
              wrong.push(
                `${operation.name} in a ${kind} by ${actor}: ${code}, not ${expected} ${detail}`,
              );
            }
            if (code === nf) await assertAsIfMissing(there, operation, row, place, outcome);
          }
        }
      }
      assert.deepEqual(wrong, []);
      assert.deepEqual(app.log, []);
    },
  });
}

/** An invisible object gets the response of a missing one: the same error text about another id. */
async function assertAsIfMissing(
  there: TransportClient,
  operation: Operation,
  row: Row,
  place: Place,
  outcome: Outcome,
): Promise<void> {
  const missing = { ...place, chatId: newId(), messageId: newId() };
  const { error } = await there.run(operation, row.input(missing));
  const plain = (text?: string) => text?.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>");
  assert.equal(plain(error?.detail), plain(outcome.error?.detail), operation.name);
}

Deno.test("every operation that names a chat or a message has a row", async () => {
  await using app = await RunningApp.start();
  const named = app.app.operations.filter(isAboutChat).map(({ name }) => name);
  assert.deepEqual(named.filter((name) => !TABLE[name]), []);
  const known = new Set(app.app.operations.map(({ name }) => name));
  assert.deepEqual(Object.keys(TABLE).filter((name) => !known.has(name)), []);
});
