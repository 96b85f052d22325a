import type { Mailer } from "../mail/mailer.ts";
import { type Check, fine } from "./finding.ts";

/** Connects and signs in, without sending a message. */
export function mailCheck(open: () => Promise<Mailer>): Check {
  const subject = "SMTP";
  return {
    subject,
    cure: "compare SMTP_URL with what the mail server's documents say",
    async run() {
      const mailer = await open();
      try {
        await mailer.check?.();
        return [fine(subject, "the mail server takes the connection and the password")];
      } finally {
        await mailer.close();
      }
    },
  };
}

/** Throws the reason if messages would be refused. */
export type DryRun = () => Promise<void>;

export function fcmCheck(dryRun: DryRun): Check {
  const subject = "FCM";
  return {
    subject,
    cure: "make a new key for the service account, and set FIREBASE_SERVICE_ACCOUNT to its JSON",
    async run() {
      await dryRun();
      return [fine(subject, "Google accepts the service account for messages of the project")];
    },
  };
}

export function vapidCheck(parse: DryRun): Check {
  const subject = "VAPID";
  return {
    subject,
    cure: "set VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY to one pair, and VAPID_SUBJECT to a contact",
    async run() {
      await parse();
      return [fine(subject, "the keys are a pair")];
    },
  };
}
