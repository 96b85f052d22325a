import { ChatClient } from "../../src/client/mod.ts";
import { DenokvServer } from "../support/denokv_server.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";

export interface Account {
  id: string;
  username: string;
  token: string;
}

/**
 * Two instances of the real program on one store, with all files that the test and the instances
 * write.
 */
export class EncryptedWorld implements AsyncDisposable {
  readonly devices: SeenDevice[] = [];

  private constructor(
    readonly instances: ServerProcess[],
    private readonly folders: string[],
    private readonly services: { log: string; dataDir?: string }[],
    private readonly resources: AsyncDisposable[],
  ) {}

  static async start(store: "SQLite" | "MongoDB"): Promise<EncryptedWorld> {
    const shared = await TempDir.make("encrypted");
    const mongodb = store === "MongoDB" ? await MongodbServer.start() : null;
    const denokv = store === "SQLite" ? await DenokvServer.start() : null;
    const env = testEnvironment({
      LOG_LEVEL: "debug",
      BROKER: denokv ? "kv" : "mongo",
      ...denokv?.env,
      ...(mongodb ? { MONGODB_URI: mongodb.uri("encrypted") } : { DATA_DIR: shared.join("data") }),
    });
    const instances = [await ServerProcess.start({ env }), await ServerProcess.start({ env })];
    const services = [mongodb, denokv].filter((each) => each !== null);
    const folders = [
      ...instances.map(({ dataDir }) => dataDir),
      ...services.map(({ dataDir }) => dataDir),
    ];
    return new EncryptedWorld(instances, folders, services, [...instances, ...services, shared]);
  }

  async account(name: string): Promise<Account> {
    const http = new HttpClient(this.instances[0].url);
    const username = `${name}_${crypto.randomUUID().slice(0, 8)}`;
    const { status, body } = await http.post("/api/auth/register", {
      username,
      email: `${username}@example.org`,
      password: "a password of the tests",
    });
    if (status !== 201) throw new Error(`Cannot register: ${JSON.stringify(body)}`);
    return { id: body.user.id, username, token: body.accessToken };
  }

  /** Returns a device of the person, connected to the instance `at`. */
  async device(account: Account, name: string, at: number): Promise<SeenDevice> {
    const client = new ChatClient({ url: this.instances[at].url });
    await client.useSession({
      user: { id: account.id, username: account.username } as never,
      accessToken: account.token,
      refreshToken: "none",
      expiresIn: 86_400,
    });
    const device = new SeenDevice(account, name, client);
    client.connect();
    await client.online();
    await client.enableEncryption(name);
    this.devices.push(device);
    return device;
  }

  /** Returns the words that appear in any file or log of the servers. */
  async wordsFound(words: string[]): Promise<string[]> {
    const found = new Set<string>();
    const look = (bytes: Uint8Array) => {
      const text = new TextDecoder("latin1").decode(bytes);
      for (const word of words) if (text.includes(word)) found.add(word);
    };
    for (const folder of this.folders) {
      for await (const path of filesIn(folder)) look(await Deno.readFile(path));
    }
    const logs = [...this.instances, ...this.services].map(({ log }) => log);
    look(new TextEncoder().encode(logs.join("\n")));
    return [...found];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.devices.map(({ client }) => client.close()));
    for (const each of this.resources) await each[Symbol.asyncDispose]();
  }
}

/**
 * A device, and everything that it ever showed: content that it deletes when it leaves was still
 * seen.
 */
export class SeenDevice {
  readonly seen = new Map<string, string>();
  readonly faults: unknown[] = [];
  readonly rejoins: string[] = [];

  constructor(readonly account: Account, readonly name: string, readonly client: ChatClient) {
    client.on("fault", (error) => this.faults.push(error));
    client.on("encryption.rejoined", ({ reason }) => this.rejoins.push(reason));
    client.model.on("chat", ({ chatId }) => this.#look(chatId));
  }

  get userId(): string {
    return this.account.id;
  }

  #look(chatId: string): void {
    for (const { clientId, text, seq, encrypted } of this.client.model.messagesOf(chatId)) {
      if (seq > 0 && text !== "" && encrypted?.state === "read") this.seen.set(clientId, text);
    }
  }
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesIn(path);
    else if (entry.isFile) yield path;
  }
}
