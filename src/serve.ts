/**
 * The server for `deno serve --parallel`: this module is loaded once for each core, and each is an
 * instance of its own. They share the database and, as all instances do, Deno KV or MongoDB; a local
 * KV file will do, since a watch on it hears all threads of its process.
 *
 * Requests are spread over the instances without regard to who asks, so long-polling, which needs
 * the same one each time, is not offered here: Socket.IO is WebSocket only.
 */
import "./core/require_deno.ts";
import { keepServing } from "./keep_serving.ts";
import { Listener } from "./listener.ts";
import { announce, onStop, start } from "./start.ts";

/** Past this, whatever still holds the process does not matter. */
const LINGER_MS = 4_000;

const { app, config, log } = await start({
  polling: false,
  instances: navigator.hardwareConcurrency,
});
// Only the first thread is told where it listens; the task gives HOST and PORT to all of them.
let address: Pick<Deno.NetAddr, "hostname" | "port"> = { hostname: config.host, port: config.port };

const listener = new Listener({
  fetch: app.fetch,
  log,
  reusePort: true,
  onListen: () => {},
  onFailure: () => app.faults.acceptFailed(),
});

// `deno serve` does not listen again where accepting failed: this thread then does it by itself.
keepServing({
  log,
  onRejection: () => app.faults.rejectionUnhandled(),
  onAcceptFailure: (error) => listener.resume(address, error),
});

// `deno serve` stops accepting by itself, closes sockets with 1001 (going away) before anyone could with
// 1012, and ends when nothing runs in any instance: to exit here would cut off those still draining.
onStop(log, () => app.drain(() => listener.shutdown()), () => {
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), LINGER_MS));
});

export default {
  fetch: app.fetch,
  onListen(listening) {
    address = listening as Deno.NetAddr;
    announce(log, listening as Deno.NetAddr);
  },
} satisfies Deno.ServeDefaultExport;
