import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  from: string;
  /** Recipients of the envelope, which decide the delivery. */
  to: string[];
  raw: string;
  secure: boolean;
  user: string | null;
}

export interface SmtpServerOptions {
  /** Credentials that clients must sign in with before they send. */
  credentials?: { user: string; password: string };
  /** Whether STARTTLS is offered (with a self-signed certificate). */
  startTls?: boolean;
  /** Response to RCPT TO, by address. */
  refuse?: Record<string, number>;
}

/**
 * A real SMTP server on this machine, built with the library that the tests of many mail servers
 * use.
 */
export class TestSmtpServer {
  readonly received: ReceivedMail[] = [];
  connections = 0;
  /** Number of sign-in attempts, including the failed ones. */
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
    // A client that disconnects midway is no failure of the server.
    this.#server.on("error", () => {});
  }

  /** Pass `port` to restart on the port of an earlier server. */
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
