/**
 * The server for `deno serve --parallel`: this module is loaded once for each core, and each copy
 * is a separate instance. They share the database and, as all instances do, Deno KV or MongoDB; a
 * local KV file suffices, because a watch on it sees all threads of its process. Signals between
 * these threads are not written to it.
 *
 * Requests are spread over the instances whichever client sends them. Long-polling needs the same
 * instance each time, so it is not offered here: Socket.IO is WebSocket only.
 */
import "./core/require_deno.ts";
import { delay } from "./core/delay.ts";
import { endLate } from "./end_late.ts";
import { keepServing } from "./keep_serving.ts";
import { Listener } from "./listener.ts";
import { announce, isStopNoted, noteStop, onStop, start } from "./start.ts";

/** Milliseconds after which the process ends, whatever is still running. */
const LINGER_MS = 4_000;

const { app, config, log } = await start({
  polling: false,
  instances: navigator.hardwareConcurrency,
});
// Only the first thread knows its address; the task passes HOST and PORT to all of them.
let address: Pick<Deno.NetAddr, "hostname" | "port"> = { hostname: config.host, port: config.port };

const listener = new Listener({
  fetch: app.fetch,
  log,
  reusePort: true,
  onListen: () => {},
  onFailure: () => app.faults.acceptFailed(),
});

// `deno serve` does not listen again after accepting failed, so this thread listens by itself.
keepServing({
  log,
  onRejection: () => app.faults.rejectionUnhandled(),
  onAcceptFailure: (error) => listener.resume(address, error),
});

// `deno serve` stops accepting by itself, closes sockets with 1001 (going away) before the drain
// could with 1012, and ends when nothing runs in any instance: an exit here would cut off instances
// that are still draining.
const stop = onStop(log, () => {
  noteStop();
  return app.drain(() => listener.shutdown());
}, () => {
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), LINGER_MS));
});

if (isStopNoted()) {
  await endLate({
    stop: () => stop("SIGTERM"),
    linger: () => delay(LINGER_MS),
    exit: () => Deno.exit(0),
  });
}

export default {
  fetch: app.fetch,
  onListen(listening) {
    address = listening as Deno.NetAddr;
    announce(log, listening as Deno.NetAddr);
  },
} satisfies Deno.ServeDefaultExport;
