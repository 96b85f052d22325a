import { loadConfig } from "../../src/config.ts";
import { delay } from "../../src/core/delay.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { DenokvServer } from "../support/denokv_server.ts";
import { freePort } from "../support/free_port.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";

export type BrokerKind = "kv" | "mongo";

/** Options of one of the two instances; the second has a separate clock. */
interface Instance {
  readonly env: Record<string, string>;
  readonly script: string;
  server: ServerProcess;
  isUp: boolean;
}

/**
 * Two instances of the real program on one MongoDB-protocol server, which clients reach over a
 * proxy that can be cut. The instances' connection to the database can be cut too: so replies to
 * commits get lost.
 */
export class ChaosWorld implements AsyncDisposable {
  /** Lines that the instances logged as errors before they ended. */
  readonly errors: string[] = [];

  private constructor(
    private readonly folder: TempDir,
    readonly mongodb: MongodbServer,
    readonly denokv: DenokvServer | null,
    readonly databaseLine: CuttableProxy,
    readonly clientLine: CuttableProxy,
    readonly instances: Instance[],
    readonly people: Person[],
  ) {}

  static async start(broker: BrokerKind, people: number): Promise<ChaosWorld> {
    const folder = await TempDir.make("chaos");
    const mongodb = await MongodbServer.start({ durable: true });
    const denokv = broker === "kv" ? await DenokvServer.start() : null;
    const databaseLine = new CuttableProxy(() => mongodb.port);
    const uri = `mongodb://127.0.0.1:${databaseLine.port}/chaos?directConnection=true`;
    const env = testEnvironment({
      MONGODB_URI: uri,
      BROKER: broker,
      ...denokv?.env,
      LIMIT_SOCKETS_PER_USER: "1000",
    });
    const scripts = ["src/main.ts", "tests/chaos/ahead_by_ten_seconds.ts"];
    const instances = await Promise.all(scripts.map(async (script, at): Promise<Instance> => {
      const own = { ...env, PORT: String(freePort()), DATA_DIR: folder.join(`instance${at}`) };
      return {
        env: own,
        script,
        isUp: true,
        server: await ServerProcess.start({ env: own, script }),
      };
    }));
    let turn = 0;
    const clientLine = new CuttableProxy(() => {
      const up = instances.filter(({ isUp }) => isUp);
      return Number((up.length > 0 ? up : instances)[turn++ % (up.length || 2)].env.PORT);
    });
    const config = loadConfig({ ...env, DATA_DIR: folder.join("seed") });
    const names = Array.from({ length: people }, (_, i) => `person${i}`);
    const seeded = Object.values(await seedPeople(config, names));
    return new ChaosWorld(folder, mongodb, denokv, databaseLine, clientLine, instances, seeded);
  }

  get url(): string {
    return `http://127.0.0.1:${this.clientLine.port}`;
  }

  /** Ends one instance, and starts it again on the same port after a while. */
  async restart(instance: Instance, signal: "SIGKILL" | "SIGTERM", downMs: number): Promise<void> {
    instance.isUp = false;
    await instance.server.kill(signal);
    await delay(downMs);
    this.#keepErrorsOf(instance);
    await instance.server[Symbol.asyncDispose]();
    const { env, script } = instance;
    instance.server = await ServerProcess.start({ env, script });
    instance.isUp = true;
  }

  /** Suspends a process, which keeps its connections, as a swapping host does. */
  async pause(instance: Instance, ms: number): Promise<void> {
    Deno.kill(instance.server.pid, "SIGSTOP");
    await delay(ms);
    Deno.kill(instance.server.pid, "SIGCONT");
  }

  keepErrors(): void {
    for (const instance of this.instances) this.#keepErrorsOf(instance);
  }

  #keepErrorsOf({ server }: Instance): void {
    const lines = server.log.split("\n");
    this.errors.push(...lines.filter((line) => line.includes('"level":"error"')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clientLine[Symbol.asyncDispose]();
    await Promise.all(this.instances.map(({ server }) => server[Symbol.asyncDispose]()));
    await this.databaseLine[Symbol.asyncDispose]();
    await this.denokv?.[Symbol.asyncDispose]();
    await this.mongodb[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}
