import type { Transporter } from "nodemailer";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { untilAborted } from "../core/until_aborted.ts";
import { checkMailAddress, headerText } from "../core/mail_address.ts";
import type { Mail, Mailer } from "./mailer.ts";
import type { SmtpUrl } from "./smtp_url.ts";

export interface SmtpOptions {
  url: SmtpUrl;
  /** Who the mail comes from: a name, and a bare address that the server lets us use. */
  from: { name: string; address: string };
  /** Milliseconds for a connection, a greeting, or between two answers. */
  timeoutMs?: number;
  /** Milliseconds for one mail as a whole. */
  totalMs?: number;
}

/** One mail takes no longer, however slowly the mail server answers. */
const TOTAL_MS = 60_000;
/** Mails that wait for a connection or are being sent. */
const MAX_PENDING = 500;

/** Mail over SMTP, through a few connections that are kept. The library is loaded with the first mail. */
export class SmtpMailer implements Mailer {
  readonly #options: SmtpOptions;
  #transport: Promise<Transporter> | null = null;
  #pending = 0;
  readonly #stop = new AbortController();

  constructor(options: SmtpOptions) {
    checkMailAddress(options.from.address);
    this.#options = options;
  }

  async send(mail: Mail): Promise<void> {
    checkMailAddress(mail.to);
    if (this.#stop.signal.aborted) throw new AppError("unavailable", "The mailer has been closed");
    if (this.#pending >= MAX_PENDING) throw new AppError("unavailable", "Too many mails wait");
    this.#pending++;
    try {
      await this.#untilStopped(this.#send(mail));
    } catch (error) {
      throw error instanceof AppError ? error : explain(error as SmtpFault, mail.to);
    } finally {
      this.#pending--;
    }
  }

  async check(): Promise<void> {
    this.#transport ??= connect(this.#options);
    await (await this.#transport).verify();
  }

  /** Mails under way fail with `unavailable`: the mail server may have taken them or not. */
  async close(): Promise<void> {
    this.#stop.abort();
    (await this.#transport)?.close();
  }

  async #send(mail: Mail): Promise<void> {
    this.#transport ??= connect(this.#options);
    await (await this.#transport).sendMail(this.#messageOf(mail));
  }

  /** Rejects also when the mailer is closed, or after `TOTAL_MS`. */
  #untilStopped(sending: Promise<void>): Promise<void> {
    const timeout = AbortSignal.timeout(this.#options.totalMs ?? TOTAL_MS);
    return untilAborted(sending, AbortSignal.any([this.#stop.signal, timeout]));
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
