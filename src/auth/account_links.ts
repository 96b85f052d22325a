import { AppError, fieldError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { OneTimePurpose, OneTimeToken } from "../model/one_time_token.ts";
import type { User } from "../model/user.ts";
import { isCaller } from "../operations/rate_key.ts";
import type { Store } from "../store/store.ts";
import type { OneTimeTokens } from "./one_time_tokens.ts";
import type { SignIn } from "./sign_in.ts";

/** A link of a mail, before it is used up. */
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

  /** Null when the link was used, has expired, or its account is erased. Does not use it up. */
  async peek(purpose: OneTimePurpose, token: string): Promise<FollowedLink | null> {
    const found = await this.tokens.peek(purpose, token);
    const user = found?.userId ? await this.store.users.byId(found.userId) : null;
    return found && user && user.deletedAt === null ? { user, token: found } : null;
  }

  /** Throws `invalid_request` when the link is of no use any more. */
  async follow(purpose: OneTimePurpose, token: string): Promise<FollowedLink> {
    const followed = await this.peek(purpose, token);
    if (!followed) throw overOrUsed();
    return followed;
  }

  /**
   * A link proves who reads the mailbox and not whose the account is. Throws `unauthenticated` unless it
   * is followed in a session of the account, or with its password; returns the account as it was then.
   */
  async requireOwner(
    visitor: Visitor | Caller,
    user: User,
    { password, action }: { password?: string; action: string },
  ): Promise<User> {
    if (isCaller(visitor) && visitor.userId === user.id) return user;
    if (password === undefined) {
      const about =
        `${action}: sign in to the account ${user.username} first, or give its password`;
      throw fieldError("unauthenticated", "password", about);
    }
    try {
      return await this.signIn.checkPassword(visitor, user, password);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "unauthenticated") throw error;
      throw fieldError("unauthenticated", "password", `${action}: the password is wrong`);
    }
  }
}

export function overOrUsed(): AppError {
  const about = "Following the link: it was used before or has expired";
  return fieldError("invalid_request", "token", about);
}
