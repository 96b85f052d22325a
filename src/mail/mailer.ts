/** Port to e-mail. */
export interface Mailer {
  /**
   * Resolves once the mail server has accepted the mail. Throws `AppError("invalid_request")` for
   * an invalid address or one that the server rejects permanently, and `AppError("unavailable")` if
   * the mail cannot be delivered to the server now.
   */
  send(mail: Mail): Promise<void>;
  /** Connects and signs in without sending; throws the reason if that fails. */
  check?(): Promise<void>;
  /** Closes connections; safe to call twice. */
  close(): Promise<void>;
}

export interface Mail {
  /** One bare address, such as `ada@example.com`. */
  to: string;
  subject: string;
  text: string;
  html?: string;
}
