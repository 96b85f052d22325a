import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  from: string;
  /** The envelope's recipients, which are who really gets it. */
  to: string[];
  raw: string;
  secure: boolean;
  user: string | null;
}

export interface SmtpServerOptions {
  /** With these, nobody sends without signing in. */
  credentials?: { user: string; password: string };
  /** Whether STARTTLS is offered (with a certificate that nobody signed). */
  startTls?: boolean;
  /** The answer to RCPT TO, by address. */
  refuse?: Record<string, number>;
}

/** A real SMTP server on this machine, with the library that many mail servers' tests use. */
export class TestSmtpServer {
  readonly received: ReceivedMail[] = [];
  connections = 0;
  /** Tries to sign in, the failed ones included. */
  signIns = 0;
  readonly #server: SMTPServer;

  private constructor(options: SmtpServerOptions) {
    const { credentials, startTls = false, refuse = {} } = options;
    this.#server = new SMTPServer({
      disabledCommands: startTls ? [] : ["STARTTLS"],
      allowInsecureAuth: true,
      authOptional: !credentials,
      closeTimeout: 100,
      onConnect: (_session, done) => {
        this.connections++;
        done();
      },
      onAuth: ({ username, password }, _session, done) => {
        this.signIns++;
        const right = username === credentials?.user && password === credentials?.password;
        done(right ? null : refusal(535, "Authentication failed"), { user: username });
      },
      onRcptTo: ({ address }, _session, done) => {
        const code = refuse[address];
        done(code === undefined ? null : refusal(code, "Recipient refused"));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          this.received.push({
            from: mailFrom ? mailFrom.address : "",
            to: rcptTo.map(({ address }) => address),
            raw: Buffer.concat(chunks).toString("utf8"),
            secure: session.secure,
            user: typeof session.user === "string" ? session.user : null,
          });
          done();
        });
      },
    });
    // A client that hangs up in the middle is no fault of the server's.
    this.#server.on("error", () => {});
  }

  /** A `port` is given to come back where another server was. */
  static async start(options: SmtpServerOptions = {}, port = 0): Promise<TestSmtpServer> {
    const server = new TestSmtpServer(options);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.#server.listen(port, "127.0.0.1", resolve);
    await promise;
    return server;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
