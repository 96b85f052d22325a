import { CatchingUpClient } from "./catching_up_client.ts";
import { DenokvServer } from "./denokv_server.ts";
import { HttpClient } from "./http_client.ts";
import { MongodbServer } from "./mongodb_server.ts";
import { ServerProcess } from "./server_process.ts";

/** Removes the rate limits, since only the instances are under test. */
const WIDE = {
  NODE_ENV: "test",
  LOG_LEVEL: "warn",
  JWT_SECRET: "a secret that all instances of the tests share",
  JWT_REFRESH_SECRET: "another secret that all instances of the tests share",
  RATE_REGISTER: "100000/1s",
  RATE_SEND: "1000000/1s",
  RATE_READ: "1000000/1s",
  RATE_JOIN: "1000000/1s",
  RATE_SIGNAL: "1000000/1s",
};

export interface Person {
  id: string;
  token: string;
  http: HttpClient;
}

/** Instances of the real program on one MongoDB-protocol server, and one `denokv` for BROKER=kv. */
export class Cluster implements AsyncDisposable {
  readonly instances: ServerProcess[] = [];
  readonly #clients: CatchingUpClient[] = [];

  private constructor(
    private readonly mongodb: MongodbServer,
    readonly denokv: DenokvServer | null,
    private readonly env: Record<string, string>,
  ) {}

  static async start(
    { broker = "kv", instances = 2, env = {} }: {
      broker?: "kv" | "mongo";
      instances?: number;
      env?: Record<string, string>;
    } = {},
  ): Promise<Cluster> {
    const [mongodb, denokv] = await Promise.all([
      MongodbServer.start(),
      broker === "kv" ? DenokvServer.start() : null,
    ]);
    const cluster = new Cluster(mongodb, denokv, {
      ...WIDE,
      MONGODB_URI: mongodb.uri("cluster"),
      BROKER: broker,
      ...denokv?.env,
      ...env,
    });
    await Promise.all(Array.from({ length: instances }, () => cluster.add()));
    return cluster;
  }

  async add(): Promise<ServerProcess> {
    const instance = await ServerProcess.start({ env: this.env });
    this.instances.push(instance);
    return instance;
  }

  /** Restarts an instance that has ended, on its earlier port. */
  async restart(at: number): Promise<ServerProcess> {
    const PORT = new URL(this.instances[at].url).port;
    await this.instances[at][Symbol.asyncDispose]();
    return this.instances[at] = await ServerProcess.start({ env: { ...this.env, PORT } });
  }

  async register(name: string, at = 0): Promise<Person> {
    const http = new HttpClient(this.instances[at].url);
    const suffix = crypto.randomUUID().slice(0, 8);
    const { status, body } = await http.post("/api/auth/register", {
      username: `${name}_${suffix}`,
      email: `${name}.${suffix}@example.org`,
      password: "a password of the tests",
    });
    if (status !== 201) throw new Error(`Cannot register: ${JSON.stringify(body)}`);
    return { id: body.user.id, token: body.accessToken, http: http.as(body.accessToken) };
  }

  async group(owner: Person, members: Person[]): Promise<string> {
    const memberIds = members.map(({ id }) => id);
    const { status, body } = await owner.http.post("/api/groups", { name: "Everyone", memberIds });
    if (status !== 201) throw new Error(`Cannot create the group: ${JSON.stringify(body)}`);
    return body.id;
  }

  /**
   * Returns a client that is connected to the instance `at`, and to the next one when that fails.
   */
  async connect({ token }: Person, at: number): Promise<CatchingUpClient> {
    const urls = this.instances.map(({ webSocketUrl }) => webSocketUrl);
    const client = new CatchingUpClient({
      urls: [...urls.slice(at), ...urls.slice(0, at)],
      token,
    });
    this.#clients.push(client);
    return await client.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    await Promise.all(this.instances.map((each) => each[Symbol.asyncDispose]()));
    await this.denokv?.[Symbol.asyncDispose]();
    await this.mongodb[Symbol.asyncDispose]();
  }
}
