import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Visitor } from "../model/caller.ts";
import type { OneTimePurpose } from "../model/one_time_token.ts";
import type { User } from "../model/user.ts";
import type { MailContent } from "../mail/mail_layout.ts";
import type { MailTemplates, SecurityNotice } from "../mail/mail_templates.ts";
import type { Mailer } from "../mail/mailer.ts";
import { LIFETIMES, type OneTimeTokens } from "./one_time_tokens.ts";

type LinkPurpose = "verify_email" | "change_email" | "reset_password";

/** The pages that links lead to; see routes.ts. */
export const LINK_PATHS: Readonly<Record<LinkPurpose, string>> = {
  verify_email: "/account/verify-email",
  change_email: "/account/change-email",
  reset_password: "/account/reset-password",
};

export interface AccountMailOptions {
  mailer: Mailer;
  templates: MailTemplates;
  tokens: OneTimeTokens;
  /** Without a slash at its end. Never taken from a request: its Host could be anyone's. */
  baseUrl: string;
  clock: Clock;
  log: Log;
}

/**
 * Mail about accounts, sent behind the answer: a mail server that is slow or away neither delays nor
 * fails what was done, and how long an answer takes tells nothing about whether there was a mail.
 */
export class AccountMail {
  readonly #running = new Set<Promise<void>>();

  constructor(private readonly options: AccountMailOptions) {}

  verification(user: User): void {
    this.#link("verify_email", user, user.email, { emailKey: user.emailKey });
  }

  passwordReset(user: User): void {
    this.#link("reset_password", user, user.email, { emailKey: user.emailKey });
  }

  /** To the new address the link, to the old one that someone asked. */
  emailChange(user: User, email: string, visitor: Visitor): void {
    this.#link("change_email", user, email, { email });
    this.emailChangeNotice(user, "requested", visitor);
  }

  emailChangeNotice(user: User, state: "requested" | "done", visitor: Visitor): void {
    const { templates } = this.options;
    this.#send(
      user,
      () => templates.emailChangeNotice(user.displayName, state, this.#details(visitor)),
    );
  }

  /** Nothing goes to an address that nobody confirmed: it may be a stranger's. */
  notice(kind: SecurityNotice, user: User, visitor?: Visitor): void {
    const { templates } = this.options;
    this.#send(
      user,
      () => templates.securityNotice(kind, user.displayName, this.#details(visitor)),
    );
  }

  /** Does `work` behind the answer; what it throws is logged. */
  inBackground(what: string, work: () => Promise<void>): void {
    const running = work().catch((error) => this.options.log.warn(`${what} failed`, { error }))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once all that was begun is done: for a drain. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #details(visitor?: Visitor) {
    const at = this.options.clock.now();
    return { at, ...(visitor && { device: visitor.userAgent, address: visitor.address }) };
  }

  #link(purpose: LinkPurpose, user: User, to: string, data: Record<string, string>): void {
    this.inBackground("Sending a link", async () => {
      const { tokens, baseUrl, mailer } = this.options;
      // Who asks again wants the newest link to be the one that counts.
      await tokens.dropOf(user.id, purpose);
      const token = await tokens.issue(purpose, user.id, data);
      const link = `${baseUrl}${LINK_PATHS[purpose]}?token=${token}`;
      await mailer.send({ to, ...this.#linkMail(purpose, user.displayName, link) });
    });
  }

  #linkMail(purpose: OneTimePurpose, name: string, link: string): MailContent {
    const { templates } = this.options;
    const mail = { name, link, validMinutes: LIFETIMES[purpose] / 60_000 };
    if (purpose === "verify_email") return templates.verification(mail);
    if (purpose === "reset_password") return templates.passwordReset(mail);
    return templates.emailChangeConfirmation(mail);
  }

  #send(user: User, content: () => MailContent): void {
    if (user.emailVerifiedAt === null) return;
    this.inBackground("Sending a notice", async () => {
      await this.options.mailer.send({ to: user.email, ...content() });
    });
  }
}
