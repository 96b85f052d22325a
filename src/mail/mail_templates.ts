import { toTimestamp } from "../core/clock.ts";
import { headerText } from "../core/mail_address.ts";
import { layOut, type MailContent, type MailText } from "./mail_layout.ts";

/** Account events that the owner is notified of, even if they caused them. */
export type SecurityNotice =
  | "new_sign_in"
  | "password_changed"
  | "two_factor_enabled"
  | "two_factor_disabled"
  | "recovery_code_used"
  | "recovery_codes_renewed"
  | "provider_linked"
  | "provider_unlinked"
  | "refresh_token_reused"
  | "account_suspended"
  | "account_deleted";

export interface NoticeDetails {
  /** Epoch milliseconds. */
  at: number;
  device?: string;
  address?: string;
}

/** The account that a mail is about, so that the reader can tell whether it is theirs. */
export interface NamedAccount {
  username: string;
  /** Epoch milliseconds. */
  openedAt: number;
}

export interface LinkMail {
  /** Display name chosen by the user. */
  name: string;
  account: NamedAccount;
  link: string;
  /** Minutes for which the link works. */
  validMinutes: number;
}

/** Texts of the mails about accounts. `product` is the name of the service. */
export class MailTemplates {
  constructor(private readonly product: string) {}

  verification({ name, account, link, validMinutes }: LinkMail): MailContent {
    return this.#layOut({
      subject: `Confirm your e-mail address for ${this.product}`,
      paragraphs: [
        greeting(name),
        `Please confirm that this address is yours. ${aboutAccount(account)}${lasts(validMinutes)}`,
      ],
      action: { label: "Confirm the address", link },
      closing: [
        "If you did not open this account, ignore this mail: the address stays unconfirmed. " +
        "Someone else may have opened it with your address.",
      ],
    });
  }

  passwordReset({ name, account, link, validMinutes }: LinkMail): MailContent {
    return this.#layOut({
      subject: `Choose a new password for ${this.product}`,
      paragraphs: [
        greeting(name),
        `Someone, we hope you, asked for a new password. ${aboutAccount(account)}${
          lasts(validMinutes)
        }`,
      ],
      action: { label: "Choose a new password", link },
      closing: ["If it was not you, ignore this mail: your password stays as it is."],
    });
  }

  /** To the new address: the change takes effect when the account's owner follows the link. */
  emailChangeConfirmation({ name, account, link, validMinutes }: LinkMail): MailContent {
    return this.#layOut({
      subject: `Confirm your new e-mail address for ${this.product}`,
      paragraphs: [
        greeting(name),
        `Please confirm that this is the new address of your account. ${aboutAccount(account)}${
          lasts(validMinutes)
        }`,
      ],
      action: { label: "Use this address", link },
      closing: [
        "If you did not ask for this, ignore this mail: nothing will change. " +
        "Someone else may have written your address by mistake.",
      ],
    });
  }

  /**
   * To the old address; after a change with the link that undoes it, if there is one. Does not name
   * the new address, because the reader of the old mailbox may be a stranger.
   */
  emailChangeNotice(
    name: string,
    state: "requested" | "done",
    details: NoticeDetails,
    undo?: LinkMail,
  ): MailContent {
    const event = state === "requested"
      ? "Someone asked to change the e-mail address of your account. It stays until the new one is confirmed."
      : "The e-mail address of your account was changed. This address is no longer used.";
    if (!undo) return this.#notice("Your e-mail address", name, event, details);
    const { account, link, validMinutes } = undo;
    return this.#layOut({
      subject: `Your e-mail address was changed: a notice from ${this.product}`,
      paragraphs: [
        greeting(name),
        `${event} ${aboutAccount(account)}`,
        circumstances(details),
        `If this was not you, put this address back and choose a new password.${
          lasts(validMinutes)
        }`,
      ],
      action: { label: "Undo the change", link },
    });
  }

  securityNotice(kind: SecurityNotice, name: string, details: NoticeDetails): MailContent {
    const [title, event] = NOTICES[kind];
    const closed = kind === "account_suspended" || kind === "account_deleted";
    const appeal = `If you think this is wrong, contact the operators of ${this.product}.`;
    return this.#notice(title, name, event, details, closed ? appeal : undefined);
  }

  #notice(
    title: string,
    name: string,
    event: string,
    details: NoticeDetails,
    closing = "If this was not you, change your password and end all sessions at once.",
  ): MailContent {
    return this.#layOut({
      subject: `${title}: a notice from ${this.product}`,
      paragraphs: [greeting(name), event, circumstances(details)],
      closing: [closing],
    });
  }

  #layOut(mail: MailText): MailContent {
    return layOut(this.product, mail);
  }
}

