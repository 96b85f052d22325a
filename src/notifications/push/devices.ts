import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { AppError, notFound } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Caller } from "../../model/caller.ts";
import type { PushAddress, PushDevice } from "../../model/push_device.ts";
import type { Store } from "../../store/store.ts";
import { requirePublicHost, type Resolve } from "../../core/public_lookup.ts";
import { importSubscriptionKeys } from "./web/encryption.ts";
import { parseWebPushEndpoint } from "./web/endpoint.ts";

export interface PushDevicesOptions {
  store: Pick<Store, "pushDevices" | "sessions">;
  clock: Clock;
  limits: { pushDevices: number };
  allowedOrigins: readonly string[];
  resolve?: Resolve;
}

/** The devices that receive pushes while their user is away. */
export class PushDevices {
  constructor(private readonly options: PushDevicesOptions) {}

  /** Apps register again at each start, which renews the row. */
  async register(caller: Caller, address: PushAddress, name: string): Promise<PushDevice> {
    if (address.kind === "web") {
      const url = parseWebPushEndpoint(address.endpoint, this.options.allowedOrigins);
      await importSubscriptionKeys(address);
      if (!this.options.allowedOrigins.includes(url.origin)) {
        await requirePublicHost(
          { url, name: "push endpoint", path: "endpoint" },
          this.options.resolve,
        );
      }
    }
    const { userId, sessionId } = caller;
    const key = keyOf(address);
    const now = this.options.clock.now();
    const times = { createdAt: now, updatedAt: now };
    return await this.#put({ id: newId(), userId, sessionId, key, address, name, ...times });
  }

  /** Leaves out devices whose session has expired: they receive no pushes any more. */
  async list(userId: string): Promise<PushDevice[]> {
    const devices = await this.options.store.pushDevices.ofUser(userId);
    const active = await this.options.store.sessions.activeOf(userId, this.options.clock.now());
    const activeIds = new Set(active.map(({ id }) => id));
    return devices.filter(({ sessionId }) => activeIds.has(sessionId));
  }

  async remove(userId: string, id: string): Promise<void> {
    if (!await this.options.store.pushDevices.remove(userId, id)) throw notFound("push device", id);
  }

  /**
   * Removes devices whose session has ended if the limit is reached; the next push would remove
   * them anyway.
   */
  async #put(device: PushDevice): Promise<PushDevice> {
    const { store: { pushDevices }, limits: { pushDevices: max } } = this.options;
    const first = await pushDevices.put(device, max);
    if (first.outcome !== "full") return first.row;
    await this.#removeEnded(device.userId);
    const second = await pushDevices.put(device, max);
    if (second.outcome === "full") throw tooMany(second.count, max);
    return second.row;
  }

  async #removeEnded(userId: string): Promise<void> {
    const { pushDevices } = this.options.store;
    const activeIds = new Set((await this.list(userId)).map(({ id }) => id));
    for (const { id } of await pushDevices.ofUser(userId)) {
      if (!activeIds.has(id)) await pushDevices.remove(userId, id);
    }
  }
}

function tooMany(count: number, max: number): AppError {
  const message = `Cannot register the device: ${count} of ${max} devices are registered already`;
  return new AppError("conflict", message);
}

function keyOf(address: PushAddress): string {
  const unique = address.kind === "fcm" ? address.token : address.endpoint;
  return createHash("sha256").update(`${address.kind}\n${unique}`).digest("hex");
}
