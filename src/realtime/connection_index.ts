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

  /** True if it is the first of its user. */
  add(connection: Connection): boolean {
    this.#all.add(connection);
    add(this.#bySession, connection.caller.sessionId, connection);
    return add(this.#byUser, connection.caller.userId, connection) === 1;
  }

  /** Null if it was not there; otherwise whether it was the last of its user. */
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

  /** A copy: whoever closes them changes the index. */
  ofSession(sessionId: string): Connection[] {
    return [...this.#bySession.get(sessionId) ?? []];
  }
}

/** How many there are now. */
function add(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  if (set) return set.add(connection).size;
  map.set(key, new Set([connection]));
  return 1;
}

/** How many are left. */
function remove(map: Map<string, Set<Connection>>, key: string, connection: Connection): number {
  const set = map.get(key);
  set?.delete(connection);
  if (set?.size === 0) map.delete(key);
  return set?.size ?? 0;
}
