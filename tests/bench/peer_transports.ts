import { filled, sentAtOf, textOf } from "./bench_transports.ts";
import type { Transport } from "./fanout_load.ts";
import { RawSocket } from "./raw_socket.ts";
import { openSocketIo, socketIoCommand } from "./socketio_transports.ts";

const ROOM = "room";

/** The Express peer: a message goes in over Socket.IO and comes out after its insert. */
export const expressTransport: Transport = {
  open: (port, _index, onText) => openSocketIo(port, { chatId: ROOM }, onText),
  frame: (index, sentAt) =>
    socketIoCommand(index, { chatId: ROOM, senderId: "bench", text: textOf(sentAt) }),
  read: (packet) => {
    if (!packet.startsWith('42["message.created"')) return [];
    return [{ sentAt: sentAtOf(JSON.parse(packet.slice(2))[1].text), rev: 0 }];
  },
};

/** Bytes of centrifuge's frame around what was published, with the channel's name. */
const ENVELOPE = JSON.stringify({ push: { channel: ROOM, pub: { data: 0 } } }).length - 1;

/** `centrifuge`: clients publish to the channel that all subscribe, in its JSON protocol. */
export function centrifugeTransport(bytes: number): Transport {
  return {
    open: openCentrifuge,
    frame: (index, sentAt) => {
      const data = filled({ text: textOf(sentAt) }, bytes - ENVELOPE);
      return `{"id":${index + 3},"publish":{"channel":"${ROOM}","data":${data}}}`;
    },
    // Messages that were queued together come in one frame, a line each.
    separatorBytes: 1,
    read: (frame) =>
      frame.split("\n").filter((line) => line.startsWith('{"push"'))
        .map((line) => ({ sentAt: sentAtOf(JSON.parse(line).push.pub.data.text), rev: 0 })),
  };
}

async function openCentrifuge(
  port: number,
  _index: number,
  onText: ((text: string) => void) | null,
): Promise<RawSocket> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  let subscribed = false;
  const listen = (text: string) => {
    if (subscribed) return onText?.(text);
    subscribed = text.includes('"subscribe"');
    if (subscribed) resolve();
  };
  const skim = (bytes: Uint8Array) => {
    if (!subscribed) listen(decoder.decode(bytes));
  };
  const path = "/connection/websocket";
  const socket = await RawSocket.open(port, path, onText ? listen : null, onText ? null : skim);
  await socket.send('{"id":1,"connect":{}}');
  await socket.send(`{"id":2,"subscribe":{"channel":"${ROOM}"}}`);
  await promise;
  return socket;
}
