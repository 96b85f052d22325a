import { AppError, fieldError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";
import type { User } from "../model/user.ts";
import { isCaller } from "../operations/rate_key.ts";
import type { Store } from "../store/store.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { SignIn } from "./sign_in.ts";

/** A mailed link that is valid and not yet used. */
export interface FollowedLink {
  user: User;
  token: OneTimeToken;
}

/** Finds the account that a mailed link belongs to, and checks whether the caller owns it. */
export class AccountLinks {
  constructor(
    private readonly store: Pick<Store, "users">,
    private readonly tokens: OneTimeTokens,
    private readonly signIn: SignIn,
  ) {}

  /**
   * Returns null if the link was used or has expired, or if its account is erased. Does not use up
   * the link.
   */
  async peek(purpose: OneTimePurpose, token: string): Promise<FollowedLink | null> {
    const found = await this.tokens.peek(purpose, token);
    const user = found?.userId ? await this.store.users.byId(found.userId) : null;
    return found && user && user.deletedAt === null ? { user, token: found } : null;
  }

  /** Throws `invalid_request` if the link was used or has expired. */
  async follow(purpose: OneTimePurpose, token: string): Promise<FollowedLink> {
    const followed = await this.peek(purpose, token);
    if (!followed) throw linkExpired();
    return followed;
  }

  /**
   * A link proves access to the mailbox, not ownership of the account. Throws `unauthenticated`
   * unless the link is followed in a session of the account or together with its password. Returns
   * the account as it was at that moment.
   */
  async requireOwner(
    visitor: Visitor | Caller,
    user: User,
    { password, action }: { password?: string; action: string },
  ): Promise<User> {
    if (isCaller(visitor) && visitor.userId === user.id) return user;
    if (password === undefined) {
      const message =
        `${action}: sign in to the account ${user.username} first, or give its password`;
      throw fieldError("unauthenticated", "password", message);
    }
    try {
      return await this.signIn.checkPassword(visitor, user, password);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "unauthenticated") throw error;
      throw fieldError("unauthenticated", "password", `${action}: the password is wrong`);
    }
  }
}

export function linkExpired(): AppError {
  const message = "Cannot follow the link: it was used before or has expired";
  return fieldError("invalid_request", "token", message);
}
