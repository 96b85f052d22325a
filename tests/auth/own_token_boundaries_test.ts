import assert from "node:assert/strict";
import { OwnTokenSessions } from "../../src/auth/own_token_sessions.ts";
import type { OwnToken } from "../../src/auth/own_tokens.ts";
import type { Sessions } from "../../src/auth/sessions.ts";
import type { Visitor } from "../../src/model/caller.ts";
import type { Session } from "../../src/model/session.ts";
import type { User } from "../../src/model/user.ts";
import type { Store } from "../../src/store/store.ts";
import { aUser, T0 } from "../contract/store/rows.ts";

/** To the millisecond, which no clock that runs can be held at. */

const visitor = { address: "192.0.2.1", userAgent: "Test/1.0" } as Visitor;

/** A token's sessions, whose first one has ended as `end` says if there is one. */
function world(fields: Partial<User>, end?: Pick<Session, "endedAt" | "expiresAt">) {
  const user = aUser(fields);
  const stored = new Map<string, Session>();
  let looked = 0;
  const byId = (id: string) => {
    // The id of the first one follows from the token alone.
    const isFirst = looked++ === 0;
    const ended = { id, authenticatedAt: 0, ...end } as Session;
    return Promise.resolve(end && isFirst ? ended : stored.get(id) ?? null);
  };
  const sessions = {
    alive: () => Promise.resolve(null),
    byId,
    create: (session: Session) => Promise.resolve(void stored.set(session.id, session)),
  } as unknown as Store["sessions"];
  const users = { byId: () => Promise.resolve(user) } as unknown as Store["users"];
  const service = {
    lifetimeMs: 1_000,
    makeRoom: () => Promise.resolve(),
    touch: () => Promise.resolve(),
  } as unknown as Sessions;
  const options = { store: { sessions, users }, sessions: service, clock: { now: () => T0 } };
  const opened = new OwnTokenSessions(options as never);
  return async (issuedAt: number) => {
    const token = { sid: "phone", issuedAt, authenticatedAt: null } as OwnToken;
    const found = await opened.sessionOf(user.id, token, visitor);
    return stored.has(found.id) ? "opened" : "continued";
  };
}

Deno.test("a token is revoked up to the millisecond before the revocation", async () => {
  const at = T0 - 5_000;
  await assert.rejects(world({ tokensNotBefore: at })(at - 1), { code: "unauthenticated" });
  assert.equal(await world({ tokensNotBefore: at })(at), "opened");
  assert.equal(await world({})(0), "opened");
});

for (
  const [how, end] of Object.entries({
    "was ended": { endedAt: T0 - 5_000, expiresAt: T0 + 5_000 },
    "has expired": { endedAt: null, expiresAt: T0 - 5_000 },
  })
) {
  Deno.test(`a token continues after a session that ${how} if it was issued at that moment`, async () => {
    await assert.rejects(world({}, end)(T0 - 5_001), { code: "unauthenticated" });
    assert.equal(await world({}, end)(T0 - 5_000), "opened");
  });
}

Deno.test("a session expires at its last millisecond, and not before", async () => {
  assert.equal(await world({}, { endedAt: null, expiresAt: T0 + 1 })(T0), "continued");
  assert.equal(await world({}, { endedAt: null, expiresAt: T0 })(T0), "opened");
});
