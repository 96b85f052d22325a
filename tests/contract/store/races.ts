import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Session } from "../../../src/model/session.ts";
import type { Store } from "../../../src/store/store.ts";
import { DuplicateKey } from "../../../src/store/store.ts";
import {
  aChange,
  aDirectChat,
  aMessage,
  anIdentity,
  aSession,
  aUser,
  storedChat,
  T0,
} from "./rows.ts";
import type { ContractTest, OpenedStore } from "./suite.ts";

const ROUNDS = 20;
const SENDS_EACH = 500;

/** Two instances on one database, like two servers, with concurrent writes to the same rows. */
export function raceContract(test: ContractTest): void {
  test("one of two concurrent users gets a username", async (store, opened) => {
    await contested(store, opened, (_round, stores) => {
      const users = stores.map((_, i) =>
        aUser({ username: `ann${_round}`, email: `${newId()}${i}` })
      );
      return stores.map((each, i) => won(each.users.create(users[i])));
    });
  });

  test("one of two concurrent changes to a username succeeds", async (store, opened) => {
    const users = [aUser(), aUser()];
    for (const user of users) await store.users.create(user);
    await contested(store, opened, (round, stores) => {
      const name = { username: `new${round}`, usernameKey: `new${round}` };
      return stores.map((each, i) => won(each.users.update(users[i].id, name)));
    });
    const keys = (await store.users.byIds(users.map(({ id }) => id))).map((u) => u.usernameKey);
    assert.equal(new Set(keys).size, 2);
  });

  test("one of two concurrent creations of a direct chat succeeds", async (store, opened) => {
    await contested(store, opened, (_round, stores) => {
      const [a, b] = [newId(), newId()];
      return stores.map((each) => won(each.chats.commit(aChange(0, aDirectChat(a, b)))));
    });
  });

  test("one of two concurrent sends with one clientId is written", async (store, opened) => {
    const { chat } = await storedChat(store, {});
    const senderId = newId();
    await contested(
      store,
      opened,
      (round, stores) =>
        stores.map((each) => sendUntilDecided(each, chat.id, senderId, `send${round}`)),
    );
    const page = await store.messages.page({ chatId: chat.id, after: 0, limit: 999 });
    assert.deepEqual(page.map(({ seq }) => seq), denseFrom(2, ROUNDS));
    assert.equal(new Set(page.map(({ clientId }) => clientId)).size, ROUNDS);
  });

  test("one of two concurrent refreshes with one token succeeds", async (store, opened) => {
    const session = aSession();
    await store.sessions.create(session);
    await contested(store, opened, (round, stores) =>
      stores.map((each, i) =>
        each.sessions.rotate({
          sessionId: session.id,
          expectedHash: "current",
          newHash: `next${i}`,
          now: T0 + round,
          expiresAt: T0 + 9_999,
          address: "",
          userAgent: "",
        })
      ), async (round) => {
      const { refreshHash } = (await store.sessions.byId(session.id))!;
      const rotation = { sessionId: session.id, expectedHash: refreshHash, newHash: "current" };
      const rest = { now: T0 + round, expiresAt: T0 + 9_999, address: "", userAgent: "" };
      assert.equal(await store.sessions.rotate({ ...rotation, ...rest }), true);
    });
  });

  test("one of two concurrent uses of a step counts", async (store, opened) => {
    const totp = { sealedSecret: "", enabledAt: T0, lastStep: -1 };
    const user = aUser({ totp });
    await store.users.create(user);
    await contested(
      store,
      opened,
      (round, stores) => stores.map((each) => each.users.useTotpStep(user.id, round)),
    );
  });

  test(
    "one of two concurrent changes of an account is decided on the result of the other",
    async (store, opened) => {
      const codes = denseFrom(0, ROUNDS).map((n) => `code${n}`);
      const user = aUser({ recoveryCodes: codes });
      await store.users.create(user);
      await contested(store, opened, (round, stores) =>
        stores.map((each) => {
          const change = each.accounts.change(user.id, T0, ({ user: { recoveryCodes } }) => {
            if (!recoveryCodes.includes(codes[round])) throw new DuplicateKey("id");
            return {
              user: { recoveryCodes: recoveryCodes.filter((code) => code !== codes[round]) },
            };
          });
          return won(change);
        }));
      assert.deepEqual((await store.users.byId(user.id))?.recoveryCodes, []);
    },
  );

  test("one of two providers that are unlinked concurrently stays", async (store, opened) => {
    const user = aUser();
    await store.users.create(user, { identity: anIdentity({ userId: user.id }) });
    const providers = ["google", "facebook"] as const;
    const facebook = () => anIdentity({ userId: user.id, provider: "facebook" });
    await store.accounts.change(user.id, T0, () => ({ link: facebook() }));
    const unlink = (each: Store, provider: typeof providers[number]) =>
      each.accounts.change(user.id, T0, ({ identities }) => {
        if (identities.length === 1) throw new DuplicateKey("id");
        return { unlink: [provider] };
      });
    const relink = async () => {
      const [left] = await store.identities.ofUser(user.id);
      const provider = left.provider === "google" ? "facebook" : "google";
      const link = anIdentity({ userId: user.id, provider });
      await store.accounts.change(user.id, T0, () => ({ link }));
    };
    await contested(
      store,
      opened,
      (_round, stores) => stores.map((each, i) => won(unlink(each, providers[i]))),
      (round) => round === 0 ? Promise.resolve() : relink(),
    );
  });

  test("two concurrent ends of a session end it once", async (store, opened) => {
    const session = aSession();
    await store.sessions.create(session);
    const other = await opened.second();
    const ended = await Promise.all(
      [store, other].map((each) => each.sessions.end(session.id, T0 + 1, "logout")),
    );
    assert.deepEqual(ended.sort(), [false, true]);
  });

  test("no instance takes a session for alive whose end has resolved", async (store, opened) => {
    const other = await opened.second();
    const ends: [string, (session: Session) => Promise<unknown>][] = [
      ["end", ({ id }) => store.sessions.end(id, T0, "logout")],
      ["deleteAllOf", ({ userId }) => store.sessions.deleteAllOf(userId)],
      ["change", ({ id, userId }) =>
        store.accounts.change(userId, T0, () => ({
          endSessions: { ids: [id], reason: "credentials_changed" },
        }))],
    ];
    for (const [name, end] of ends) {
      const user = aUser();
      const session = aSession({ userId: user.id });
      await store.users.create(user);
      await store.sessions.create(session);
      assert.deepEqual(await other.sessions.alive(session.id, T0), session);
      await end(session);
      assert.equal(await other.sessions.alive(session.id, T0), null, name);
    }
  });

  test("no instance misses a proof of identity that has resolved", async (store, opened) => {
    const other = await opened.second();
    const session = aSession();
    await store.sessions.create(session);
    await other.sessions.alive(session.id, T0);
    await store.sessions.setAuthenticatedAt(session.id, T0 + 7);
    assert.equal((await other.sessions.alive(session.id, T0))!.authenticatedAt, T0 + 7);
  });

  test("no instance misses a block or an erasure that has resolved", async (store, opened) => {
    const other = await opened.second();
    const [user, by] = [aUser(), newId()];
    await store.users.create(user);
    assert.equal(await other.blocks.has(by, user.id), false);
    await store.blocks.add({ blockerId: by, blockedId: user.id, createdAt: T0 }, Infinity);
    assert.equal(await other.blocks.has(by, user.id), true);
    assert.equal(await other.users.exists(user.id), true);
    await store.accounts.change(user.id, T0, () => ({ user: { deletedAt: T0 } }));
    assert.equal(await other.users.exists(user.id), false);
  });

  test("concurrent moves of cursors end at the furthest position", async (store, opened) => {
    const { chat, members: [{ userId }] } = await storedChat(store, { members: [{}] });
    const other = await opened.second();
    const moves = denseFrom(1, 50).map((readSeq, i) =>
      [store, other][i % 2].memberships.moveCursors({ chatId: chat.id, userId, readSeq })
    );
    for (const moved of await Promise.all(moves)) assert.ok(moved!.membership.readSeq >= 1);
    const { readSeq, deliveredSeq } = (await store.memberships.of(chat.id, userId))!;
    assert.deepEqual([readSeq, deliveredSeq], [50, 50]);
  });

  test(
    "two concurrent senders to one chat get dense revisions and lose nothing",
    async (store, opened) => {
      const { chat } = await storedChat(store, {});
      const other = await opened.second();
      await Promise.all([sendMany(store, chat.id, "a"), sendMany(other, chat.id, "b")]);
      const page = await other.messages.page({ chatId: chat.id, after: 0, limit: 9_999 });
      assert.deepEqual(page.map(({ seq }) => seq), denseFrom(2, 2 * SENDS_EACH));
      for (const name of ["a", "b"]) {
        const own = page.filter(({ clientId }) => clientId.startsWith(name));
        assert.deepEqual(own.map(({ text }) => text), denseFrom(0, SENDS_EACH).map(String));
      }
      assert.equal((await store.chats.byId(chat.id))?.rev, 1 + 2 * SENDS_EACH);
    },
  );
}

