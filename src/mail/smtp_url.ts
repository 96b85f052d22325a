/** An SMTP server from its URL. The URL is a `#field`: it holds the password, and is never shown. */
export class SmtpUrl {
  readonly #text: string;
  /** Give up rather than go on without TLS. */
  readonly requireTls: boolean;

  /**
   * `smtp://` (STARTTLS where the server offers it) or `smtps://` (TLS from the start), as
   * `smtps://user:password@mail.example.com:465`. A password never goes over a network in the clear:
   * with one, STARTTLS is required, unless the URL itself says `?requireTLS=false` or the server is
   * on this machine. Throws an Error that does not quote the URL.
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

  /** With the password: for the connection alone. */
  reveal(): string {
    return this.#text;
  }
}
