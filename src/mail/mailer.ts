/** The port to e-mail. */
export interface Mailer {
  /**
   * Resolves once the mail server has taken the mail. Throws `AppError("invalid_request")` for an
   * address that is none, or that the server refuses for good, and `AppError("unavailable")` when
   * it cannot be handed over now.
   */
  send(mail: Mail): Promise<void>;
  /** Connects and signs in, and sends nothing; throws the reason where it cannot. */
  check?(): Promise<void>;
  /** Lets go of connections; safe to call twice. */
  close(): Promise<void>;
}

export interface Mail {
  /** One bare address, as `ada@example.com`. */
  to: string;
  subject: string;
  text: string;
  html?: string;
}
