import type { LimitName, ServiceLimitName } from "./operation.ts";

/** At most `count` in any burst, refilled evenly over `periodMs` milliseconds. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

export type Rates = Readonly<Record<LimitName | ServiceLimitName, Rate>>;

const MINUTE = 60_000;

const rate = (count: number, periodMs: number): Rate => Object.freeze({ count, periodMs });

/**
 * Counted by user, or by address for callers without a session. Addresses are shared (an office, a
 * mobile network), so these limits are wide; the limits that guard one account against guessing are
 * counted by account, in the auth service.
 */
export const DEFAULT_RATES: Rates = Object.freeze({
  register: rate(200, 10 * MINUTE),
  login: rate(120, MINUTE),
  refresh: rate(240, MINUTE),
  second_factor: rate(30, MINUTE),
  reset: rate(30, 10 * MINUTE),
  send: rate(1200, MINUTE),
  write: rate(600, MINUTE),
  read: rate(1800, MINUTE),
  search: rate(120, MINUTE),
  upload: rate(120, MINUTE),
  join: rate(120, MINUTE),
  signal: rate(1200, MINUTE),
  event: rate(600, MINUTE),
  // Sockets that one user opens: each reads all of the user's chats.
  hello: rate(300, MINUTE),
  // Everything that one API key calls, in anybody's name.
  key: rate(12_000, MINUTE),
  // Contacts of strangers with one user: adding them to a group, starting a chat with them, or
  // requesting it.
  strangers: rate(30, 60 * MINUTE),
  // Strangers that an account without a confirmed address may contact, if mail is configured.
  unconfirmed: rate(10, 24 * 60 * MINUTE),
  // Single-use key packages of one user that one caller may claim; after that the last resort is
  // returned.
  claims: rate(30, 60 * MINUTE),
  // Single-use key packages of one user that all strangers together may claim.
  stranger_claims: rate(60, 60 * MINUTE),
  // Posts of one incoming webhook.
  incoming: rate(60, MINUTE),
});

export const LIMIT_NAMES = Object.keys(DEFAULT_RATES) as (keyof Rates)[];

/** Converts `second_factor` to `RATE_SECOND_FACTOR`, whose value has the form `30/1m`. */
export function rateVariable(name: keyof Rates): string {
  return `RATE_${name.toUpperCase()}`;
}
