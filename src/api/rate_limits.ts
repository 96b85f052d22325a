import type { LimitName, ServiceLimitName } from "./operation.ts";

/** At most `count` in any burst, refilled evenly over `periodMs`. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

export type Rates = Readonly<Record<LimitName | ServiceLimitName, Rate>>;

const MINUTE = 60_000;

const rate = (count: number, periodMs: number): Rate => Object.freeze({ count, periodMs });

/**
 * By the person who asks, or by the address of one who has not signed in. Addresses are shared (an
 * office, a mobile network), so these are wide; what guards one account against guessing is
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
  // How often strangers reach one person: add them to a group, begin a chat with them, or ask to.
  strangers: rate(30, 60 * MINUTE),
  // How many strangers an account reaches whose address is not confirmed, where mail is configured.
  unconfirmed: rate(10, 24 * 60 * MINUTE),
  // How often one person takes key packages of another that are used once; then the last resort's.
  claims: rate(30, 60 * MINUTE),
  // The same for all strangers of a person together.
  stranger_claims: rate(60, 60 * MINUTE),
});

export const LIMIT_NAMES = Object.keys(DEFAULT_RATES) as (keyof Rates)[];

/** `second_factor` → `RATE_SECOND_FACTOR`, whose value is of the form `30/1m`. */
export function rateVariable(name: keyof Rates): string {
  return `RATE_${name.toUpperCase()}`;
}
