import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ENTITIES, type Entity, type PortableRow } from "../../src/store/row_port.ts";
import type { Store } from "../../src/store/store.ts";
import { type BackendClient, backendOf } from "../support/api_keys.ts";
import { HttpClient } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";

const PROGRAM = fileURLToPath(new URL("../../src/import.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Output and end of an import. */
export interface ImportResult {
  code: number;
  out: string;
  refused: string[];
}

/** A running server, and imports into its store by the operator's command. */
export class ImportWorld implements AsyncDisposable {
  private constructor(
    readonly app: RunningApp,
    readonly folder: TempDir,
    readonly backend: BackendClient,
    private readonly extra: Record<string, string>,
  ) {}

  static async start(extra: Record<string, string> = {}): Promise<ImportWorld> {
    const app = await RunningApp.start(extra);
    return new ImportWorld(app, await TempDir.make("import"), await backendOf(app), extra);
  }

  async import(lines: readonly unknown[], ...flags: string[]): Promise<ImportResult> {
    await this.write("import.ndjson", lines);
    return await this.run("import.ndjson", ...flags);
  }

  async write(name: string, lines: readonly unknown[]): Promise<void> {
    const texts = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line));
    await Deno.writeTextFile(this.folder.join(name), texts.join("\n") + "\n");
  }

  async run(name: string, ...flags: string[]): Promise<ImportResult> {
    const { code, stdout, stderr } = await this.command(name, ...flags).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    const refused = decode(stderr).split("\n").filter((line) => line !== "");
    return { code, out: decode(stdout), refused };
  }

  command(name: string, ...flags: string[]): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", PROGRAM, resolve(this.folder.path, name), ...flags],
      cwd: ROOT,
      env: {
        ...testEnvironment(this.extra),
        DATA_DIR: this.app.config.dataDir,
        NO_COLOR: "1",
      },
      stdout: "piped",
      stderr: "piped",
    });
  }

  async store<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await this.app.openStore();
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  /** Signs an imported person in, as the customer's backend does. */
  async signIn(externalId: string): Promise<{ id: string; client: HttpClient; token: string }> {
    const { status, body } = await this.backend.post(`/api/server/users/${externalId}/tokens`, {});
    if (status !== 201) throw new Error(`Cannot sign ${externalId} in: ${JSON.stringify(body)}`);
    const token = body.tokens?.accessToken ?? body.accessToken;
    return { id: body.user.id, client: new HttpClient(this.app.url, token), token };
  }

  chatId(externalId: string): Promise<string> {
    return this.store(async (store) => (await store.chats.byExternalId(externalId))!.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Entities that an import writes. */
const WRITTEN: Entity[] = ["users", "chats", "memberships", "messages", "media"];
/** Times of the run, and what is random. */
const OF_THE_RUN = ["updatedAt", "checkAt", "emailKey", "email", "emailVerifiedAt"];

/** All rows of a store, as they are. */
export async function rowsOf(store: Store, entity: Entity): Promise<PortableRow[]> {
  const rows: PortableRow[] = [];
  for (let after: string | null = null;;) {
    const page = await store.rows.page(entity, after, 500);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = page.next;
  }
}

/** Written by the running server now and then, whatever is imported. */
const BY_THE_SERVER: readonly string[] = ["statistics"];

/** All rows that an import could change. */
export async function everything(store: Store): Promise<Record<string, PortableRow[]>> {
  const found: Record<string, PortableRow[]> = {};
  for (const entity of ENTITIES) {
    if (!BY_THE_SERVER.includes(entity)) found[entity] = await rowsOf(store, entity);
  }
  return found;
}

/**
 * The rows that an import has written, comparable between stores: random ids are replaced by what
 * they stand for, and times of the run are left out.
 */
export async function comparableRows(store: Store): Promise<string[]> {
  const rows = await Promise.all(WRITTEN.map((entity) => rowsOf(store, entity)));
  const names = new Map<string, string>();
  const [users, chats, , messages] = rows;
  for (const { id, externalId } of users) names.set(String(id), `person ${externalId}`);
  for (const { id, externalId } of chats) names.set(String(id), `chat ${externalId}`);
  for (const { id, chatId, clientId } of messages) {
    names.set(String(id), `message ${clientId} of ${names.get(String(chatId))}`);
  }
  return rows.flatMap((list, i) => list.map((row) => lineOf(WRITTEN[i], row, names))).sort();
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

function lineOf(entity: Entity, row: PortableRow, names: ReadonlyMap<string, string>): string {
  const left = Object.entries(row).filter(([name]) => !OF_THE_RUN.includes(name));
  if (entity === "users") left.splice(left.findIndex(([name]) => name === "createdAt"), 1);
  const json = JSON.stringify(Object.fromEntries(left.sort()));
  return `${entity} ${json.replaceAll(ID, (id) => names.get(id) ?? "an id")}`;
}
