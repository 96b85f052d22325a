import type { Log } from "../core/log.ts";
import { checkMailAddress, headerText } from "../core/mail_address.ts";
import type { Mailer } from "./mailer.ts";

export interface LogMailerOptions {
  /**
   * True logs links and recipients. A link in the log lets its reader reset the password of the
   * account, and logs are kept, shipped and read by many people, so production leaves both out.
   */
  secrets: boolean;
}

/** Used without SMTP: a mail becomes a log line, either with its link or only as a warning. */
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
