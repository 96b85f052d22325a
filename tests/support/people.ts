import { Tokens } from "../../src/auth/tokens.ts";
import type { Config } from "../../src/config.ts";
import { systemClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { aSession, aUser } from "../contract/store/rows.ts";

export interface Person {
  id: string;
  username: string;
  sessionId: string;
  token: string;
}

const HOUR_MS = 3_600_000;

/** Opens the store that the app opens for this configuration. */
export async function openStoreOf(config: Config): Promise<Store> {
  if (config.mongodbUri !== null) return await openMongoStore({ uri: config.mongodbUri });
  await Deno.mkdir(config.dataDir, { recursive: true });
  return new SqliteStore(`${config.dataDir}/chat.sqlite3`);
}

/**
 * People with one session each, written to the store directly: registering hashes a password, which
 * takes longer than most tests.
 */
export async function seedPeople<Name extends string>(
  config: Config,
  names: readonly Name[],
): Promise<Record<Name, Person>> {
  const store = await openStoreOf(config);
  const tokens = new Tokens(config.tokens, systemClock);
  try {
    const people: Partial<Record<Name, Person>> = {};
    for (const name of names) people[name] = await signedIn(store, tokens, name);
    return people as Record<Name, Person>;
  } finally {
    await store.close();
  }
}

async function signedIn(store: Store, tokens: Tokens, name: string): Promise<Person> {
  const user = aUser({ username: name, displayName: name });
  await store.users.create(user);
  const now = Date.now();
  const session = aSession({ userId: user.id, authenticatedAt: now, expiresAt: now + HOUR_MS });
  await store.sessions.create(session);
  const token = await tokens.sign("access", {
    userId: user.id,
    sessionId: session.id,
    tokenId: newId(),
  });
  return { id: user.id, username: name, sessionId: session.id, token };
}
