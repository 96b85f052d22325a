import { fromUtf8, toBase64Url, utf8 } from "../mls/encoding.ts";
import type { Member } from "../mls/suite.ts";
import { Serial } from "../../core/serial.ts";
import type { EncryptionContext } from "./context.ts";
import type { Verification } from "./verification.ts";

interface KnownPerson {
  keys: string[];
  /** True if a key came after the first ones and was not acknowledged yet. */
  changed: boolean;
}

/**
 * The keys of users that this device has seen. The first ones are trusted on first use; later ones
 * are marked, because a server that adds a device of an attacker would show itself in this way.
 */
export class KnownKeys {
  /** A user may be seen in several chats at the same time. */
  readonly #serial = new Serial();

  constructor(
    private readonly context: EncryptionContext,
    private readonly verification: Verification,
    /** Called after the keys of a chat's members may have changed, or what is known of them. */
    private readonly onChange: (chatId?: string) => void,
  ) {}

  async see(chatId: string, members: Member[]): Promise<void> {
    for (const userId of new Set(members.map((member) => member.userId))) {
      const devices = members.filter((member) => member.userId === userId);
      await this.#serial.run(userId, () => this.#seePerson(chatId, userId, devices));
    }
    this.onChange(chatId);
  }

  async hasChanged(userId: string): Promise<boolean> {
    return (await this.#read(userId))?.changed ?? false;
  }

  /** Acknowledges the keys of a user, after comparing safety numbers or without. */
  async acknowledge(userId: string): Promise<void> {
    await this.#serial.run(userId, async () => {
      const known = await this.#read(userId);
      if (known?.changed) await this.#write(userId, { ...known, changed: false });
    });
    this.onChange();
  }

  async #seePerson(chatId: string, userId: string, devices: Member[]): Promise<void> {
    const known = await this.#read(userId);
    const fresh = devices.filter(({ signatureKey }) => {
      return !known?.keys.includes(toBase64Url(signatureKey));
    });
    if (fresh.length === 0) return;
    const keys = [...known?.keys ?? [], ...fresh.map((each) => toBase64Url(each.signatureKey))];
    // This device's key is not news to its owner.
    const { device } = this.context;
    const news = known ? fresh.filter(({ deviceId }) => deviceId !== device.deviceId) : [];
    await this.#write(userId, { keys, changed: news.length > 0 || (known?.changed ?? false) });
    const wasVerified = await this.verification.wasMarked(userId);
    for (const { deviceId } of news) {
      this.context.emit("encryption.keyChange", { userId, deviceId, chatId, wasVerified });
    }
  }

  async #read(userId: string): Promise<KnownPerson | null> {
    const stored = await this.context.store.read(`known/${userId}`);
    return stored ? JSON.parse(fromUtf8(stored)) : null;
  }

  async #write(userId: string, person: KnownPerson): Promise<void> {
    await this.context.store.write({ [`known/${userId}`]: utf8(JSON.stringify(person)) });
  }
}
