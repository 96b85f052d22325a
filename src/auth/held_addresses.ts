import type { User } from "../model/user.ts";
import { DuplicateKey } from "../store/store.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";

/**
 * An address that an account has just given up is kept for it while the change can be undone, so that
 * nobody who took the account over makes the undoing impossible by opening another one with it.
 */
export class HeldAddresses {
  constructor(private readonly tokens: OneTimeTokens) {}

  /**
   * Keeps the user's present address. False, and nothing is kept, when an earlier one is kept already:
   * of several changes in a row only the first can be undone, since the later ones may be a thief's.
   */
  async hold({ id, emailKey }: User): Promise<boolean> {
    if (await this.tokens.peek("held_email", ofUser(id))) return false;
    await this.release(id);
    try {
      await this.tokens.put("held_email", emailKey, id);
      await this.tokens.put("held_email", ofUser(id), id);
      return true;
    } catch (error) {
      // An expired hold of another account that no cleanup has deleted yet, or a change at the same time.
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }

  async release(userId: string): Promise<void> {
    await this.tokens.deleteForUser(userId, "held_email");
  }

  /** True if the address is kept for another account than `userId`. */
  async isHeld(emailKey: string, userId: string | null = null): Promise<boolean> {
    const held = await this.tokens.peek("held_email", emailKey);
    return held !== null && held.userId !== userId;
  }
}

/** No address: it has no @. */
const ofUser = (userId: string) => `user:${userId}`;
