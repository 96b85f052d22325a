import type { ProfileView } from "../api/views/user.ts";
import { ChatError } from "./chat_error.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { Rest } from "./rest.ts";
import { fromUtf8, utf8 } from "./utf8.ts";

interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Seconds. */
  expiresIn: number;
}

interface StoredSession {
  user: ProfileView;
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since 1970, by this device's clock. */
  expiresAt: number;
}

const NAME = "session";
/** The token by which the server knows this device; it outlives sessions. */
const DEVICE = "device";
/** A token this close to its end is exchanged first, or it might end under way. */
const MARGIN_MS = 30_000;
/** Waits before a refresh whose answer was lost is repeated. */
const REPEAT_AFTER_MS = [200, 1_000];

/**
 * Who is signed in, with tokens that renew themselves. However many calls wait for a new token, it is
 * asked for once: a refresh token works once, and its reuse would end the session. Tabs that share a
 * storage take turns, where the platform has Web Locks.
 */
export class SignIn {
  #session: StoredSession | null = null;
  #refreshing: Promise<string> | null = null;
  /** Who signed in first. */
  #person: string | null = null;

  constructor(
    private readonly rest: Rest,
    private readonly storage: KeyStore,
    /** Told that the session is over, for whatever reason. */
    private readonly onEnd: () => void,
  ) {}

  get user(): ProfileView | null {
    return this.#session?.user ?? null;
  }

  /** Whose client this is, signed in or no longer. */
  get personId(): string {
    if (this.#person !== null) return this.#person;
    throw new ChatError("signed_out", "Nobody is signed in");
  }

  /** Takes what is newer of the person who is signed in. */
  update(user: Partial<ProfileView> & { id: string }): void {
    if (this.#session?.user.id !== user.id) return;
    this.#session = { ...this.#session, user: { ...this.#session.user, ...user } };
  }

  /** Takes up the session of an earlier run; null when there is none. */
  async resume(): Promise<ProfileView | null> {
    const stored = await this.#read();
    if (stored) this.#check(stored.user);
    this.#session = stored;
    return this.user;
  }

  async begin(
    pair: TokenPair & { user: ProfileView; deviceToken?: string },
  ): Promise<ProfileView> {
    this.#check(pair.user);
    await this.#keep(pair, pair.user);
    if (pair.deviceToken) await this.storage.write({ [DEVICE]: utf8(pair.deviceToken) });
    return pair.user;
  }

  /** As the last sign-in on this device gave it; sent with the next, it keeps that from being shut out. */
  async deviceToken(): Promise<string | undefined> {
    const bytes = await this.storage.read(DEVICE);
    return bytes ? fromUtf8(bytes) : undefined;
  }

  /** Forgets the session here; the server is told by `auth.logout`. */
  async end(): Promise<void> {
    if (this.#session === null) return;
    this.#session = null;
    try {
      await this.storage.write({ [NAME]: null });
    } finally {
      this.onEnd();
    }
  }

  /** What `action` makes of a token; once more with a newer one, if the server takes it no longer. */
  async withToken<T>(action: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token();
    try {
      return await action(token);
    } catch (error) {
      if (!isStaleToken(error)) throw error;
      return await action(await this.refresh(token));
    }
  }

  /** A token that works now; `signed_out` if there is none to be had. */
  async token(): Promise<string> {
    const session = this.#session;
    if (session === null) throw new ChatError("signed_out", "Nobody is signed in");
    if (Date.now() < session.expiresAt - MARGIN_MS) return session.accessToken;
    return await this.refresh(session.accessToken);
  }

  /** A newer token than `stale`; one that another call has fetched meanwhile will do. */
  async refresh(stale: string): Promise<string> {
    if (this.#refreshing) return await this.#refreshing;
    if (this.#session && this.#session.accessToken !== stale) return this.#session.accessToken;
    this.#refreshing = this.#alone(() => this.#exchange(stale));
    try {
      return await this.#refreshing;
    } finally {
      this.#refreshing = null;
    }
  }

  async #exchange(stale: string): Promise<string> {
    // Another tab may have done it already.
    const stored = await this.#read();
    const session = this.#session;
    if (session === null) throw new ChatError("signed_out", "Nobody is signed in");
    if (stored && stored.user.id !== session.user.id) {
      this.#session = null;
      this.onEnd();
      throw new ChatError("signed_out", "Somebody else has signed in in another tab");
    }
    if (stored && stored.accessToken !== stale) {
      this.#session = stored;
      return stored.accessToken;
    }
    try {
      const pair = await this.#refreshPair(session.refreshToken);
      await this.#keep(pair, session.user);
      return pair.accessToken;
    } catch (error) {
      if (!isEnd(error)) throw error;
      await this.end();
      throw new ChatError("signed_out", "The session has ended: sign in again", { cause: error });
    }
  }

  /**
   * The server may have exchanged the token although its answer was lost. It then gives the same pair
   * again for 30 s, so the call is repeated soon, and not only when somebody next needs a token.
   */
  async #refreshPair(refreshToken: string): Promise<TokenPair> {
    for (const delayMs of REPEAT_AFTER_MS) {
      try {
        return await this.rest.call("auth.refresh", { refreshToken });
      } catch (error) {
        if (!isLost(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    return await this.rest.call("auth.refresh", { refreshToken });
  }

  async #keep({ accessToken, refreshToken, expiresIn }: TokenPair, user: ProfileView) {
    const expiresAt = Date.now() + expiresIn * 1000;
    this.#session = { user, accessToken, refreshToken, expiresAt };
    await this.storage.write({ [NAME]: utf8(JSON.stringify(this.#session)) });
  }

  /** What cannot be read is no session: the person signs in again. */
  async #read(): Promise<StoredSession | null> {
    const bytes = await this.storage.read(NAME);
    try {
      return bytes ? JSON.parse(fromUtf8(bytes)) : null;
    } catch {
      return null;
    }
  }

  /** All that the client holds is one person's, and must not be seen or sent as somebody else. */
  #check({ id }: ProfileView): void {
    this.#person ??= id;
    if (this.#person === id) return;
    throw new ChatError("conflict", "This client is another person's: make a new one");
  }

  #alone<T>(action: () => Promise<T>): Promise<T> {
    const { locks } = globalThis.navigator ?? {};
    return locks ? locks.request("realtimechat session", action) as Promise<T> : action();
  }
}

function isStaleToken(error: unknown): boolean {
  return error instanceof ChatError && ["unauthenticated", "token_expired"].includes(error.code);
}

function isLost(error: unknown): boolean {
  return error instanceof ChatError && (error.code === "offline" || error.code === "bad_answer");
}

function isEnd(error: unknown): boolean {
  if (!(error instanceof ChatError)) return false;
  return ["unauthenticated", "token_expired", "account_suspended"].includes(error.code);
}
