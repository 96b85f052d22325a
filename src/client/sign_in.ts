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

/** See `ChatClientOptions.token`. */
export interface TokenSource {
  token?: () => Promise<string | null> | string | null;
  timeoutMs: number;
}

const NAME = "session";
/** Name of the token by which the server recognizes this device; it outlives sessions. */
const DEVICE = "device";
/**
 * Milliseconds before its expiry at which a token is replaced; otherwise it might expire in
 * transit.
 */
const MARGIN_MS = 30_000;
/** Milliseconds to wait before a refresh whose response was lost is repeated. */
const REPEAT_AFTER_MS = [200, 1_000];

/**
 * The signed-in user, with tokens that renew themselves. However many calls wait for a new token,
 * it is requested once: a refresh token works once, and its reuse would end the session. Tabs that
 * share a storage take turns, if the platform has Web Locks.
 */
export class SignIn {
  #session: StoredSession | null = null;
  /** The last token of the app's own sign-in. */
  #ownToken: string | undefined;
  #isOver = false;
  #refreshing: Promise<string> | null = null;
  /** The user who signed in first. */
  #person: string | null = null;

  constructor(
    private readonly rest: Rest,
    private readonly storage: KeyStore,
    /** Called when the session is over, for any reason. */
    private readonly onEnd: () => void,
    private readonly source: TokenSource = { timeoutMs: 0 },
  ) {}

  get user(): ProfileView | null {
    return this.#session?.user ?? null;
  }

  /** The user of this client, signed in or no longer. */
  get personId(): string {
    if (this.#person !== null) return this.#person;
    throw new ChatError("signed_out", "Nobody is signed in");
  }

  /** Updates the profile of the signed-in user. */
  update(user: Partial<ProfileView> & { id: string }): void {
    if (this.#session?.user.id !== user.id) return;
    this.#session = { ...this.#session, user: { ...this.#session.user, ...user } };
  }

  /** Resumes the session of an earlier run; null if there is none. */
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

  /**
   * Returns the device token of the last sign-in; sent with the next one, it keeps this device from
   * being locked out.
   */
  async deviceToken(): Promise<string | undefined> {
    const bytes = await this.storage.read(DEVICE);
    return bytes ? fromUtf8(bytes) : undefined;
  }

  /** Deletes the session here; `auth.logout` ends it on the server. */
  async end(): Promise<void> {
    if (this.#session === null && (!this.source.token || this.#isOver)) return;
    this.#session = null;
    this.#isOver = true;
    try {
      await this.storage.write({ [NAME]: null });
    } finally {
      this.onEnd();
    }
  }

  /**
   * Returns the result of `action` with a token; if the server refuses the token, once more with a
   * newer one.
   */
  async withToken<T>(action: (token: string) => Promise<T>): Promise<T> {
    const token = await this.token();
    try {
      return await action(token);
    } catch (error) {
      if (!isStaleToken(error)) throw error;
      return await action(await this.refresh(token));
    }
  }

  /** Returns a token for a new connection; with tokens of the app's own, always a new one. */
  async connectionToken(stale?: string): Promise<string> {
    if (this.source.token) return await this.refresh(this.#ownToken ?? "");
    return stale ? await this.refresh(stale) : await this.token();
  }

  /** Returns a valid token; throws `signed_out` if there is none. */
  async token(): Promise<string> {
    if (this.source.token) return this.#ownToken ?? await this.refresh("");
    const session = this.#session;
    if (session === null) throw new ChatError("signed_out", "Nobody is signed in");
    if (Date.now() < session.expiresAt - MARGIN_MS) return session.accessToken;
    return await this.refresh(session.accessToken);
  }

  /**
   * Returns a newer token than `stale`, possibly one that another call has fetched in the meantime.
   */
  async refresh(stale: string): Promise<string> {
    if (this.#refreshing) return await this.#refreshing;
    const { token } = this.source;
    const newest = token ? this.#ownToken : this.#session?.accessToken;
    if (newest !== undefined && newest !== stale) return newest;
    this.#refreshing = token ? this.#ask(token) : this.#alone(() => this.#exchange(stale));
    try {
      return await this.#refreshing;
    } finally {
      this.#refreshing = null;
    }
  }

  /** Asks the app for a token; the next attempt asks again if that fails or takes too long. */
  async #ask(source: NonNullable<TokenSource["token"]>): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("It took too long")), this.source.timeoutMs);
    });
    let token: string | null;
    try {
      token = this.#isOver ? null : await Promise.race([source(), late]);
    } catch (cause) {
      throw new ChatError("offline", "The option token gave no token", { cause });
    } finally {
      clearTimeout(timer);
    }
    if (token && !this.#isOver) return this.#ownToken = token;
    await this.end();
    throw new ChatError("signed_out", "Nobody is signed in");
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
   * The server may have exchanged the token although its response was lost. It then returns the
   * same pair again for 30 s, so the call is repeated soon and not only when the next call needs a
   * token.
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

  /** An unreadable record counts as no session: the user signs in again. */
  async #read(): Promise<StoredSession | null> {
    const bytes = await this.storage.read(NAME);
    try {
      const stored: StoredSession | null = bytes ? JSON.parse(fromUtf8(bytes)) : null;
      // A session of the app's own sign-in is of use to that only.
      return stored?.refreshToken || this.source.token ? stored : null;
    } catch {
      return null;
    }
  }

  /** The state of the client belongs to one user, and must not be seen or sent by another one. */
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
