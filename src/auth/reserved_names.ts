/** Usernames that would let a stranger pose as the operators of the service. */
export const RESERVED_NAMES: readonly string[] = [
  "abuse",
  "admin",
  "administration",
  "administrator",
  "all",
  "anonymous",
  "billing",
  "bot",
  "channel",
  "contact",
  "deleted",
  "everyone",
  "help",
  "helpdesk",
  "here",
  "hostmaster",
  "info",
  "legal",
  "mailer-daemon",
  "me",
  "mod",
  "moderation",
  "moderator",
  "noreply",
  "null",
  "official",
  "operator",
  "postmaster",
  "press",
  "privacy",
  "realtimechat",
  "root",
  "sales",
  "security",
  "server",
  "service",
  "staff",
  "support",
  "system",
  "team",
  "undefined",
  "webmaster",
];

/** Compares names the way people read them: `Ad.min` and `admin_` are `admin`. */
export class ReservedNames {
  readonly #keys: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#keys = new Set(names.map(keyOf));
  }

  has(username: string): boolean {
    return this.#keys.has(keyOf(username));
  }
}

const keyOf = (name: string) => name.normalize("NFKC").toLowerCase().replace(/[._-]/g, "");
