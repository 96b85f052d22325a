import type { UserView } from "../api/views/user.ts";
import type { Call } from "./call.ts";
import { ChatError } from "./chat_error.ts";
import type { Presence } from "./local_chat.ts";
import { Serial } from "../core/serial.ts";
import { View } from "./view.ts";

/** A user as a screen shows them. The object stays the same until the user changes. */
export interface Person extends UserView {
  /**
   * The display name, otherwise the username; empty until it is known, and for a deleted account.
   */
  name: string;
  /** Null until it is known. */
  presence: Presence | null;
  /** The caller has blocked them: their messages in groups must not be shown. */
  blocked: boolean;
}

/** `change`: the changed fields of the user. */
export type PersonListener = (userId: string, change: Partial<Person>) => void;

interface Entry {
  person: Person;
  view: View<Person>;
  /** True if the user was requested from the server, or is about to be. */
  isAsked: boolean;
}

/** Maximum number of users in one request. */
const BATCH = 100;
/** Milliseconds to wait for other users that are needed at the same time. */
const BATCH_AFTER_MS = 10;
/**
 * Maximum number of cached users; the least recently used are dropped, except those on the screen.
 */
const MAX_PEOPLE = 2_000;
/**
 * Maximum number of users, the most recently used, whose presence is fetched again after a break.
 */
const MAX_REFRESHED = 100;
/**
 * Milliseconds from a failed request to the next: a screen that renders the failure asks again at
 * once.
 */
const PAUSE_MS = 5_000;
/** The server refuses a request as a whole for one id of another form. */
const ID = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/**
 * Names, pictures and presence of users: fetched in batches when first needed, and kept up to date.
 *
 * ```ts ignore
 * const unsubscribe = client.people.subscribe((userId, change) => {
 *   if (change.presence) console.log(client.people.get(userId).name, change.presence);
 * });
 * unsubscribe();
 * ```
 */
export class People {
  /** The most recently used are last. */
  readonly #entries = new Map<string, Entry>();
  readonly #wanted = new Set<string>();
  readonly #listeners = new Set<PersonListener>();
  #blocked: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pausedUntil = 0;
  readonly #fetching = new Serial();

  /** @internal */
  constructor(private readonly call: Call, private readonly onFault: (error: unknown) => void) {}

  /**
   * Returns the known fields immediately; unknown ones are fetched, and come as a change.
   *
   * ```ts ignore
   * const { id, blocked } = client.people.get(friend.userId);
   * assert.deepEqual({ id, blocked }, { id: friend.userId, blocked: false });
   * ```
   */
  get(userId: string): Person {
    return this.#entry(userId).person;
  }

  /**
   * Returns a person as a view, which follows their profile and presence.
   *
   * ```ts ignore
   * const person = client.people.view(friend.userId);
   * const name = await new Promise((resolve) => {
   *   person.subscribe(() => person.getSnapshot().name && resolve(person.getSnapshot().name));
   * });
   * assert.equal(name, friend.user.username);
   * ```
   */
  view(userId: string): View<Person> {
    return this.#entry(userId).view;
  }

  /**
   * True if the caller has blocked that person.
   *
   * ```ts ignore
   * assert.equal(client.people.isBlocked(friend.userId), false);
   * ```
   */
  isBlocked(userId: string): boolean {
    return this.#blocked.has(userId);
  }

