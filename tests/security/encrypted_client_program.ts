/**
 * A program with the client library, as a user might run it, that receives a stranger's objects. It
 * ends with an uncaught error if anything in it leaves a rejected promise unhandled.
 */
import { memoryKeyStore } from "../../src/client/mls/key_store.ts";
import { MlsDevice } from "../../src/client/mls/mls_device.ts";
import { ChatClient } from "../../src/client/mod.ts";

interface Task {
  url: string;
  person: { id: string; username: string; token: string };
  /** Key packages returned by claims, by user. */
  claims: Record<string, { deviceId: string; keyPackage: string }[]>;
  memberIds: string[];
  /** A Welcome, the keys that it is for, and Commits that follow it. */
  joining: { chatId: string; welcome: string; keys: [string, number[]][]; commits: string[] } & {
    userId: string;
    deviceId: string;
  };
}

const task: Task = JSON.parse(await new Response(Deno.stdin.readable).text());
const leftOut: unknown[] = [];

/** The server, except for its responses to claims. */
const hostile: typeof fetch = async (input, init) => {
  const claimed = /users\/([^/]+)\/key-packages\/claim/.exec(String(input));
  const items = claimed && task.claims[claimed[1]];
  return items ? Response.json({ items, next: null }) : await fetch(input, init);
};

async function createsGroup(): Promise<string> {
  const { url, person, memberIds } = task;
  const client = new ChatClient({ url, fetch: hostile });
  client.on("encryption.deviceLeftOut", (device) => leftOut.push(device));
  const user = { id: person.id, username: person.username } as never;
  const [accessToken, refreshToken] = [person.token, "none"];
  await client.useSession({ user, accessToken, refreshToken, expiresIn: 3_600 });
  client.connect();
  await client.online();
  const encryption = await client.enableEncryption("program");
  const chat = await encryption.createGroup("Group", memberIds);
  await client.send(chat.id, { text: "still here" });
  const roster = await encryption.roster(chat.id);
  await client.close();
  return roster.map(({ userId }) => userId).sort().join();
}

async function takesCommits(): Promise<string[]> {
  const { joining } = task;
  const entries = joining.keys.map(([name, bytes]) => [name, new Uint8Array(bytes)] as const);
  const device = await MlsDevice.open(memoryKeyStore(new Map(entries)), joining);
  const group = await device.join(joining.chatId, joining.welcome);
  const outcomes: string[] = [];
  for (const commit of joining.commits) {
    const refusal = (error: { code: string; message: string }) => `${error.code} ${error.message}`;
    outcomes.push(await group.processCommit(commit).then(() => "taken", refusal));
    // An unhandled rejection is reported once the event loop turns.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return outcomes;
}

const commits = await takesCommits();
const roster = await createsGroup();
console.log(JSON.stringify({ commits, roster, leftOut }));
