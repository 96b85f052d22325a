import { ChatError } from "./chat_error.ts";
import type { ClientEvents } from "./client_events.ts";
import type { UnopenedSocket } from "./connection_fault.ts";
import type { Emitter } from "./emitter.ts";
import type { ConnectionState } from "./socket.ts";

type Client = Emitter<ClientEvents> & { readonly state: ConnectionState };

/** See `ChatClient.online`. */
export function untilOnline(client: Client): Promise<void> {
  const stops: (() => void)[] = [];
  return new Promise<void>((resolve, reject) => {
    const end = () => reject(new ChatError("signed_out", "The session has ended: sign in again"));
    const look = () => {
      if (client.state === "online") resolve();
      if (client.state === "refused") end();
    };
    stops.push(client.on("signedOut", end));
    stops.push(client.on("state", look));
    stops.push(client.on("fault", (error) => isLasting(error) && reject(error)));
    look();
  }).finally(() => stops.forEach((stop) => stop()));
}

/** Emits as a fault why a WebSocket did not open, if the network is not the reason. */
export async function explainUnopened(client: Client, socket: UnopenedSocket): Promise<void> {
  // Without a network, that file cannot be loaded either.
  const fault = await import("./connection_fault.ts").then(
    (it) => it.socketFault(socket),
    () => null,
  );
  if (fault && client.state !== "online") client.emit("fault", fault);
}

/** True for a fault of the program, its URL or a proxy, which waiting does not cure. */
function isLasting(error: unknown): boolean {
  return error instanceof ChatError && ["misuse", "bad_answer"].includes(error.code);
}
