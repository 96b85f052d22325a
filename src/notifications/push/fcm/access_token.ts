import type { Clock } from "../../../core/clock.ts";
import { deadline, post } from "../../../core/http_post.ts";
import { retryAfterMs } from "../../../core/retry_after.ts";
import type { ServiceAccount } from "./service_account.ts";

const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** A token is renewed this many milliseconds before it expires, so that none expires in transit. */
const MARGIN_MS = 5 * 60 * 1000;

/** Google returned no access token. `permanent`: it rejected this account, and will do so again. */
export class AccessTokenError extends Error {
  override readonly name = "AccessTokenError";

  constructor(message: string, readonly permanent: boolean, readonly afterMs?: number) {
    super(message);
  }
}

/**
 * Caches an access token of a service account until shortly before it expires. Concurrent callers
 * share one request; a failure is not cached.
 *
 * It backs the SDK's `Credential`. The SDK's own (`cert`) respects neither the account's
 * `token_uri` nor a time limit nor an agent, and loses the status and `Retry-After` of a refusal.
 */
export class GoogleAccessToken {
  #current: { token: string; usableUntil: number } | null = null;
  #request: Promise<string> | null = null;

  constructor(
    private readonly account: ServiceAccount,
    private readonly scope: string,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {}

  /** Throws `AccessTokenError`, or whatever `fetch` throws. */
  async get(): Promise<string> {
    if (this.#current && this.clock.now() < this.#current.usableUntil) return this.#current.token;
    this.#request ??= this.#fetch().finally(() => this.#request = null);
    return await this.#request;
  }

  /** Drops a token that was rejected; a token that has replaced it since is kept. */
  discard(token: string): void {
    if (this.#current?.token === token) this.#current = null;
  }

  async #fetch(): Promise<string> {
    const now = this.clock.now();
    const assertion = await this.account.assertion(this.scope, now);
    const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion });
    const signal = deadline(this.timeoutMs);
    const answer = await post(this.account.tokenUri, { headers: {}, body, signal });
    if (answer.status !== 200) throw refusal(answer.status, answer.body, answer.headers, now);
    const { token, expiresIn } = parseToken(answer.body);
    this.#current = { token, usableUntil: now + expiresIn * 1000 - MARGIN_MS };
    return token;
  }
}

function parseToken(body: string): { token: string; expiresIn: number } {
  const answer = parseObject(body);
  if (typeof answer.access_token !== "string" || typeof answer.expires_in !== "number") {
    throw new AccessTokenError("Google's response has no access token", false);
  }
  return { token: answer.access_token, expiresIn: answer.expires_in };
}

function refusal(status: number, body: string, headers: Headers, now: number): AccessTokenError {
  const { error } = parseObject(body);
  const name = typeof error === "string" ? `, ${error.slice(0, 80)}` : "";
  const permanent = status >= 400 && status < 500 && status !== 429 && status !== 408;
  return new AccessTokenError(
    `Google refused to issue an access token (${status}${name})`,
    permanent,
    retryAfterMs(headers, now),
  );
}

function parseObject(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}
