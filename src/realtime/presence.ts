import { type Clock, toTimestampOrNull } from "../core/clock.ts";
import { forEachOf, Slots } from "../core/concurrency.ts";
import { notFound } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { StatusState, User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { Hub, HubListener } from "./hub.ts";
import { type Audience, PresenceAudience } from "./presence_audience.ts";
import type { PresenceDirectory } from "../cluster/presence_directory.ts";
import type { Publisher } from "./publisher.ts";

/** Presence of a user as others see it. Only the user sees their own `invisible`. */
export interface Status {
  userId: string;
  state: StatusState | "offline";
  /** Empty while offline: a text that changed would reveal an invisible user. */
  text: string;
  lastSeenAt: number | null;
}

export interface PresenceOptions {
  store: Pick<Store, "arrivals" | "users" | "memberships" | "blocks">;
  directory: PresenceDirectory;
  hub: Pick<Hub, "isConnected">;
  publisher: Pick<Publisher, "toRooms" | "toUsers">;
  clock: Clock;
  log: Log;
  /** Called once a user has become invisible. */
  onHidden: (userId: string) => void;
  limits: { presenceGraceMs: number; presenceMembers: number };
}

/** Number of people announced concurrently when an instance has died, or was thought dead. */
const ANNOUNCEMENTS_AT_ONCE = 8;
/**
 * People who arrive, or whose leaving is announced, concurrently: a crowd that comes or goes leaves
 * the store time for everybody else.
 */
const PEOPLE_AT_ONCE = 32;
/** Announcements of one change while others change the status again, each of which announces too. */
const MAX_ANNOUNCEMENTS = 5;

/**
 * Presence of users. A user is online if any device is; others see the state that the user chose,
 * and an invisible user looks offline. Going offline is announced after a grace period, during
 * which the entry in the directory stays: a user who reconnects in that time, to any instance,
 * never went offline.
 */
export class Presence implements HubListener {
  readonly #audience: PresenceAudience;
  readonly #leaving = new Map<string, ReturnType<typeof setTimeout>>();
  /** Pending work of a user: connects and disconnects are handled one after the other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #slots = new Slots(PEOPLE_AT_ONCE);
  #closed = false;

  constructor(private readonly options: PresenceOptions) {
    this.#audience = new PresenceAudience(options.store, options.limits.presenceMembers);
    options.directory.onOffline((userIds, at) => {
      forEachOf(userIds, ANNOUNCEMENTS_AT_ONCE, (userId) => {
        return this.#inTurn(userId, () => this.#announceOffline(userId, at));
      });
    });
    options.directory.onRestored((userIds) => {
      forEachOf(userIds, ANNOUNCEMENTS_AT_ONCE, (userId) => {
        return this.#inTurn(userId, () => this.#announceOnline(userId));
      });
    });
  }

  onFirstConnection(userId: string): void {
    const leaving = this.#leaving.get(userId);
    clearTimeout(leaving);
    this.#leaving.delete(userId);
    if (leaving !== undefined) return;
    this.#inTurn(userId, () => this.#slots.run(() => this.#arrive(userId)));
  }

  onLastConnection(userId: string): void {
    if (this.#closed) return;
    const at = this.options.clock.now();
    const timer = setTimeout(() => {
      this.#leaving.delete(userId);
      this.#inTurn(userId, () => this.#slots.run(() => this.#leave(userId, at)));
    }, this.options.limits.presenceGraceMs);
    Deno.unrefTimer(timer);
    this.#leaving.set(userId, timer);
  }

  /**
   * Fields that are left out of `change` stay as they are. Returns the status as the user sees it,
   * and the number of chats in which it was announced.
   */
  async set(
    userId: string,
    change: { state: StatusState; text?: string },
  ): Promise<{ status: Status; chats: number }> {
    const { store, clock, directory } = this.options;
    const before = await store.users.byId(userId);
    if (!before) throw notFound("user", userId);
    const status = { state: change.state, text: change.text ?? before.status.text };
    const hides = status.state === "invisible" && before.status.state !== "invisible";
    const online = (await directory.online([userId])).has(userId);
    const seen = hides && online && { lastSeenAt: clock.now() };
    const user = await store.users.update(userId, { status, ...seen });
    if (!user) throw notFound("user", userId);
    if (hides) this.options.onHidden(userId);
    const wasSeen = before.status.state !== "invisible";
    const isNews = online && (wasSeen || !isHidden(user));
    const { stored, chats } = isNews
      ? await this.#announceStored(user)
      : { stored: user, chats: 0 };
    const data = statusView(ownStatus(stored));
    this.options.publisher.toUsers([userId], { event: "presence", data });
    return { status: ownStatus(user), chats };
  }

  /**
   * Returns statuses in the order requested. Users who share no chat with the caller, who have
   * blocked or were blocked by them, or who do not exist look offline and hide when they were last
   * seen.
   */
  async get(callerId: string, userIds: string[]): Promise<Status[]> {
    const others = userIds.filter((userId) => userId !== callerId);
    const visible = await this.#audience.visibleTo(callerId, others);
    const [users, online] = await Promise.all([
      this.options.store.users.byIds(userIds),
      this.options.directory.online([...visible]),
    ]);
    const byId = new Map(users.map((user) => [user.id, user]));
    return userIds.map((userId) => {
      const user = byId.get(userId);
      if (user && userId === callerId) return ownStatus(user);
      if (!user || !visible.has(userId)) return unknownStatus(userId);
      return statusOf(user, online.has(userId));
    });
  }

  /**
   * Tells two people with a chat what they now see of each other, because neither learns of the
   * other's changes behind a block: they look offline to each other, and do not once it is gone.
   * Nothing changes, and nothing is sent, while the blocked person blocks the other too.
   */
  async blockChanged(blockerId: string, blockedId: string): Promise<void> {
    const { blocks, memberships } = this.options.store;
    try {
      if (await blocks.has(blockedId, blockerId)) return;
      if (!await memberships.shareChat(blockerId, blockedId)) return;
      for (const [viewerId, userId] of [[blockerId, blockedId], [blockedId, blockerId]]) {
        const [status] = await this.get(viewerId, [userId]);
        this.options.publisher.toUsers([viewerId], { event: "presence", data: statusView(status) });
      }
    } catch (error) {
      this.options.log.warn("Presence update failed", { userId: blockerId, error });
    }
  }

  /** Number of users whose connects or disconnects are being handled: no other user takes memory. */
  get inProgress(): number {
    return this.#turns.size;
  }

  /**
   * Announces no one: connected users reconnect to another instance, or are announced there after a
   * while.
   */
  close(): void {
    this.#closed = true;
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    this.options.directory.close();
  }

  async #arrive(userId: string): Promise<void> {
    const { directory } = this.options;
    const online = await directory.online([userId]);
    await directory.enter(userId);
    if (online.has(userId)) return;
    await this.#announceOnline(userId);
  }

  async #announceOnline(userId: string): Promise<void> {
    if (!this.options.hub.isConnected(userId)) return;
    const audience = await this.#audience.of(userId);
    const { user } = audience;
    if (user && !isHidden(user)) this.#publish(statusOf(user, true), audience);
  }

  async #leave(userId: string, at: number): Promise<void> {
    if (this.#closed || this.options.hub.isConnected(userId)) return;
    await this.options.directory.leave(userId);
    await this.#announceOffline(userId, at);
  }

  /**
   * An invisible user keeps the `lastSeenAt` of the moment they became invisible. A user whose
   * account was erased in the meantime goes offline like anyone else, and no `lastSeenAt` is
   * stored.
   */
  async #announceOffline(userId: string, at: number): Promise<void> {
    const { store, directory } = this.options;
    if ((await directory.online([userId])).has(userId)) return;
    const before = await store.users.byId(userId);
    if (!before || before.status.state === "invisible") return;
    if (before.deletedAt !== null) return void await this.#announce(before, false);
    const lastSeenAt = Math.max(at, before.lastSeenAt ?? 0);
    await store.users.markSeen(userId, lastSeenAt);
    await this.#announce({ ...before, lastSeenAt }, false);
  }

  /**
   * Another request, on any instance, may change the status meanwhile and be announced before this
   * one: what is announced last has to be what is stored, or a hidden user would be seen.
   */
  async #announceStored(user: User): Promise<{ stored: User; chats: number }> {
    let announced = user;
    let chats = 0;
    for (let i = 0; i < MAX_ANNOUNCEMENTS; i++) {
      chats += await this.#announce(announced, true);
      const stored = await this.options.store.users.byId(user.id);
      if (!stored || isSameStatus(stored, announced)) break;
      announced = stored;
    }
    return { stored: announced, chats };
  }

  /** Returns the number of chats. */
  async #announce(user: User, online: boolean): Promise<number> {
    const audience = await this.#audience.of(user.id);
    this.#publish(statusOf(user, online), audience);
    return audience.chatIds.length;
  }

  #publish(status: Status, { chatIds, exceptUserIds }: Audience): void {
    const event = { event: "presence", data: statusView(status) } as const;
    this.options.publisher.toRooms(chatIds, event, exceptUserIds);
  }

  #inTurn(userId: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(userId) ?? Promise.resolve();
    const turn = before.then(work).catch((error) => {
      this.options.log.warn("Presence update failed", { userId, error });
    }).finally(() => {
      if (this.#turns.get(userId) === turn) this.#turns.delete(userId);
    });
    this.#turns.set(userId, turn);
    return turn;
  }
}

export function statusView({ lastSeenAt, ...status }: Status) {
  return { ...status, lastSeenAt: toTimestampOrNull(lastSeenAt) };
}

function isHidden(user: User): boolean {
  return user.status.state === "invisible" || user.deletedAt !== null;
}

function statusOf(user: User, online: boolean): Status {
  const { id: userId, status, lastSeenHidden } = user;
  const lastSeenAt = lastSeenHidden ? null : user.lastSeenAt;
  if (!online || isHidden(user)) return { userId, state: "offline", text: "", lastSeenAt };
  return { userId, ...status, lastSeenAt };
}

function isSameStatus({ status: a }: User, { status: b }: User): boolean {
  return a.state === b.state && a.text === b.text;
}

function ownStatus({ id: userId, status, lastSeenAt }: User): Status {
  return { userId, ...status, lastSeenAt };
}

function unknownStatus(userId: string): Status {
  return { userId, state: "offline", text: "", lastSeenAt: null };
}
