import type { OwnToken, OwnTokens } from "../auth/own_tokens.ts";
import type { OwnTokenSessions } from "../auth/own_token_sessions.ts";
import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Store } from "../store/store.ts";
import type { OwnUsers } from "./own_users.ts";
import type { Pictures } from "./pictures.ts";

export interface OwnAuthenticationOptions {
  store: Pick<Store, "users">;
  tokens: OwnTokens;
  sessions: OwnTokenSessions;
  people: OwnUsers;
  pictures: Pictures;
}

/** People whose ids and claims are remembered, so that a request usually reads its session only. */
const MAX_KNOWN = 20_000;

interface Known {
  userId: string;
  name: string | null;
  picture: string | null;
}

/**
 * Signs people in by the customer's tokens. The person appears with the first token, and has the
 * name and the picture of the latest one.
 */
export class OwnAuthentication {
  readonly #known = new Map<string, Known>();

  constructor(private readonly options: OwnAuthenticationOptions) {}

  isOwn(token: string): boolean {
    return this.options.tokens.isOwn(token);
  }

  /** Throws as `OwnTokens.verify` and `OwnTokenSessions.sessionOf` do. */
  async authenticate(token: string, visitor: Visitor): Promise<Caller> {
    const verified = await this.options.tokens.verify(token);
    const userId = await this.#userIdOf(verified, visitor);
    const session = await this.#sessionOf(userId, verified, visitor);
    return {
      ...visitor,
      userId: session.userId,
      sessionId: session.id,
      authenticatedAt: session.authenticatedAt,
      tokenExpiresAt: verified.expiresAt,
    };
  }

  /** Makes another person if the one that is remembered here was erased meanwhile. */
  async #sessionOf(userId: string, token: OwnToken, visitor: Visitor) {
    const { sessions, store } = this.options;
    try {
      return await sessions.sessionOf(userId, token, visitor);
    } catch (error) {
      const isRefused = error instanceof AppError && error.code === "unauthenticated";
      const user = isRefused ? await store.users.byId(userId) : null;
      if (user?.externalId === token.externalId || !isRefused) throw error;
      this.#known.delete(token.externalId);
      return await sessions.sessionOf(await this.#userIdOf(token, visitor), token, visitor);
    }
  }

  async #userIdOf(token: OwnToken, visitor: Visitor): Promise<string> {
    const { externalId, name, picture } = token;
    const known = this.#known.get(externalId);
    if (known && known.name === name && known.picture === picture) return known.userId;
    const { people, pictures } = this.options;
    const fields = name === null ? {} : { name };
    const { user, made } = await people.ensure(visitor, externalId, fields);
    const changed = made ? user : await people.change(visitor, user, fields);
    if (picture !== null) pictures.later(changed, picture);
    this.#remember(externalId, { userId: user.id, name, picture });
    return user.id;
  }

  #remember(externalId: string, known: Known): void {
    this.#known.delete(externalId);
    this.#known.set(externalId, known);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest);
  }
}
