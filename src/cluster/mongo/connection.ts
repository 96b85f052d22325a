import type { Db, MongoClient } from "mongodb";

export interface MongoConnection {
  readonly db: Db;
  close(): Promise<void>;
}

/** Opens a separate connection for the broker: its change stream occupies one all the time. */
export async function connectMongo(
  uri: string,
  watchPool?: (client: MongoClient, pool: "broker") => void,
): Promise<MongoConnection> {
  const { MongoClient: Client } = await import("mongodb");
  const client: MongoClient = new Client(uri, {
    appName: "realtimechat-broker",
    serverSelectionTimeoutMS: 5_000,
    maxPoolSize: 10,
  });
  watchPool?.(client, "broker");
  await client.connect();
  const name = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(uri)?.[1];
  return {
    db: client.db(name === undefined ? "realtimechat" : decodeURIComponent(name)),
    close: () => client.close(),
  };
}
