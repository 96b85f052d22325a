import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/ids.ts";
import { timeSlices } from "../../core/time_slices.ts";
import { defaultSettings, type NotificationSettings } from "../../model/notification.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { PushDevice } from "../../model/push_device.ts";
import type { Store } from "../../store/store.ts";
import type { PushCandidate } from "../recipient_resolver.ts";
import { isQuiet } from "../quiet_hours.ts";

/** Who has a connection that will hear it anyway. */
export interface Connected {
  /** To this instance, right now. */
  here(userId: string): boolean;
  /** To any instance, as far as is known; those who left a moment ago may still be among them. */
  anywhere(userIds: string[]): Promise<Set<string>>;
}

export interface AudienceOptions {
  store: Pick<Store, "pushDevices" | "sessions" | "notifications" | "users">;
  connected: Connected;
  clock: Clock;
  /** How long a person who has left counts as connected, in milliseconds. */
  graceMs: number;
}

/** A person who is away, what their devices are to show, and the devices. */
export interface Recipient {
  showing: PushCandidate;
  devices: PushDevice[];
  settings: NotificationSettings;
}

export interface Audience {
  recipients: Recipient[];
  /** Entries by which those who may just be leaving are looked at again. */
  later: OutboxEntry[];
}

/** Finds the people with devices who are away, and awake. */
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
    for (const showing of showings) {
      const { userId, kind, entry } = showing;
      const devices = (devicesOf.get(userId) ?? []).filter(({ id }) =>
        entry.deviceIds === null || named.get(entry)!.has(id)
      );
      const own = settings.get(userId) ?? defaultSettings(userId);
      if (devices.length === 0 || own.off.includes(kind)) continue;
      if (isQuiet(own.quietHours, clock.now())) continue;
      const recipient = { showing, devices, settings: own };
      if (away.has(userId)) recipients.push(recipient);
      else if (connected.here(userId)) continue;
      else if (!online.has(userId)) recipients.push(recipient);
      else if (entry.deviceIds === null) leaving.push(recipient);
    }
    return { recipients, later: this.#lookAgain(leaving) };
  }

  /** People who say that they are away, although a client of theirs may be connected. */
  async #away(userIds: string[]): Promise<Set<string>> {
    const users = await this.options.store.users.byIds(userIds);
    return new Set(users.filter(({ status }) => status.state === "away").map(({ id }) => id));
  }

  /** By person; devices whose session is over are removed. */
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
   * Someone who closed the app a moment ago counts as there until the grace is over. One entry for
   * each occurrence, however many people it is about: each entry reads all members of the chat.
   */
  #lookAgain(leaving: readonly Recipient[]): OutboxEntry[] {
    const dueAt = this.options.clock.now() + this.options.graceMs + 500;
    const groups = Map.groupBy(leaving, ({ showing }) => showing.occurrence);
    return [...groups].map(([occurrence, group]) => {
      const [{ showing: { entry } }] = group;
      const deviceIds = group.flatMap(({ devices }) => devices.map(({ id }) => id));
      return { ...entry, id: newId(), occurrences: [occurrence], deviceIds, dueAt };
    });
  }
}
