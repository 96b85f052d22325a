import { openFileStore, openServerStore, requireFileStore } from "../adapters.ts";
import { processEnvironment, readVariables } from "../config/environment.ts";
import { backUp } from "./backup.ts";
import { compact } from "./compact.ts";
import { copyStore } from "./store_copy.ts";
import { restore } from "./restore.ts";

/**
 * The part of the configuration that these commands use: they work without the server's secrets.
 */
interface Place {
  dataDir: string;
  mongodbUri: string | null;
  hasBucket: boolean;
}

function placeOf(): Place {
  const { DATA_DIR, MONGODB_URI, AWS_BUCKET_NAME } = readVariables(processEnvironment(), []);
  return {
    dataDir: DATA_DIR ?? "./data",
    mongodbUri: MONGODB_URI ?? null,
    hasBucket: AWS_BUCKET_NAME !== undefined,
  };
}

/**
 * Commands that operators run next to the server: `deno task backup`, `restore`, `compact` and
 * `store:copy`.
 */
const COMMANDS: Record<string, (place: Place, args: string[]) => Promise<string>> = {
  async backup(place, [to]) {
    await requireSqlite(place, "mongodump");
    const folder = to ?? `backup-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    const { dataDir, hasBucket } = place;
    const { files, bytes } = await backUp({ dataDir, to: folder, hasBucket });
    const media = !hasBucket ? "" : "; uploads are in the bucket, and not part of it";
    return `Backed up ${files} files (${bytes} bytes) to ${folder}${media}`;
  },
  async restore(place, [from]) {
    await requireSqlite(place, "mongorestore");
    if (from === undefined) throw new Error("Cannot restore: name the folder of the backup");
    await restore({ from, dataDir: place.dataDir });
    return `Restored ${from} into ${place.dataDir}`;
  },
  async copy(place, [from, to]) {
    const isDirection = [from, to].toSorted().join() === "mongo,sqlite";
    if (!isDirection) {
      throw new Error(
        'Cannot copy: say "store:copy sqlite mongo" or "store:copy mongo sqlite"; sqlite is the file ' +
          "in DATA_DIR, mongo the database of MONGODB_URI",
      );
    }
    const { mongodbUri } = place;
    if (mongodbUri === null) throw new Error("Cannot copy: MONGODB_URI is not set");
    const open = (kind: string) =>
      kind === "sqlite" ? openFileStore(place) : openServerStore(mongodbUri);
    await using stores = new AsyncDisposableStack();
    const [source, target] = [await open(from), await open(to)];
    for (const store of [source, target]) stores.defer(() => store.close());
    let rows = 0;
    await copyStore(source, target, (entity, { count, hash }) => {
      rows += count;
      console.log(`${entity}: ${count} rows, ${hash.slice(0, 16)}`);
    });
    return `Copied ${rows} rows from ${from} to ${to}; every count and hash agrees. ` +
      "Uploads were not touched: they stay in DATA_DIR or in the bucket";
  },
  async compact(place) {
    await requireSqlite(place, "the server's own compact command");
    const { before, after } = await compact(place.dataDir);
    return `Rebuilt the database: ${before} bytes before, ${after} after`;
  },
};

/** A Deno on which no server runs with SQLite fails with the name of its version. */
async function requireSqlite({ mongodbUri }: Place, instead: string): Promise<void> {
  if (mongodbUri === null) return await requireFileStore();
  throw new Error(`MONGODB_URI is set: this command is for SQLite; use ${instead}`);
}

/** Options are refused: `backup --help` would make a folder of this name. */
const USAGES: Record<string, { text: string; max: number }> = {
  backup: { text: "backup [folder]", max: 1 },
  restore: { text: "restore <folder>", max: 1 },
  copy: { text: "store:copy sqlite mongo | mongo sqlite", max: 2 },
  compact: { text: "compact", max: 0 },
};

/** Exit code EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

const [name, ...args] = Deno.args;
const usage = USAGES[name];
if (usage && (args.length > usage.max || args.some((arg) => arg.startsWith("-")))) {
  console.error(`Usage: deno task ${usage.text}`);
  Deno.exit(EXIT_USAGE);
}
try {
  const command = COMMANDS[name];
  if (command === undefined) throw new Error(`There is no command "${name}"`);
  console.log(await command(placeOf(), args));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