/** Each round, exactly one of the two attempts must succeed. */
async function contested(
  store: Store,
  opened: OpenedStore,
  attempt: (round: number, stores: Store[]) => Promise<boolean>[],
  before: (round: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const stores = [store, await opened.second()];
  for (let round = 0; round < ROUNDS; round++) {
    await before(round);
    const outcomes = await Promise.all(attempt(round, round % 2 ? stores : stores.toReversed()));
    assert.deepEqual(outcomes.sort(), [false, true], `round ${round}`);
  }
}

/** Returns false for a DuplicateKey; rethrows other failures. */
async function won(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof DuplicateKey) return false;
    throw error;
  }
}

/** Sends as a service does: reads the head, commits against it, and again if it has moved. */
async function sendUntilDecided(
  store: Store,
  chatId: string,
  senderId: string,
  clientId: string,
  texts: string[] = ["text"],
): Promise<boolean> {
  for (;;) {
    const chat = (await store.chats.byId(chatId))!;
    const rev = chat.rev + texts.length;
    const inserted = texts.map((text, i) => {
      const own = texts.length === 1 ? clientId : `${clientId}${text}`;
      return aMessage(chatId, chat.rev + 1 + i, { senderId, clientId: own, text });
    });
    const change = aChange(chat.rev, { ...chat, rev, lastSeq: rev }, { inserted });
    try {
      if (await store.chats.commit(change) === "committed") return true;
    } catch (error) {
      if (error instanceof DuplicateKey && error.key === "clientId") return false;
      throw error;
    }
  }
}

/** Sends in small batches, so that the two alternate often. */
async function sendMany(store: Store, chatId: string, name: string): Promise<void> {
  const senderId = newId();
  const size = 5;
  for (let first = 0; first < SENDS_EACH; first += size) {
    const texts = denseFrom(first, size).map(String);
    assert.equal(await sendUntilDecided(store, chatId, senderId, name, texts), true);
  }
}

function denseFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
