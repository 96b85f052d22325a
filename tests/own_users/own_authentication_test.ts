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

/** Records whose rows are read, and which pictures are fetched; a token is JSON of its claims. */
function setUp() {
  const fetched: string[] = [];
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
      verify: (claims: string) =>
        Promise.resolve({ name: null, picture: null, ...JSON.parse(claims) } as OwnToken),
    } as unknown as OwnTokens,
    sessions: {
      sessionOf: (userId: string) => Promise.resolve({ id: "s", userId }),
    } as unknown as OwnTokenSessions,
    people: people as unknown as OwnUsers,
    pictures: { later: (_user: unknown, url: string) => fetched.push(url) } as unknown as Pictures,
  });
  const of = (externalId: string, claims: Partial<OwnToken> = {}) =>
    authentication.authenticate(JSON.stringify({ externalId, ...claims }), visitor);
  return { read, fetched, of };
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

Deno.test("OwnAuthentication looks at a person again for each other name or picture", async () => {
  const { read, fetched, of } = setUp();
  const [first, second] = ["https://example.com/1.png", "https://example.com/2.png"];
  await of("ann", { name: "Ann" });
  await of("ann", { name: "Ann" });
  assert.equal(read.length, 1);
  await of("ann", { name: "Anna" });
  assert.equal(read.length, 2);
  await of("ann", { name: "Anna", picture: first });
  await of("ann", { name: "Anna", picture: first });
  await of("ann", { name: "Anna", picture: second });
  assert.deepEqual([read.length, fetched], [4, [first, second]]);
});
