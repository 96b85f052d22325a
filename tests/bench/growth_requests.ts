import type { Chat } from "../../src/model/chat.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import { cpuSeconds } from "./cpu.ts";
import { COMMON_WORD, RARE_WORD } from "./growth_world.ts";

const PAGE = 50;
/** Milliseconds after which a request is repeated no more, but for a few times. */
const LONGEST_MS = 4_000;
const LEAST_ROUNDS = 5;

export interface Repeats {
  /** Requests of each kind that are measured, after those that warm up. */
  rounds: number;
  warmUp: number;
}

/** Milliseconds that a request took. */
export interface Timed {
  /** Of each time it was measured, rising. */
  times: Float64Array;
  /** Processor time of server and database, on average. */
  cpu: number;
  /** The status of a refusal, after which the request was not repeated; null if there was none. */
  failed: number | null;
}

/** By the name of the request. */
export type Times = Map<string, Timed>;

/**
 * Times the requests of one person, one after the other. `pids` are the server and the database.
 */
export async function timeAll(
  client: HttpClient,
  chats: Chat[],
  repeats: Repeats,
  pids: number[],
): Promise<Times> {
  const times: Times = new Map();
  for (const [name, ask] of Object.entries(requestsOf(client, chats))) {
    times.set(name, await timeOne(name, ask, repeats, pids));
  }
  return times;
}

type Ask = () => Promise<HttpAnswer>;

function requestsOf(client: HttpClient, chats: Chat[]): Record<string, Ask> {
  const main = chats.find(({ name }) => name === "Group 0")!;
  const small = chats.find(({ name }) => name === "Group 1")!;
  // One new message in each chat.
  const cursors = Object.fromEntries(chats.map(({ id, rev }) => [id, rev - 1]));
  const seq = () => PAGE + 10 + Math.floor(Math.random() * (main.lastSeq - 2 * (PAGE + 10)));
  const history = (where: string) => client.get(`/api/messages/${main.id}?${where}limit=${PAGE}`);
  const search = (word: string, chat = "") =>
    client.get(`/api/messages/search?q=${word}&limit=20${chat}`);
  const send = (chatId: string) =>
    client.post("/api/messages", { chatId, text: `${COMMON_WORD} and more` });
  return {
    "sync of 400 chats": () => client.post("/api/sync", { cursors }),
    "changes of the large chat": () =>
      client.get(`/api/chats/${main.id}/changes?after=${main.rev - 1}`),
    inbox: () => client.get("/api/chats?limit=50"),
    "history, newest page": () => history(""),
    "history, before": () => history(`before=${seq()}&`),
    "history, after": () => history(`after=${seq()}&`),
    "pinned messages": () => client.get(`/api/chats/${main.id}/pins`),
    "search, a common word": () => search(COMMON_WORD),
    "search, two common words": () => search(`${COMMON_WORD}%20w1`),
    "search, a rare word": () => search(RARE_WORD),
    "search, one chat": () => search(COMMON_WORD, `&chatId=${main.id}`),
    "send to the large chat": () => send(main.id),
    "send to a small chat": () => send(small.id),
  };
}

async function timeOne(
  name: string,
  ask: Ask,
  { rounds, warmUp }: Repeats,
  pids: number[],
): Promise<Timed> {
  const times: number[] = [];
  const cpuBefore = await cpuMs(pids);
  const started = performance.now();
  let failed: number | null = null;
  for (let round = 0; round < warmUp + rounds && failed === null; round++) {
    if (round >= LEAST_ROUNDS && performance.now() - started > LONGEST_MS) break;
    const began = performance.now();
    const { status, body } = await ask();
    times.push(performance.now() - began);
    if (status >= 500) failed = status;
    else if (status >= 300) throw new Error(`${name}: ${JSON.stringify(body)}`);
  }
  const cpu = (await cpuMs(pids) - cpuBefore) / times.length;
  const measured = times.slice(Math.min(warmUp, Math.max(0, times.length - LEAST_ROUNDS)));
  return { times: Float64Array.from(measured).sort(), cpu, failed };
}

async function cpuMs(pids: number[]): Promise<number> {
  const seconds = await Promise.all(pids.map(cpuSeconds));
  return 1e3 * seconds.reduce((sum, each) => sum + each, 0);
}
