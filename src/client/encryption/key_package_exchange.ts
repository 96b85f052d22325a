import { ChatError } from "../chat_error.ts";
import type { NewDevice } from "../mls/staged_commit.ts";
import type { EncryptionContext } from "./context.ts";

/** Key packages that wait on the server, after they were topped up, and when they are. */
const FULL = 30;
const LOW = 15;

/** Hands out this device's key packages, by way of the server, and claims those of others. */
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

  /** One for each device of these people; `conflict` when one of them has no device. */
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

  /** Of the caller's other devices. */
  async claimOwn(): Promise<NewDevice[]> {
    const { items } = await this.context.call("device.list", {});
    const { device, userId } = this.context;
    const others = items.map(({ id }) => id).filter((id) => id !== device.deviceId);
    return others.length === 0 ? [] : await this.claimOf(userId, others);
  }
}
