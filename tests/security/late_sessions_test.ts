import assert from "node:assert/strict";
import type { AuditTrail } from "../../src/audit/audit_trail.ts";
import type { AccountChanges } from "../../src/auth/account_changes.ts";
import { OwnTokenSessions } from "../../src/auth/own_token_sessions.ts";
import type { OwnToken } from "../../src/auth/own_tokens.ts";
import type { Sessions } from "../../src/auth/sessions.ts";
import { botTokenOf, newSecret, secretHashOf } from "../../src/bots/bot_token.ts";
import { Bots } from "../../src/bots/bots.ts";
import type { Bot } from "../../src/model/bot.ts";
import type { ServerCaller, Visitor } from "../../src/model/caller.ts";
import type { Session } from "../../src/model/session.ts";
import type { User } from "../../src/model/user.ts";
import { OwnSessions } from "../../src/own_users/own_sessions.ts";
import type { OwnUsers } from "../../src/own_users/own_users.ts";
import type { Store } from "../../src/store/store.ts";
import { aUser, T0 } from "../contract/store/rows.ts";

/** Changes of a person while a session opens: a race that no request can force. */
const CHANGES: Record<string, Partial<User>> = {
  suspended: { suspension: { reason: "spam", until: null, at: T0 } as User["suspension"] },
  erased: { deletedAt: T0 },
  unchanged: {},
};

const clock = { now: () => T0 } as ConstructorParameters<typeof Bots>[0]["clock"];
const visitor: Visitor = { address: "192.0.2.1", userAgent: "Test/1.0" } as Visitor;

/** Sessions of one person, who changes as soon as one is open. */
class World {
  readonly user = aUser({ externalId: "ann" });
  #now: User = this.user;
  readonly opened: string[] = [];
  readonly ended: string[] = [];

  constructor(private readonly change: () => Partial<User>) {}

  readonly users = {
    byId: (id: string) => Promise.resolve(id === this.user.id ? this.#now : null),
  } as Store["users"];

  readonly sessions = {
    lifetimeMs: 1_000,
    open: () => Promise.resolve({ pair: {}, sessionId: this.#open("a session") }),
    end: (id: string) => Promise.resolve(void this.ended.push(id)),
    makeRoom: () => Promise.resolve(),
  } as unknown as Sessions;

  readonly stored = {
    byId: () => Promise.resolve(null),
    alive: () => Promise.resolve(null),
    create: ({ id }: Session) => Promise.resolve(void this.#open(id)),
  } as unknown as Store["sessions"];

  #open(id: string): string {
    this.#now = { ...this.user, ...this.change() };
    this.opened.push(id);
    return id;
  }
}

/** Each way to sign in that asks for no password; those with one are held in tests/auth. */
const WAYS: Record<string, (world: World, bot: Bot) => Promise<unknown>> = {
  "a backend": ({ user, users, sessions }) =>
    new OwnSessions({
      store: { users },
      people: { require: () => Promise.resolve(user) } as unknown as OwnUsers,
      sessions,
      changes: {} as AccountChanges,
      audit: { by: () => Promise.resolve() } as unknown as AuditTrail,
      clock,
    }).open({ ...visitor, key: { scopes: [] }, userId: null } as unknown as ServerCaller, "ann"),
  "a customer's token": ({ user, users, stored, sessions }) =>
    new OwnTokenSessions({ store: { users, sessions: stored }, sessions, clock })
      .sessionOf(user.id, { sid: "1", issuedAt: T0, authenticatedAt: null } as OwnToken, visitor),
  "a bot's token": (world, bot) => signInBot(world, bot),
};

const SECRET = newSecret();

function signInBot({ user, users, sessions }: World, bot: Bot): Promise<unknown> {
  const bots = { byId: () => Promise.resolve(bot) } as unknown as Store["bots"];
  const changes = {} as AccountChanges;
  return new Bots({ store: { bots, users }, accounts: {} as never, sessions, changes, clock })
    .signIn(botTokenOf(user.id, SECRET), visitor);
}

const aBot = ({ user }: World): Bot =>
  ({ id: user.id, kind: "bot", endedAt: null, secretHash: secretHashOf(SECRET) }) as Bot;

for (const [way, signIn] of Object.entries(WAYS)) {
  for (const [change, fields] of Object.entries(CHANGES)) {
    // Bots are not erased: they are ended.
    if (way === "a bot's token" && change === "erased") continue;
    Deno.test(`a session by ${way} for a person who is ${change} while it opens`, async () => {
      const world = new World(() => fields);
      const signedIn = signIn(world, aBot(world));
      if (change === "unchanged") {
        await signedIn;
        assert.deepEqual([world.opened.length, world.ended], [1, []]);
      } else {
        await assert.rejects(signedIn, { name: "AppError" });
        assert.deepEqual([world.opened.length, world.ended], [1, world.opened]);
      }
    });
  }
}

for (const change of [{ endedAt: T0 }, { secretHash: secretHashOf(newSecret()) }]) {
  const [field] = Object.keys(change);
  Deno.test(`a session by a bot's token is ended if its ${field} changes while it opens`, async () => {
    const world: World = new World(() => (Object.assign(bot, change), {}));
    const bot = aBot(world);
    await assert.rejects(signInBot(world, bot), { code: "unauthenticated" });
    assert.deepEqual([world.opened.length, world.ended], [1, world.opened]);
  });
}
