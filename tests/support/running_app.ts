import { type App, createApp } from "../../src/app.ts";
import type { Config } from "../../src/config.ts";
import { jsonLog } from "../../src/core/log.ts";
import { HttpClient } from "./http_client.ts";
import { MovableClock } from "./movable_clock.ts";
import { openStoreOf, type Person, seedPeople } from "./people.ts";
import { TempDir } from "./temp_dir.ts";
import { testConfig } from "./test_config.ts";

/** The whole server within the test's process, on a free port, with a separate data folder. */
export class RunningApp implements AsyncDisposable {
  /** Log records from `warn` up: an unexpected failure of an operation is among them. */
  readonly log: string[];
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(
    readonly app: App,
    readonly config: Config,
    readonly clock: MovableClock,
    private readonly folder: TempDir,
    log: string[],
  ) {
    this.log = log;
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  static async start(environment: Record<string, string> = {}): Promise<RunningApp> {
    const folder = await TempDir.make("app");
    const config = testConfig(folder.join("data"), environment);
    const log: string[] = [];
    const clock = new MovableClock();
    const app = await createApp(config, jsonLog("warn", (line) => log.push(line)), { clock });
    return new RunningApp(app, config, clock, folder, log);
  }

  /** Starts another instance on the same data, with these values changed. */
  async beside(changed: Partial<Config> = {}): Promise<RunningApp> {
    const log: string[] = [];
    const clock = new MovableClock();
    const config = { ...this.config, ...changed };
    const app = await createApp(config, jsonLog("warn", (line) => log.push(line)), { clock });
    return new RunningApp(app, config, clock, await TempDir.make("beside"), log);
  }

  get webSocketUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  people<Name extends string>(...names: Name[]): Promise<Record<Name, Person>> {
    return seedPeople(this.config, names);
  }

  /** A second view of the same data, for what no transport shows. */
  openStore() {
    return openStoreOf(this.config);
  }

  client(person?: Person): HttpClient {
    return new HttpClient(this.url, person?.token);
  }

  /** Drains; requests are served until `until` has settled. Call it instead of disposing. */
  async stop(until?: Promise<unknown>): Promise<void> {
    await this.app.drain(async () => {
      await until;
      await this.#server.shutdown();
    });
    await this.folder[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