const NOTICES: Record<SecurityNotice, [title: string, event: string]> = {
  new_sign_in: ["New sign-in", "Your account was signed in to on a new device."],
  password_changed: ["Password changed", "The password of your account was changed."],
  two_factor_enabled: [
    "Two-factor authentication on",
    "Signing in to your account now takes a code from your authenticator.",
  ],
  two_factor_disabled: [
    "Two-factor authentication off",
    "Signing in to your account no longer takes a code from your authenticator.",
  ],
  recovery_code_used: [
    "Recovery code used",
    "A recovery code was used to sign in to your account.",
  ],
  recovery_codes_renewed: [
    "New recovery codes",
    "New recovery codes were made for your account. The old ones no longer work.",
  ],
  provider_linked: ["Sign-in linked", "Another way to sign in was linked to your account."],
  provider_unlinked: ["Sign-in unlinked", "A way to sign in was removed from your account."],
  refresh_token_reused: [
    "Session ended",
    "A session of your account was ended, because its token was used twice: someone may have copied it.",
  ],
  account_suspended: ["Account suspended", "Your account was suspended by an administrator."],
  account_deleted: ["Account deleted", "Your account and your personal data were deleted."],
};

/**
 * Anyone can register with another person's address and a name of their choice, so no name may
 * become a link.
 */
function greeting(name: string): string {
  const line = headerText(name);
  const couldLink = /[:/@\\]|\.\S|www/i.test(line);
  return line === "" || line.length > 64 || couldLink ? "Hello," : `Hello ${line},`;
}

function aboutAccount({ username, openedAt }: NamedAccount): string {
  return `The account is "${unlinked(username)}", opened on ${dateTime(openedAt)}.`;
}

/**
 * A username may look like a host name: a word joiner after each dot keeps mail programs from
 * linking it.
 */
function unlinked(username: string): string {
  return headerText(username).replaceAll(".", ".\u2060");
}

/**
 * Formats a time for readers, in UTC.
 *
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(dateTime(Date.UTC(2026, 1, 3, 4, 5, 6)), "2026-02-03 04:05 UTC");
 * ```
 */
export function dateTime(at: number): string {
  return toTimestamp(at).replace("T", " ").replace(/:\d\d\.\d+Z$/, " UTC");
}

function lasts(minutes: number): string {
  const units: [count: number, unit: string][] = [
    [minutes / (24 * 60), "day"],
    [minutes / 60, "hour"],
    [minutes, "minute"],
  ];
  const [count, unit] = units.find(([count]) => Number.isInteger(count)) ?? units[2];
  return ` The link works once, for ${count} ${unit}${count === 1 ? "" : "s"}.`;
}

function circumstances({ at, device, address }: NoticeDetails): string {
  const time = toTimestamp(at).replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return [`When: ${time}`, device && deviceLine(device), address && `from: ${address}`]
    .filter(Boolean)
    .join(" · ");
}

/**
 * The user who signs in names the device, so that name must not put a link into the owner's mail.
 */
function deviceLine(device: string): string | undefined {
  const line = headerText(device).slice(0, 120);
  return /:\/\/|www|\.\p{L}{2}/iu.test(line) ? undefined : `device: ${line}`;
}
