import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/ids.ts";
import { timeSlices } from "../../core/work_budget.ts";
import { defaultSettings, type NotificationSettings } from "../../model/notification.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { PushDevice } from "../../model/push_device.ts";
import type { Store } from "../../store/store.ts";
import type { PushCandidate } from "../recipient_resolver.ts";
import { isQuiet } from "../quiet_hours.ts";

/** Tells which users have a connection that delivers the event anyway. */
export interface Connected {
  /** True if the user is connected to this instance right now. */
  here(userId: string): boolean;
  /**
   * Returns the users connected to any instance, as far as known; may include users who just
   * disconnected.
   */
  anywhere(userIds: string[]): Promise<Set<string>>;
}

export interface AudienceOptions {
  store: Pick<Store, "pushDevices" | "sessions" | "notifications" | "users">;
  connected: Connected;
  clock: Clock;
  /** Milliseconds for which a user who has disconnected still counts as connected. */
  graceMs: number;
}

/** A user who is away, the push that their devices are to show, and the devices. */
export interface Recipient {
  candidate: PushCandidate;
  devices: PushDevice[];
  settings: NotificationSettings;
}

export interface Audience {
  recipients: Recipient[];
  /** Entries by which users who may be about to disconnect are checked again. */
  later: OutboxEntry[];
}

/** Finds the users with devices who are away and not in quiet hours. */
export class PushAudience {
  constructor(private readonly options: AudienceOptions) {}

  async of(showings: readonly PushCandidate[]): Promise<Audience> {
    const { store, connected, clock } = this.options;
    const devicesOf = await this.#devicesOf(showings.map(({ userId }) => userId));
    const owners = [...devicesOf.keys()];
    if (owners.length === 0) return { recipients: [], later: [] };
    const [online, away] = await Promise.all([connected.anywhere(owners), this.#away(owners)]);
    const settings = new Map(
      (await store.notifications.settingsOf(owners)).map((row) => [row.userId, row]),
    );
    const named = new Map(showings.map(({ entry }) => [entry, new Set(entry.deviceIds)]));
    const recipients: Recipient[] = [];
    const leaving: Recipient[] = [];
    for (const candidate of showings) {
      const { userId, kind, entry } = candidate;
      const devices = (devicesOf.get(userId) ?? []).filter(({ id }) =>
        entry.deviceIds === null || named.get(entry)!.has(id)
      );
      const own = settings.get(userId) ?? defaultSettings(userId);
      if (devices.length === 0 || own.off.includes(kind)) continue;
      if (isQuiet(own.quietHours, clock.now())) continue;
      const recipient = { candidate, devices, settings: own };
      if (away.has(userId)) recipients.push(recipient);
      else if (connected.here(userId)) continue;
      else if (!online.has(userId)) recipients.push(recipient);
      else if (entry.deviceIds === null) leaving.push(recipient);
    }
    return { recipients, later: this.#checkAgain(leaving) };
  }

  /** Returns the users whose status is away, although one of their clients may be connected. */
  async #away(userIds: string[]): Promise<Set<string>> {
    const users = await this.options.store.users.byIds(userIds);
    return new Set(users.filter(({ status }) => status.state === "away").map(({ id }) => id));
  }

  /** Grouped by user; devices whose session has ended are removed. */
  async #devicesOf(userIds: string[]): Promise<Map<string, PushDevice[]>> {
    const { store, clock } = this.options;
    const found = userIds.length === 0 ? [] : await store.pushDevices.ofUsers(userIds);
    const pause = timeSlices();
    const alive: PushDevice[] = [];
    for (const device of found) {
      const session = await store.sessions.byId(device.sessionId);
      if (session && session.endedAt === null && session.expiresAt > clock.now()) {
        alive.push(device);
      } else await store.pushDevices.remove(device.userId, device.id);
      await pause();
    }
    return Map.groupBy(alive, ({ userId }) => userId);
  }

  /**
   * A user who closed the app a moment ago counts as connected until the grace period ends. Creates
   * one entry per event, not per user, because processing an entry reads all members of the chat.
   */
  #checkAgain(leaving: readonly Recipient[]): OutboxEntry[] {
    const dueAt = this.options.clock.now() + this.options.graceMs + 500;
    const groups = Map.groupBy(leaving, ({ candidate }) => candidate.event);
    return [...groups].map(([event, group]) => {
      const [{ candidate: { entry } }] = group;
      const deviceIds = group.flatMap(({ devices }) => devices.map(({ id }) => id));
      return { ...entry, id: newId(), occurrences: [event], deviceIds, dueAt };
    });
  }
}
