import assert from "node:assert/strict";
import type { OwnToken, OwnTokens } from "../../src/auth/own_tokens.ts";
import type { OwnTokenSessions } from "../../src/auth/own_token_sessions.ts";
import { OwnAuthentication } from "../../src/own_users/own_authentication.ts";
import type { OwnUsers } from "../../src/own_users/own_users.ts";
import type { Pictures } from "../../src/own_users/pictures.ts";
import type { Visitor } from "../../src/model/caller.ts";
import { aUser } from "../contract/store/rows.ts";

const visitor: Visitor = {
  transport: "rest",
  address: "192.0.2.1",
  userAgent: "Test/1.0",
  requestId: "r",
};

/** Records whose rows are read; the token is the external id. */
function setUp() {
  const read: string[] = [];
  const users = new Map<string, ReturnType<typeof aUser>>();
  const people = {
    ensure: (_visitor: Visitor, externalId: string) => {
      read.push(externalId);
      const user = users.get(externalId) ?? aUser({ externalId });
      users.set(externalId, user);
      return Promise.resolve({ user, made: false });
    },
    change: (_visitor: Visitor, user: unknown) => Promise.resolve(user),
  };
  const authentication = new OwnAuthentication({
    store: { users: {} as never },
    tokens: {
      verify: (externalId: string) =>
        Promise.resolve({ externalId, name: null, picture: null } as OwnToken),
    } as unknown as OwnTokens,
    sessions: {
      sessionOf: (userId: string) => Promise.resolve({ id: "s", userId }),
    } as unknown as OwnTokenSessions,
    people: people as unknown as OwnUsers,
    pictures: {} as Pictures,
  });
  return { read, of: (externalId: string) => authentication.authenticate(externalId, visitor) };
}

Deno.test("OwnAuthentication remembers 20,000 people, and forgets the one it learned first", async () => {
  const { read, of } = setUp();
  const { userId } = await of("1");
  assert.equal((await of("1")).userId, userId);
  for (let i = 2; i <= 20_000; i++) await of(`${i}`);
  await of("1");
  assert.equal(read.length, 20_000, "a request of a known person reads no row of theirs");
  await of("20001");
  await of("2");
  assert.equal(read.length, 20_001);
  assert.equal((await of("1")).userId, userId);
  assert.equal(read.length, 20_002);
});
