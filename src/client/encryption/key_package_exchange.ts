import { delay } from "../../core/delay.ts";
import { ChatError, isPassing } from "../chat_error.ts";
import type { NewDevice } from "../mls/staged_commit.ts";
import type { EncryptionContext } from "./context.ts";

/** Number of key packages on the server up to which they are replenished. */
const FULL = 30;
const LOW = 15;
/** Maximum wait in milliseconds for a rate limit before a user is left out. */
const MAX_WAIT_MS = 5_000;

/** Hands out this device's key packages through the server, and claims those of others. */
export class KeyPackageExchange {
  constructor(private readonly context: EncryptionContext) {}

  async topUp(): Promise<void> {
    const { device, call } = this.context;
    const { deviceId } = device;
    const { remaining } = await call("keyPackage.upload", { deviceId });
    if (remaining >= LOW) return;
    await device.pruneKeyPackages();
    const keyPackages = await device.createKeyPackages(FULL - remaining);
    const lastResort = await device.createLastResort();
    await call("keyPackage.upload", { deviceId, keyPackages, lastResort });
  }

  /** Claims one for each device of these users; throws `conflict` if one of them has no device. */
  async claim(userIds: string[]): Promise<NewDevice[]> {
    const claimed = await Promise.all(userIds.map((userId) => this.claimOf(userId)));
    const without = userIds.find((_, i) => claimed[i].length === 0);
    if (without === undefined) return claimed.flat();
    throw new ChatError("conflict", `User ${without} has no device for encrypted chats`);
  }

  async claimOf(userId: string, deviceIds?: string[]): Promise<NewDevice[]> {
    const { items } = await this.context.call("keyPackage.claim", { userId, deviceIds });
    return items.map((each) => ({ userId, ...each }));
  }

  /**
   * Claims one for each device of these users that has any. Users of whom nothing can be claimed
   * are left out (they have blocked the caller, erased their account, or reached a limit): their
   * devices join by themselves.
   */
  async claimAvailable(userIds: string[]): Promise<NewDevice[]> {
    const claimed: NewDevice[] = [];
    // Sequential: a large group has more users than may be asked for at once.
    for (const userId of userIds) {
      try {
        claimed.push(...await this.#claimSoon(userId));
      } catch (error) {
        const isLeftOut = error instanceof ChatError &&
          (error.code === "rate_limited" || !isPassing(error));
        if (!isLeftOut) throw error;
      }
    }
    return claimed;
  }

  /** Waits for a rate limit that allows another claim within seconds. */
  async #claimSoon(userId: string): Promise<NewDevice[]> {
    for (;;) {
      try {
        return await this.claimOf(userId);
      } catch (error) {
        const { code, retryAfterMs: waitMs = Infinity } = error as ChatError;
        if (code !== "rate_limited" || waitMs > MAX_WAIT_MS) throw error;
        await delay(waitMs);
      }
    }
  }

  /** Claims those of the caller's other devices. */
  async claimOwn(): Promise<NewDevice[]> {
    const { items } = await this.context.call("device.list", {});
    const { device, userId } = this.context;
    const others = items.map(({ id }) => id).filter((id) => id !== device.deviceId);
    return others.length === 0 ? [] : await this.claimOf(userId, others);
  }
}
