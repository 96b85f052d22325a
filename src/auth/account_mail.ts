import { isDeliverable } from "../core/mail_address.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { settledWithin } from "../core/settled_within.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { MailContent } from "../mail/mail_layout.ts";
import type { LinkMail, MailTemplates, SecurityNotice } from "../mail/mail_templates.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { MailLimit } from "./mail_limit.ts";
import { LIFETIMES, type OneTimeTokens } from "./one_time_tokens.ts";

export type LinkPurpose = "verify_email" | "change_email" | "reset_password" | "undo_email";

/** Paths of the pages that the links lead to; see routes.ts. */
export const LINK_PATHS: Readonly<Record<LinkPurpose, string>> = {
  verify_email: "/account/verify-email",
  change_email: "/account/change-email",
  reset_password: "/account/reset-password",
  undo_email: "/account/undo-email",
};

export interface AccountMailOptions {
  mailer: Mailer;
  templates: MailTemplates;
  tokens: OneTimeTokens;
  limit: MailLimit;
  /**
   * Without a trailing slash. Never taken from a request, because the sender chooses its Host
   * header.
   */
  baseUrl: string;
  clock: Clock;
  log: Log;
}

/**
 * Mail about accounts, sent in the background after the response: a slow or unreachable mail server
 * neither delays nor fails the request, and the response time does not reveal whether a mail was
 * sent.
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

  /**
   * Sends the link to the new address, valid while the caller's session is alive, and a notice to
   * the old address.
   */
  emailChange(user: User, email: string, caller: Caller): void {
    const { templates, limit } = this.options;
    this.#link("change_email", user, email, { email, sessionId: caller.sessionId });
    this.#send(user, async () => {
      if (!await limit.allows("email_change_notice", user.email)) return null;
      return templates.emailChangeNotice(user.displayName, "requested", this.#details(caller));
    });
  }

  /** Sends a notice to the old address; `user` is the account before the change. */
  emailChanged(user: User, visitor: Visitor, canUndo: boolean): void {
    const { templates, tokens } = this.options;
    this.#send(user, async () => {
      const token = canUndo && await tokens.issue("undo_email", user.id, { email: user.email });
      const undo = token ? this.#linkOf("undo_email", token, user) : undefined;
      return templates.emailChangeNotice(user.displayName, "done", this.#details(visitor), undo);
    });
  }

  /** Sends nothing to an unconfirmed address, because it may belong to a stranger. */
  notice(kind: SecurityNotice, user: User, visitor?: Visitor): void {
    const { templates } = this.options;
    this.#send(
      user,
      () =>
        Promise.resolve(templates.securityNotice(kind, user.displayName, this.#details(visitor))),
    );
  }

  /** Runs `work` after the response; an error that it throws is logged as the failure of `task`. */
  inBackground(task: string, work: () => Promise<void>): void {
    const running = work().catch((error) => this.options.log.warn(`${task} failed`, { error }))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once all mail in progress is done. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /**
   * Gives mail in progress `ms` milliseconds to be sent. Then closes the mailer, which ends what a
   * hanging mail server has left, and waits for that.
   */
  async close(ms: number): Promise<void> {
    await settledWithin([this.idle()], ms);
    await this.options.mailer.close();
    await this.idle();
  }

  #details(visitor?: Visitor) {
    const at = this.options.clock.now();
    return { at, ...(visitor && { device: visitor.userAgent, address: visitor.address }) };
  }

  #link(purpose: LinkPurpose, user: User, to: string, data: Record<string, string>): void {
    if (!isDeliverable(to)) return;
    this.inBackground("Sending an account link", async () => {
      const { tokens, limit, mailer } = this.options;
      // Check before deleting the older link: over the limit, that link stays the valid one.
      if (!await limit.allows(purpose, to)) return;
      await tokens.deleteForUser(user.id, purpose);
      const token = await tokens.issue(purpose, user.id, data);
      await mailer.send({ to, ...this.#linkMail(purpose, this.#linkOf(purpose, token, user)) });
    });
  }

  #linkOf(purpose: LinkPurpose, token: string, user: User): LinkMail {
    return {
      name: user.displayName,
      account: { username: user.username, openedAt: user.createdAt },
      link: `${this.options.baseUrl}${LINK_PATHS[purpose]}?token=${token}`,
      validMinutes: LIFETIMES[purpose] / 60_000,
    };
  }

  #linkMail(purpose: LinkPurpose, mail: LinkMail): MailContent {
    const { templates } = this.options;
    if (purpose === "verify_email") return templates.verification(mail);
    if (purpose === "reset_password") return templates.passwordReset(mail);
    return templates.emailChangeConfirmation(mail);
  }

  /** Sends nothing if `content` returns null. */
  #send(user: User, content: () => Promise<MailContent | null>): void {
    if (user.emailVerifiedAt === null || !isDeliverable(user.email)) return;
    this.inBackground("Sending an account notice", async () => {
      const mail = await content();
      if (mail) await this.options.mailer.send({ to: user.email, ...mail });
    });
  }
}
