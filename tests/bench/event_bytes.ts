import { within } from "../support/within.ts";
import type { Transport } from "./fanout_load.ts";

/** Returns the bytes of the frame in which a receiver gets one message. */
export async function eventBytes(url: string, transport: Transport): Promise<number> {
  const port = Number(new URL(url).port);
  const { promise, resolve } = Promise.withResolvers<number>();
  const receiver = await transport.open(port, 0, (text) => {
    if (transport.read(text).length === 1) resolve(new TextEncoder().encode(text).length);
  });
  const sender = await transport.open(port, 1, null);
  try {
    await sender.send(transport.frame(0, performance.now()));
    return await within("the message arrives", promise);
  } finally {
    receiver.close();
    sender.close();
  }
}
