import { percentile } from "./fanout_load.ts";
import { RawHttp } from "./raw_http.ts";

/** A client's own connection, token and message. */
export interface RestClient {
  path: string;
  token?: string;
  /** Body of the client's next send. */
  body: () => string;
}

export interface RestResult {
  sends: number;
  seconds: number;
  /** In milliseconds, sorted. */
  times: Float64Array;
}

/** All clients send at once, each the next message when the last was answered. */
export async function sendInTurn(
  port: number,
  clients: RestClient[],
  seconds: number,
): Promise<RestResult> {
  const connections = await Promise.all(
    clients.map(({ path, token }) => RawHttp.open(port, path, token)),
  );
  const times: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1_000;
  await Promise.all(
    connections.map((connection, at) => sendUntil(connection, clients[at], until, times)),
  );
  const took = (performance.now() - started) / 1_000;
  for (const connection of connections) connection.close();
  return { sends: times.length, seconds: took, times: Float64Array.from(times).sort() };
}

async function sendUntil(
  connection: RawHttp,
  { body }: RestClient,
  until: number,
  times: number[],
): Promise<void> {
  for (let start = performance.now(); start < until; start = performance.now()) {
    await connection.post(body());
    times.push(performance.now() - start);
  }
}

/** Returns the median and the 99th percentile, in milliseconds. */
export function middleAndTail({ times }: RestResult): [number, number] {
  return [percentile(times, 0.5), percentile(times, 0.99)];
}
