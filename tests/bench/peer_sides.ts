import { newId } from "../../src/core/ids.ts";
import { HttpClient } from "../support/http_client.ts";
import type { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { chatTransport, textOf } from "./bench_transports.ts";
import { WIDE } from "./fanout.ts";
import type { Transport } from "./fanout_load.ts";
import { expressTransport } from "./peer_transports.ts";
import { startExpress } from "./peers/node_peer.ts";
import type { RestClient } from "./rest_load.ts";

export const AT_ONCE = 32;

/** A server that stores messages, as the benches drive it. */
export interface Side extends AsyncDisposable {
  what: string;
  pid: number;
  url: string;
  databasePid: number | null;
  /** Clients that write into one chat, or each into a separate one. */
  clients: { oneChat: RestClient[]; ownChats: RestClient[] };
  transport: Transport;
}

/** This server, with its database in the folder of a test or in MongoDB. */
export async function startOurs(mongodb: MongodbServer | null): Promise<Side> {
  const env: Record<string, string> = mongodb
    ? { MONGODB_URI: mongodb.uri(), BROKER: "mongo" }
    : {};
  const server = await ServerProcess.start({ env: { ...WIDE, ...SECRETS, ...env } });
  return {
    what: mongodb ? "on MongoDB" : "on SQLite",
    pid: server.pid,
    url: server.url,
    databasePid: mongodb?.pid ?? null,
    clients: await ourClients(server.url),
    transport: await chatTransport(server.url, { compact: true }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const SECRETS = {
  JWT_SECRET: "an access secret of the benchmark, long enough",
  JWT_REFRESH_SECRET: "a refresh secret of the benchmark, long enough",
  ENCRYPTION_KEY: "0123456789abcdef".repeat(4),
  BCRYPT_COST: "4",
};

async function ourClients(url: string): Promise<Side["clients"]> {
  const people: { id: string; token: string }[] = [];
  for (let n = 0; n < AT_ONCE; n++) people.push(await register(url, n));
  const [owner, ...members] = people;
  const memberIds = members.map(({ id }) => id);
  const as = ({ token }: typeof owner) => new HttpClient(url, token);
  const group = await as(owner).post("/api/groups", { name: "All at once", memberIds });
  const clientOf = (token: string, chatId: string): RestClient => ({
    path: "/api/messages",
    token,
    body: () => JSON.stringify({ chatId, clientId: newId(), text: textOf(performance.now()) }),
  });
  const oneChat = people.map(({ token }) => clientOf(token, group.body.id));
  const ownChats = await Promise.all(people.map(async (person, n) => {
    const userId = people[(n + 1) % AT_ONCE].id;
    const { body } = await as(person).post("/api/chats", { userId });
    return clientOf(person.token, body.id);
  }));
  return { oneChat, ownChats };
}

async function register(url: string, n: number) {
  const username = `client${n}-${crypto.randomUUID().slice(0, 8)}`;
  const account = { username, email: `${username}@example.org`, password: "of the bench" };
  const { body } = await new HttpClient(url).post("/api/auth/register", account);
  return { id: body.user.id as string, token: body.accessToken as string };
}

/** Express, Socket.IO and the MongoDB driver; null where they cannot be started. */
export async function startExpressSide(mongodb: MongodbServer): Promise<Side | null> {
  const peer = await startExpress(mongodb.uri());
  if (!peer) return null;
  const clientOf = (n: number, chatId: string): RestClient => ({
    path: "/messages",
    body: () => JSON.stringify({ chatId, senderId: `client${n}`, text: textOf(performance.now()) }),
  });
  const clients = Array.from({ length: AT_ONCE }, (_, n) => n);
  return {
    what: "Express",
    pid: peer.pid,
    url: peer.url,
    databasePid: mongodb.pid,
    clients: {
      oneChat: clients.map((n) => clientOf(n, "all at once")),
      ownChats: clients.map((n) => clientOf(n, `chat ${n}`)),
    },
    transport: expressTransport,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
