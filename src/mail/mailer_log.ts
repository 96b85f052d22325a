import type { Log } from "../core/log.ts";
import { checkMailAddress, headerText } from "../core/mail_address.ts";
import type { Mailer } from "./mailer.ts";

export interface LogMailerOptions {
  /**
   * A link in the log resets the password of whoever asked for it, and logs are kept, shipped and read
   * by many: production leaves it out, and with it whom the mail was for.
   */
  secrets: boolean;
}

/** Where no SMTP is configured, a mail is a line in the log: with the link that one would click, or only as a warning. */
export function logMailer(log: Log, { secrets }: LogMailerOptions): Mailer {
  return {
    // deno-lint-ignore require-await -- so that a bad address rejects, as with SMTP
    async send({ to, subject, text }) {
      checkMailAddress(to);
      if (!secrets) {
        log.warn("A mail was not sent: SMTP_URL is not set", { subject: headerText(subject) });
        return;
      }
      const link = /https?:\/\/\S+/.exec(text)?.[0];
      log.info("A mail would be sent", { to, subject: headerText(subject), link, text });
    },
    close: () => Promise.resolve(),
  };
}
