import { benchGroup, sentAtOf, textOf } from "./bench_transports.ts";
import type { ReceivedSignals, Transport } from "./fanout_load.ts";
import { RawSocket } from "./raw_socket.ts";

const PATH = "/socket.io/?EIO=4&transport=websocket";

/** This server's transport: durable messages of people in one group. */
export async function chatSocketIoTransport(url: string): Promise<Transport> {
  const { chatId, tokenOf } = await benchGroup(url);
  return {
    open: (port, index, onText) => openSocketIo(port, { token: tokenOf(index) }, onText),
    frame: (index, sentAt) =>
      socketIoCommand(index, { chatId, clientId: `c${index}-${sentAt}`, text: textOf(sentAt) }),
    read: readEvents,
  };
}

/** `socket.io` that only broadcasts: each message is as long as one of the server's events. */
export const nodeSocketIoTransport: Transport = {
  open: (port, _index, onText) => openSocketIo(port, {}, onText),
  frame: (index, sentAt) =>
    socketIoCommand(index, {
      rev: index + 1,
      data: { text: textOf(sentAt), filler: "x".repeat(400) },
    }),
  read: (text) => readEvents(text).map(({ sentAt }) => ({ sentAt, rev: 0 })),
};

/** Both servers acknowledge. */
export function socketIoCommand(index: number, data: unknown): string {
  return `42${index}${JSON.stringify(["message.send", data])}`;
}

function readEvents(packet: string): ReceivedSignals[] {
  if (!packet.startsWith('42["message.created"')) return [];
  const [, { rev, data }] = JSON.parse(packet.slice(2));
  return [{ rev, sentAt: sentAtOf(data.text) }];
}

/**
 * The handshakes of Engine.IO (open) and Socket.IO (connect), up to the greeting of either server.
 */
export async function openSocketIo(
  port: number,
  auth: object,
  onText: ((text: string) => void) | null,
): Promise<RawSocket> {
  const { promise: greeted, resolve } = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  let welcome = true;
  const listen = (packet: string) => {
    if (!welcome) return onText?.(packet);
    if (packet.startsWith("44")) throw new Error(packet);
    if (!packet.startsWith('42["hello"')) return;
    welcome = false;
    resolve();
  };
  const skim = (bytes: Uint8Array) => {
    if (welcome) listen(decoder.decode(bytes));
  };
  const socket = await RawSocket.open(port, PATH, onText ? listen : null, onText ? null : skim);
  await socket.send(`40${JSON.stringify(auth)}`);
  await greeted;
  return socket;
}
