import type { Connection } from "./connection.ts";

/** The connections of this instance, found by user and by session. */
export class ConnectionIndex {
  readonly #all = new Set<Connection>();
  readonly #byUser = new Map<string, Set<Connection>>();
  readonly #bySession = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  has(connection: Connection): boolean {
    return this.#all.has(connection);
  }

  /** True if it is the user's first connection. */
  add(connection: Connection): boolean {
    this.#all.add(connection);
    add(this.#bySession, connection.caller.sessionId, connection);
    return add(this.#byUser, connection.caller.userId, connection) === 1;
  }

  /** Null if it was not indexed; otherwise true if it was the user's last connection. */
  remove(connection: Connection): boolean | null {
    if (!this.#all.delete(connection)) return null;
    remove(this.#bySession, connection.caller.sessionId, connection);
    return remove(this.#byUser, connection.caller.userId, connection) === 0;
  }

  all(): Connection[] {
    return [...this.#all];
  }

  hasUser(userId: string): boolean {
    return this.#byUser.has(userId);
  }

  users(): IterableIterator<string> {
    return this.#byUser.keys();
  }

  ofUser(userId: string): Iterable<Connection> {
    return this.#byUser.get(userId) ?? [];
  }

  /** Returns a copy, since closing the connections changes the index. */
  ofSession(sessionId: string): Connection[] {
    return [...this.#bySession.get(sessionId) ?? []];
  }
}

/** Returns the number of the key's connections after adding one. */
function add(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  if (set) return set.add(connection).size;
  map.set(key, new Set([connection]));
  return 1;
}

/** Returns the number of the key's connections after removing one. */
function remove(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
  return set?.size ?? 0;
}
