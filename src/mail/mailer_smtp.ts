import type { Transporter } from "nodemailer";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { untilAborted } from "../core/until_aborted.ts";
import { checkMailAddress, headerText } from "../core/mail_address.ts";
import type { Mail, Mailer } from "./mailer.ts";
import type { SmtpUrl } from "./smtp_url.ts";

export interface SmtpOptions {
  url: SmtpUrl;
  /** The sender: a name, and a bare address that the server allows. */
  from: { name: string; address: string };
  /** Timeout in milliseconds for a connection, a greeting, and between two responses. */
  timeoutMs?: number;
  /** Timeout in milliseconds for one mail as a whole. */
  totalMs?: number;
}

/** Default time limit for one mail in milliseconds, however slowly the mail server responds. */
const TOTAL_MS = 60_000;
/** Maximum number of mails that wait for a connection or are being sent. */
const MAX_PENDING = 500;

/**
 * Sends mail over SMTP through a few persistent connections. The library is loaded with the first
 * mail.
 */
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
    if (this.#stop.signal.aborted) {
      throw new AppError("unavailable", "Cannot send the mail: the mailer is closed");
    }
    if (this.#pending >= MAX_PENDING) {
      throw new AppError("unavailable", "Cannot send the mail: too many mails are waiting");
    }
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

  /** Mails in flight fail with `unavailable`; the mail server may or may not have accepted them. */
  async close(): Promise<void> {
    this.#stop.abort();
    (await this.#transport)?.close();
  }

  async #send(mail: Mail): Promise<void> {
    this.#transport ??= connect(this.#options);
    await (await this.#transport).sendMail(this.#messageOf(mail));
  }

  /** Also rejects when the mailer is closed, or after `TOTAL_MS`. */
  #untilStopped(sending: Promise<void>): Promise<void> {
    const timeout = AbortSignal.timeout(this.#options.totalMs ?? TOTAL_MS);
    return untilAborted(sending, AbortSignal.any([this.#stop.signal, timeout]));
  }

  /**
   * Addresses are passed in parts, and the envelope separately, so that no text is parsed for
   * addresses.
   */
  #messageOf({ to, subject, text, html }: Mail) {
    const { address, name } = this.#options.from;
    return {
      from: { address, name: headerText(name) },
      to: { address: to, name: "" },
      envelope: { from: address, to: [to] },
      subject: headerText(subject),
      text,
      html,
      // RFC 3834: prevents automatic replies such as vacation notices.
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

/** Fields that nodemailer adds to its errors. */
interface SmtpFault extends Error {
  command?: string;
  responseCode?: number;
}

/**
 * Only a permanently rejected recipient is the caller's fault; all other faults are between two
 * servers.
 */
function explain(error: SmtpFault, to: string): AppError {
  const { command, responseCode = 0 } = error;
  if (command === "RCPT TO" && responseCode >= 500) {
    return fieldError(
      "invalid_request",
      "email",
      `Cannot send the mail: the mail server rejects ${quote(to)}`,
    );
  }
  return new AppError(
    "unavailable",
    "Cannot send the mail: the mail server failed or cannot be reached",
    { cause: error },
  );
}
