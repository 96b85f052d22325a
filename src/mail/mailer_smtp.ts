import type { Transporter } from "nodemailer";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { checkMailAddress, headerText } from "./mail_address.ts";
import type { Mail, Mailer } from "./mailer.ts";
import type { SmtpUrl } from "./smtp_url.ts";

export interface SmtpOptions {
  url: SmtpUrl;
  /** Who the mail comes from: a name, and a bare address that the server lets us use. */
  from: { name: string; address: string };
  timeoutMs?: number;
}

/** Mail over SMTP, through a few connections that are kept. The library is loaded with the first mail. */
export class SmtpMailer implements Mailer {
  readonly #options: SmtpOptions;
  #transport: Promise<Transporter> | null = null;
  #closed = false;

  constructor(options: SmtpOptions) {
    checkMailAddress(options.from.address);
    this.#options = options;
  }

  async send(mail: Mail): Promise<void> {
    checkMailAddress(mail.to);
    if (this.#closed) throw new AppError("unavailable", "The mailer has been closed");
    this.#transport ??= connect(this.#options);
    const transport = await this.#transport;
    try {
      await transport.sendMail(this.#messageOf(mail));
    } catch (error) {
      throw explain(error as SmtpFault, mail.to);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    (await this.#transport)?.close();
  }

  /** Addresses are given in parts and the envelope apart, so that no text is parsed for addresses. */
  #messageOf({ to, subject, text, html }: Mail) {
    const { address, name } = this.#options.from;
    return {
      from: { address, name: headerText(name) },
      to: { address: to, name: "" },
      envelope: { from: address, to: [to] },
      subject: headerText(subject),
      text,
      html,
      // RFC 3834: keeps vacation answers from coming back.
      headers: { "Auto-Submitted": "auto-generated" },
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }
}

async function connect({ url, timeoutMs = 15_000 }: SmtpOptions): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    url: url.reveal(),
    requireTLS: url.requireTls,
    pool: true,
    maxConnections: 3,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  });
}

/** What nodemailer adds to its errors. */
interface SmtpFault extends Error {
  command?: string;
  responseCode?: number;
}

/** Only a recipient refused for good is the caller's fault; all else is between two servers. */
function explain(error: SmtpFault, to: string): AppError {
  const { command, responseCode = 0 } = error;
  if (command === "RCPT TO" && responseCode >= 500) {
    return fieldError("invalid_request", "email", `The mail server refuses ${quote(to)}`);
  }
  return new AppError("unavailable", "The mail could not be sent for now", { cause: error });
}