  /**
   * Calls the listener for each user who changes. Returns a function that ends it.
   *
   * ```ts ignore
   * const unsubscribe = client.people.subscribe((userId, change) => console.log(userId, change));
   * unsubscribe();
   * ```
   */
  subscribe(listener: PersonListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @internal */
  put(user: UserView): void {
    this.#patch(user.id, { ...publicFields(user), name: user.displayName || user.username });
  }

  /** @internal */
  setPresence(presence: Presence): void {
    if (this.#entries.has(presence.userId)) this.#patch(presence.userId, { presence });
  }

  /** @internal */
  setBlocked(userIds: Iterable<string>): void {
    const before = this.#blocked;
    this.#blocked = new Set(userIds);
    for (const id of new Set([...before, ...this.#blocked])) {
      const blocked = this.#blocked.has(id);
      if (blocked !== before.has(id)) this.#patch(id, { blocked });
    }
  }

  /** @internal */
  setOneBlocked(userId: string, blocked: boolean): void {
    const others = [...this.#blocked].filter((id) => id !== userId);
    this.setBlocked(blocked ? [...others, userId] : others);
  }

  /**
   * Called on a connection: fetches unknown users, and the presence of the others again.
   * @internal
   */
  async connected(): Promise<void> {
    this.#pausedUntil = 0;
    const recent = [...this.#entries.keys()].slice(-MAX_REFRESHED);
    const ids = [...new Set([...this.#stopWaiting(), ...recent])].filter(isId);
    const known: string[] = [];
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry?.isAsked) known.push(id);
      else if (entry) this.#want(id, entry);
    }
    await this.#fetchPresence(known);
  }

  /**
   * Resolves once nothing is being fetched, so that nothing is stored after the last save.
   * @internal
   */
  async close(): Promise<void> {
    this.#stopWaiting();
    await this.#fetching.idle();
  }

  /** @internal */
  blocked(): string[] {
    return [...this.#blocked];
  }

  /** @internal */
  all(): Person[] {
    return [...this.#entries.values()].map(({ person }) => person);
  }

  #entry(userId: string): Entry {
    const entry = this.#entries.get(userId) ?? this.#unknown(userId);
    this.#entries.delete(userId);
    this.#entries.set(userId, entry);
    if (!entry.isAsked) this.#want(userId, entry);
    return entry;
  }

  #unknown(id: string): Entry {
    this.#evict();
    const profile = { id, username: "", displayName: "", bio: "", avatarMediaId: null };
    const person = { ...profile, name: "", presence: null, blocked: this.isBlocked(id) };
    const entry: Entry = { person, view: new View(() => entry.person), isAsked: false };
    return entry;
  }

  #patch(userId: string, patch: Partial<Person>): void {
    let entry = this.#entries.get(userId);
    if (!entry) this.#entries.set(userId, entry = this.#unknown(userId));
    entry.person = { ...entry.person, ...patch };
    entry.view.invalidate();
    for (const listener of this.#listeners) listener(userId, patch);
  }

  #evict(): void {
    for (const [id, { view }] of this.#entries) {
      if (this.#entries.size < MAX_PEOPLE) return;
      if (!view.isWatched) this.#entries.delete(id);
    }
  }

  #want(userId: string, entry: Entry): void {
    entry.isAsked = true;
    this.#wanted.add(userId);
    const delayMs = Math.max(BATCH_AFTER_MS, this.#pausedUntil - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const wanted = [...this.#wanted];
      this.#wanted.clear();
      for (const id of wanted) if (id && !isId(id)) this.onFault(wrongId(id));
      const ids = wanted.filter(isId);
      if (ids.length > 0) void this.#fetching.run(ids[0], () => this.#fetch(ids));
    }, delayMs);
  }

  /** Returns the users who were to be fetched. */
  #stopWaiting(): string[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    this.#askAgain(wanted);
    return wanted;
  }

  /** They are fetched when they are needed next, or with the next connection. */
  #askAgain(userIds: string[]): void {
    for (const id of userIds) {
      const entry = this.#entries.get(id);
      if (entry) entry.isAsked = false;
    }
  }

  async #fetch(ids: string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH) {
      const userIds = ids.slice(at, at + BATCH);
      try {
        const { items } = await this.call("user.list", { userIds });
        for (const user of items) this.put(user);
        await this.#fetchPresence(userIds);
      } catch (error) {
        this.#askAgain(userIds);
        this.#pausedUntil = performance.now() + PAUSE_MS;
        this.onFault(error);
      }
    }
  }

  async #fetchPresence(ids: string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH) {
      const userIds = ids.slice(at, at + BATCH);
      const { items } = await this.call("presence.get", { userIds });
      for (const presence of items) this.setPresence(presence);
    }
  }
}

/** Returns what everyone may see of a person: the caller's profile has more. */
export function publicFields(
  { id, username, displayName, bio, avatarMediaId, custom, bot }: UserView,
): UserView {
  return { id, username, displayName, bio, avatarMediaId, custom, bot };
}

function isId(id: string): boolean {
  return ID.test(id);
}

function wrongId(id: string): ChatError {
  return new ChatError(
    "invalid_request",
    `Cannot fetch the user "${id}": an id is a UUID, as in user.id. An externalId is not one`,
  );
}
