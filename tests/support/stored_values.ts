import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import type { Config } from "../../src/config.ts";

/** Every value in a store, regardless of the model, with its location. */
export interface StoredValue {
  /** "table.column" or "collection.field.inner"; indexes of arrays are left out. */
  place: string;
  text: string;
}

/** Reads the database directly, so that values that no Store method returns are found too. */
export async function storedValues(config: Config): Promise<StoredValue[]> {
  return config.mongodbUri === null
    ? ofSqlite(join(config.dataDir, "chat.sqlite3"))
    : await ofMongo(config.mongodbUri);
}

function ofSqlite(path: string): StoredValue[] {
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
      .map(({ name }) => String(name)).filter((name) => !/^(sqlite_|message_index)/.test(name));
    return tables.flatMap((table) =>
      file.prepare(`SELECT * FROM ${table}`).all().flatMap((row) =>
        Object.entries(row).map(([column, value]) => ({
          place: `${table}.${column}`,
          text: String(value),
        }))
      )
    );
  } finally {
    file.close();
  }
}

async function ofMongo(uri: string): Promise<StoredValue[]> {
  const client = await MongoClient.connect(uri);
  try {
    const db = client.db();
    const values: StoredValue[] = [];
    for (const { name } of await db.listCollections().toArray()) {
      for (const document of await db.collection(name).find().toArray()) {
        values.push(...valuesIn(document, name));
      }
    }
    return values;
  } finally {
    await client.close();
  }
}

function valuesIn(value: unknown, place: string): StoredValue[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesIn(each, place));
  if (typeof value === "object" && value !== null && value.constructor === Object) {
    return Object.entries(value).flatMap(([name, each]) => valuesIn(each, `${place}.${name}`));
  }
  return [{ place, text: String(value) }];
}

/** Returns how often the bytes of the files under a folder contain the text, ignoring case. */
export function copiesInFiles(folder: string, text: string): Record<string, number> {
  const copies: Record<string, number> = {};
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) Object.assign(copies, copiesInFiles(path, text));
    else {
      const bytes = new TextDecoder("latin1").decode(Deno.readFileSync(path)).toLowerCase();
      const count = bytes.split(text.toLowerCase()).length - 1 +
        (path.toLowerCase().includes(text.toLowerCase()) ? 1 : 0);
      if (count > 0) copies[path] = count;
    }
  }
  return copies;
}
