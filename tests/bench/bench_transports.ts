import { HttpClient } from "../support/http_client.ts";
import type { ReceivedSignals, Transport } from "./fanout_load.ts";
import { RawSocket } from "./raw_socket.ts";

/** Bytes of the event of a text of 120 characters, as connections get it that are not compact. */
const FULL_EVENT = 596;
const TEXT_LENGTH = 120;

/**
 * The bare broadcast: every client receives each sent frame unchanged. The frames are as long as
 * the events of the measured server, so that both move the same bytes.
 */
export function bareTransport(bytes = FULL_EVENT): Transport {
  return {
    open: (port, _index, onText) => RawSocket.open(port, "/", onText),
    frame: (index, sentAt) => filled({ index, text: textOf(sentAt) }, bytes),
    read: (text) =>
      [JSON.parse(text)].flat().map((each) => ({ sentAt: sentAtOf(each.text), rev: 0 })),
  };
}

/** Returns the object as JSON of so many bytes, or a few more. */
export function filled(data: object, bytes: number): string {
  const missing = bytes - JSON.stringify({ ...data, filler: "" }).length;
  return JSON.stringify({ ...data, filler: "x".repeat(Math.max(0, missing)) });
}

export function textOf(sentAt: number): string {
  return `A message of the usual length, sent at ${sentAt.toFixed(3)}~`.padEnd(
    TEXT_LENGTH,
    " and so on",
  );
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

/** The server's `/ws`; `compact` as the client library asks for it. */
export async function chatTransport(url: string, { compact = false } = {}): Promise<Transport> {
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
      const data = { token: tokenOf(index), ...(compact && { compact }) };
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
