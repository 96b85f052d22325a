import { DuplicateKey } from "../store/store.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";

/**
 * Keeps an address or a username that an account has just given up reserved for a time.
 *
 * An address is held while the change can be undone, so that an attacker who took over the account
 * cannot prevent the undo by opening another account with it. A username is held so that no one
 * takes it at once to pass for the person who was known by it.
 */
export class HeldKeys {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly purpose: "held_email" | "held_username",
  ) {}

  /**
   * Reserves a key of the user. Returns false, and reserves nothing, if an earlier one is still
   * reserved: of several changes in a row only the first address can be undone, because the later
   * ones may be an attacker's, and no account may keep many names from others.
   */
  async hold(userId: string, key: string): Promise<boolean> {
    if (await this.tokens.peek(this.purpose, ofUser(userId))) return false;
    await this.release(userId);
    try {
      await this.tokens.put(this.purpose, key, userId);
      await this.tokens.put(this.purpose, ofUser(userId), userId);
      return true;
    } catch (error) {
      // An expired hold of another account, not yet cleaned up, or a concurrent change.
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }

  /** Reserves the key of an account that is erased, without a trace of the account. */
  async holdErased(key: string): Promise<void> {
    try {
      await this.tokens.put(this.purpose, key, null);
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
    }
  }

  async release(userId: string): Promise<void> {
    await this.tokens.deleteForUser(userId, this.purpose);
  }

  /** True if the key is reserved for an account other than `userId`. */
  async isHeld(key: string, userId: string | null = null): Promise<boolean> {
    const held = await this.tokens.peek(this.purpose, key);
    return held !== null && (held.userId === null || held.userId !== userId);
  }
}

/**
 * Key of a user's reservation. Cannot be an address or a name: neither is a word, a colon and an
 * id.
 */
const ofUser = (userId: string) => `user:${userId}`;
