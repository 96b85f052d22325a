import { HttpClient } from "../support/http_client.ts";
import type { ReceivedSignals, Transport } from "./fanout_load.ts";
import { RawSocket } from "./raw_socket.ts";

/** The bare broadcast: every client receives each sent frame unchanged. */
export const bareTransport: Transport = {
  open: (port, _index, onText) => RawSocket.open(port, "/", onText),
  frame: (index, sentAt) => messageLike(index, sentAt),
  read: (text) => [{ sentAt: sentAtOf(text), rev: 0 }],
};

/** As long as one of the server's events, so that both move the same bytes. */
function messageLike(index: number, sentAt: number): string {
  return JSON.stringify({ index, text: textOf(sentAt), filler: "x".repeat(400) });
}

export function textOf(sentAt: number): string {
  return `A message of the usual length, sent at ${sentAt.toFixed(3)}~`;
}

export function sentAtOf(text: string): number {
  return Number(/sent at ([\d.]+)~/.exec(text)?.[1]);
}

const USERS = 10;

/** People in one group, each with as many sockets as the run needs. */
export async function benchGroup(url: string) {
  const people = await Promise.all(Array.from({ length: USERS }, (_, i) => register(url, i)));
  const group = await new HttpClient(url, people[0].token).post("/api/groups", {
    name: "Fan-out",
    memberIds: people.slice(1).map(({ id }) => id),
  });
  const tokenOf = (index: number) => people[index % USERS].token;
  return { chatId: group.body.id as string, tokenOf };
}

/** The server's `/ws`. */
export async function chatTransport(url: string): Promise<Transport> {
  const { chatId, tokenOf } = await benchGroup(url);
  return {
    async open(port, index, onText) {
      const { promise: greeted, resolve } = Promise.withResolvers<void>();
      const decoder = new TextDecoder();
      let welcome = true;
      const listen = (payload: string) => {
        if (welcome) {
          welcome = false;
          if (!payload.includes('"ok":true')) throw new Error(payload);
          return resolve();
        }
        onText?.(payload);
      };
      const socket = await RawSocket.open(
        port,
        "/ws",
        onText ? listen : null,
        onText ? null : (bytes) => {
          if (welcome) listen(decoder.decode(bytes));
        },
      );
      const data = { token: tokenOf(index) };
      await socket.send(JSON.stringify({ id: 0, cmd: "hello", data }));
      await greeted;
      return socket;
    },
    frame: (index, sentAt) =>
      JSON.stringify({
        id: index,
        cmd: "message.send",
        data: { chatId, clientId: `c${index}-${sentAt}`, text: textOf(sentAt) },
      }),
    read: (text) =>
      [JSON.parse(text)].flat().filter((event) => event.event === "message.created")
        .map(({ rev, data }): ReceivedSignals => ({ rev, sentAt: sentAtOf(data.text) })),
  };
}

async function register(url: string, index: number) {
  const { status, body } = await new HttpClient(url).post("/api/auth/register", {
    username: `bench${index}-${crypto.randomUUID().slice(0, 8)}`,
    email: `bench${index}-${crypto.randomUUID()}@example.org`,
    password: "a password of the bench",
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { id: body.user.id as string, token: body.accessToken as string };
}
