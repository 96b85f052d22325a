import { createHash } from "node:crypto";
import type { RateLimiter } from "../cluster/rate_limiter.ts";
import { emailKeyOf } from "./account_keys.ts";

const HOUR_MS = 3_600_000;

/**
 * Mails of one kind to one mailbox: enough for a user who mistypes, too few to flood the mailbox.
 */
const RATES = [
  { count: 5, periodMs: HOUR_MS },
  { count: 10, periodMs: 24 * HOUR_MS },
];

/** Limits the mail sent to one mailbox, across all senders and accounts. */
export class MailLimit {
  constructor(private readonly limiter: RateLimiter) {}

  /** Counts one mail. Returns false if the limit is reached. */
  async allows(kind: string, address: string): Promise<boolean> {
    const mailbox = createHash("sha256").update(mailboxOf(address)).digest("base64url");
    for (const rate of RATES) {
      const { allowed } = await this.limiter.consume(`mail:${kind}:${mailbox}:${rate.count}`, rate);
      if (!allowed) return false;
    }
    return true;
  }
}

/**
 * Most providers deliver `ann+anything@…` to `ann@…`, so all such addresses count as one mailbox.
 */
function mailboxOf(address: string): string {
  return emailKeyOf(address).replace(/\+[^@]*(?=@)/, "");
}
