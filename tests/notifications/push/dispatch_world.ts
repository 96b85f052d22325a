import { type LogFields, silentLog } from "../../../src/core/log.ts";
import type { Chat } from "../../../src/model/chat.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { PushDevice } from "../../../src/model/push_device.ts";
import type { Session } from "../../../src/model/session.ts";
import type { ShownPush } from "../../../src/model/shown_push.ts";
import { PushDispatch } from "../../../src/notifications/push/dispatch.ts";
import type { Push, PushResult, PushTarget } from "../../../src/notifications/push/sender.ts";
import type { PushCandidate } from "../../../src/notifications/recipient_resolver.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite_store.ts";
import { aPushDevice, aSession, T0 } from "../../contract/store/rows.ts";

export const GRACE_MS = 100;

/**
 * A store of devices, a push service that accepts everything at first, and the set of connected
 * users.
 */
export class DispatchWorld implements AsyncDisposable {
  /** The push service's result for all later pushes; a promise holds them back. */
  result: PushResult | Promise<PushResult> = { outcome: "delivered" };
  /** The results for some devices, by their token. */
  readonly resultOf = new Map<string, PushResult>();
  readonly warnings: [message: string, fields?: LogFields][] = [];
  readonly sentTo: PushTarget[] = [];
  readonly pushes: Push[] = [];
  /** Pushes that devices were reported to show. */
  readonly shown: ShownPush[] = [];
  readonly online = new Set<string>();
  /** Users connected to this instance, whatever the directory says. */
  readonly here = new Set<string>();
  readonly store = new SqliteStore(":memory:");
  readonly dispatch: PushDispatch;
  badge = 0;
  chatReads = 0;

  constructor(options: { roundMs?: number } = {}) {
    this.dispatch = new PushDispatch({
      ...options,
      store: this.store,
      sender: {
        send: (target, push) => {
          this.sentTo.push(target);
          this.pushes.push(push);
          const own = target.kind === "fcm" ? this.resultOf.get(target.token) : undefined;
          return Promise.resolve(own ?? this.result);
        },
      },
      connected: {
        here: (userId) => this.here.has(userId),
        anywhere: (userIds) => Promise.resolve(new Set(userIds).intersection(this.online)),
      },
      unread: { badge: () => Promise.resolve(this.badge) },
      clock: { now: () => T0 },
      log: { ...silentLog, warn: (...line) => void this.warnings.push(line) },
      graceMs: GRACE_MS,
      observe() {},
      onShown: (rows) => Promise.resolve(void this.shown.push(...rows)),
    });
  }

  /** Creates a user's device, registered by a session with these fields. */
  async device(fields: Partial<Session> = {}): Promise<PushDevice> {
    const session = aSession(fields);
    await this.store.sessions.create(session);
    const { id: sessionId, userId } = session;
    const device = aPushDevice({ sessionId, userId });
    await this.store.pushDevices.put(device, Infinity);
    return device;
  }

  showChat(chat: Chat | null, showings: readonly PushCandidate[]): Promise<OutboxEntry[]> {
    return this.dispatch.showChat(() => {
      this.chatReads++;
      return Promise.resolve(chat);
    }, showings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
