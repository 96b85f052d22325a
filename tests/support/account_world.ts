import assert from "node:assert/strict";
import { type App, createApp } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import { jsonLog } from "../../src/core/log.ts";
import { eventually } from "./eventually.ts";
import type { HttpAnswer } from "./http_client.ts";
import { sharedMongodb } from "./mongodb_server.ts";
import { openStoreOf } from "./people.ts";
import { TempDir } from "./temp_dir.ts";
import { testConfig } from "./test_config.ts";

export const PASSWORD = "correct horse battery";

export interface SentMail {
  to: string;
  subject: string;
  text: string;
  link?: string;
}

/** A person who registered as a new user does. */
export interface Account {
  id: string;
  username: string;
  email: string;
  token: string;
  refreshToken: string;
}

/** The whole server without a socket, with a movable clock and a readable mailbox. */
export class AccountWorld implements AsyncDisposable {
  readonly mails: SentMail[] = [];
  readonly warnings: string[] = [];
  ahead = 0;
  #count = 0;
  #app!: App;

  #config!: Config;

  private constructor(
    private readonly environment: Record<string, string>,
    private readonly folder: TempDir,
  ) {}

  static async open(environment: Record<string, string> = {}): Promise<AccountWorld> {
    const world = new AccountWorld({
      PUBLIC_URL: "https://chat.example.org",
      LOG_LEVEL: "info",
      TRUSTED_PROXY: "x-forwarded-for:1",
      ...environment,
    }, await TempDir.make("accounts"));
    await world.restart();
    return world;
  }

  /** Stops the server if it runs, and starts it on the same data with the changed configuration. */
  async restart(changes: Record<string, string> = {}): Promise<void> {
    await this.#app?.drain();
    this.#config = testConfig(this.folder.join("data"), { ...this.environment, ...changes });
    const clock = { now: () => Date.now() + this.ahead };
    this.#app = await createApp(this.#config, jsonLog("info", (line) => this.#logged(line)), {
      clock,
    });
  }

  /** The configuration of the last start. */
  get config(): Config {
    return this.#config;
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  openStore() {
    return openStoreOf(this.#config);
  }

  fetch(request: Request): Promise<Response> {
    // Every request over a real connection has a Host header.
    if (!request.headers.has("host")) request.headers.set("host", new URL(request.url).host);
    return Promise.resolve(this.#app.fetch(request, {}));
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    { token, headers }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<HttpAnswer> {
    const response = await this.fetch(
      new Request(`http://chat.example${path}`, {
        method,
        headers: {
          "user-agent": "Test/1.0",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    const parsed = text === "" ? null : isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  async register(username = `user${++this.#count}`): Promise<Account> {
    const email = `${username}@example.org`;
    const input = { username, email, password: PASSWORD };
    const { status, body } = await this.send("POST", "/api/auth/register", input);
    assert.equal(status, 201, JSON.stringify(body));
    const { user, accessToken: token, refreshToken } = body;
    return { id: user.id, username, email, token, refreshToken };
  }

  login(identifier: string, password = PASSWORD, headers: Record<string, string> = {}) {
    return this.send("POST", "/api/auth/login", { identifier, password }, { headers });
  }

  /** Resolves with the newest mail to this address whose subject matches, once it has arrived. */
  mail(to: string, subject: RegExp): Promise<SentMail> {
    return eventually(
      `a mail to ${to} about ${subject}`,
      () => this.mails.findLast((mail) => mail.to === to && subject.test(mail.subject)),
    );
  }

  /** Returns the token in the link of that mail. */
  async linkToken(to: string, subject: RegExp): Promise<string> {
    const { link } = await this.mail(to, subject);
    return new URL(link!).searchParams.get("token")!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.drain();
    await this.folder[Symbol.asyncDispose]();
  }

  #logged(line: string): void {
    const entry = JSON.parse(line);
    if (entry.message === "A mail would be sent") this.mails.push(entry);
    if (entry.level === "warn" || entry.level === "error") this.warnings.push(line);
  }
}

type WorldTest = (world: AccountWorld) => Promise<void>;

/** Registers the test once per store: both must give the same results. */
export function onBothStores(): (
  name: string,
  run: WorldTest,
  environment?: Record<string, string>,
) => void {
  const mongodb = sharedMongodb();
  return (name, run, environment = {}) => {
    Deno.test(`${name} (SQLite)`, async () => {
      await using world = await AccountWorld.open(environment);
      await run(world);
    });
    Deno.test({
      name: `${name} (MongoDB)`,
      ignore: mongodb.missing,
      fn: async () => {
        await using world = await AccountWorld.open({ ...environment, MONGODB_URI: mongodb.uri() });
        await run(world);
      },
    });
  };
}
