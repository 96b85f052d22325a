import { createHash } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { AppError, notFound } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Caller } from "../../model/caller.ts";
import type { PushAddress, PushDevice } from "../../model/push_device.ts";
import type { Store } from "../../store/store.ts";
import { requirePublicHost, type Resolve } from "../../core/public_lookup.ts";
import { Serial } from "../../core/serial.ts";
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
  /** One device of a user after another, or those at the same time would pass the limit. */
  readonly #registering = new Serial();

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
    return await this.#registering.run(userId, async () => {
      const isOwn = await this.#makeRoom(userId, key);
      const [createdAt, updatedAt] = [this.options.clock.now(), this.options.clock.now()];
      const device = { id: newId(), userId, sessionId, key, address, name, createdAt, updatedAt };
      const put = await this.options.store.pushDevices.put(device);
      if (!isOwn) await this.#requireRoom(put);
      return put;
    });
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
   * them anyway. Returns true if the device is registered already.
   */
  async #makeRoom(userId: string, key: string): Promise<boolean> {
    const { pushDevices, sessions } = this.options.store;
    const devices = await pushDevices.ofUser(userId);
    const max = this.options.limits.pushDevices;
    if (devices.some((device) => device.key === key)) return true;
    if (devices.length < max) return false;
    const active = await sessions.activeOf(userId, this.options.clock.now());
    const activeIds = new Set(active.map(({ id }) => id));
    const over = devices.filter(({ sessionId }) => !activeIds.has(sessionId));
    for (const { id } of over) await pushDevices.remove(userId, id);
    const left = devices.length - over.length;
    if (left < max) return false;
    throw tooMany(left, max);
  }

  /** Counts again: another instance may have registered one meanwhile. */
  async #requireRoom({ id, userId }: PushDevice): Promise<void> {
    const { store: { pushDevices }, limits: { pushDevices: max } } = this.options;
    if ((await pushDevices.ofUser(userId)).length <= max) return;
    await pushDevices.remove(userId, id);
    throw tooMany(max, max);
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
