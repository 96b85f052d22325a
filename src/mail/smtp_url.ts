/**
 * An SMTP server's URL. The URL is a `#field`, because it contains the password and must never be
 * shown.
 */
export class SmtpUrl {
  readonly #text: string;
  /** True if sending must fail rather than continue without TLS. */
  readonly requireTls: boolean;

  /**
   * `smtp://` (STARTTLS if the server offers it) or `smtps://` (TLS from the start), for example
   * `smtps://user:password@mail.example.com:465`. A password is never sent over a network
   * unencrypted: with one, STARTTLS is required, unless the URL itself says `?requireTLS=false` or
   * the server is on this machine. Throws an Error that does not quote the URL.
   */
  constructor(text: string) {
    const url = URL.parse(text);
    if (!url || !["smtp:", "smtps:"].includes(url.protocol) || !url.hostname) {
      throw new Error(
        "The SMTP URL must be of the form smtp://user:password@host:port, or smtps:// for TLS",
      );
    }
    const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname.toLowerCase());
    const asked = url.searchParams.get("requireTLS");
    this.#text = text;
    this.requireTls = asked === null ? url.username !== "" && !local : asked === "true";
  }

  /** Returns the URL with the password; only for the connection. */
  reveal(): string {
    return this.#text;
  }
}
