import type { User } from "../model/user.ts";
import { DuplicateKey } from "../store/store.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";

/**
 * Keeps an address that an account has just given up reserved while the change can be undone, so
 * that an attacker who took over the account cannot prevent the undo by opening another account
 * with it.
 */
export class HeldAddresses {
  constructor(private readonly tokens: OneTimeTokens) {}

  /**
   * Reserves the user's current address. Returns false, and reserves nothing, if an earlier address
   * is still reserved: of several changes in a row only the first can be undone, because the later
   * ones may be an attacker's.
   */
  async hold({ id, emailKey }: User): Promise<boolean> {
    if (await this.tokens.peek("held_email", ofUser(id))) return false;
    await this.release(id);
    try {
      await this.tokens.put("held_email", emailKey, id);
      await this.tokens.put("held_email", ofUser(id), id);
      return true;
    } catch (error) {
      // An expired hold of another account, not yet cleaned up, or a concurrent change.
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }

  async release(userId: string): Promise<void> {
    await this.tokens.deleteForUser(userId, "held_email");
  }

  /** True if the address is reserved for an account other than `userId`. */
  async isHeld(emailKey: string, userId: string | null = null): Promise<boolean> {
    const held = await this.tokens.peek("held_email", emailKey);
    return held !== null && held.userId !== userId;
  }
}

/** Key of a user's reservation. Cannot be an address, because it contains no @. */
const ofUser = (userId: string) => `user:${userId}`;
