import type { Log } from "../core/log.ts";
import { checkMailAddress, headerText } from "./mail_address.ts";
import type { Mailer } from "./mailer.ts";

/**
 * For development: a mail is a line in the log, with the link that one would click. Whoever reads
 * the log can use these links, so production has SMTP.
 */
export function logMailer(log: Log): Mailer {
  return {
    // deno-lint-ignore require-await -- so that a bad address rejects, as with SMTP
    async send({ to, subject, text }) {
      checkMailAddress(to);
      const link = /https?:\/\/\S+/.exec(text)?.[0];
      log.info("A mail would be sent", { to, subject: headerText(subject), link, text });
    },
    close: () => Promise.resolve(),
  };
}
