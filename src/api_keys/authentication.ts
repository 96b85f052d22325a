import { AppError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Clock } from "../core/clock.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import { suspensionAt, type User } from "../model/user.ts";
import { ACT_AS_HEADER } from "../operations/key_access.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { OwnAuthentication } from "../own_users/own_authentication.ts";
import type { Store } from "../store/store.ts";
import type { ApiKeys } from "./api_keys.ts";
import { looksLikeKey } from "./key_token.ts";

const EXTERNAL = "ext:";

export interface AuthenticationOptions {
  store: Pick<Store, "users" | "bots">;
  sessions: Pick<Sessions, "authenticate">;
  keys: Pick<ApiKeys, "authenticate">;
  /** Null if the customer makes no tokens. */
  own: OwnAuthentication | null;
  clock: Clock;
}

/**
 * Tells who calls: a person by the access token of a session or by a token of the customer, or a
 * server by its API key.
 */
export class Authentication {
  constructor(private readonly options: AuthenticationOptions) {}

  /**
   * `actAs` names the person in whose name a server acts: by id, or by `ext:` and the external id.
   * Throws `unauthenticated` and `token_expired` as sessions do, and `invalid_request` if `actAs`
   * names no user.
   */
  async authenticate(
    token: string,
    visitor: Visitor,
    actAs: string | null = null,
  ): Promise<Caller | ServerCaller> {
    if (looksLikeKey(token)) {
      const server = await this.options.keys.authenticate(token, visitor);
      return actAs === null ? server : await this.#actingAs(server, actAs);
    }
    if (actAs === null) return await this.authenticatePerson(token, visitor);
    throw new AppError(
      "invalid_request",
      `Cannot act as another: ${ACT_AS_HEADER} needs an API key`,
    );
  }

  /** For sockets, which belong to a person: throws `unauthenticated` for an API key. */
  async authenticatePerson(token: string, visitor: Visitor): Promise<Caller> {
    const { sessions, own } = this.options;
    if (own?.isOwn(token)) return await own.authenticate(token, visitor);
    if (!looksLikeKey(token)) return await sessions.authenticate(token, visitor);
    const message = "Cannot connect: an API key calls over REST; a socket needs a person's token";
    throw new AppError("unauthenticated", message);
  }

  /** The person has no session here, so nothing that concerns a session can be done. */
  async #actingAs(server: ServerCaller, actAs: string): Promise<Caller> {
    const user = await this.#userOf(actAs);
    if (!user || user.deletedAt !== null) throw invalid(`there is no user ${quote(actAs)}`);
    if (suspensionAt(user, this.options.clock.now())) {
      throw new AppError("forbidden", `Cannot act as ${quote(actAs)}: the account is suspended`);
    }
    if (user.isBot && await this.#hasEnded(user.id)) {
      throw new AppError("forbidden", `Cannot act as ${quote(actAs)}: the bot has ended`);
    }
    const times = { authenticatedAt: 0, tokenExpiresAt: Infinity };
    return { ...server, userId: user.id, sessionId: "", ...times };
  }

  async #hasEnded(botId: string): Promise<boolean> {
    const bot = await this.options.store.bots.byId(botId);
    return bot !== null && bot.endedAt !== null;
  }

  async #userOf(actAs: string): Promise<User | null> {
    const { users } = this.options.store;
    if (actAs.startsWith(EXTERNAL)) return await users.byExternalId(actAs.slice(EXTERNAL.length));
    if (isId(actAs)) return await users.byId(actAs);
    throw invalid(`it must be the id of a user, or ${EXTERNAL} and an external id`);
  }
}

function invalid(reason: string): AppError {
  return new AppError("invalid_request", `Cannot read ${ACT_AS_HEADER}: ${reason}`);
}
