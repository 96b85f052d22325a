import "./core/require_deno.ts";
import { announce, cannotListen, onStop, start } from "./start.ts";

const SHUTDOWN_MS = 2_000;

const { app, config, log } = await start();
const server = listen();

onStop(log, () => app.drain(shutDown), () => Deno.exit(0));

/** Stops accepting, and waits for requests under way: not for a peer that never closes its socket. */
async function shutDown(): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS));
  await Promise.race([server.shutdown(), late]);
}

function listen(): Deno.HttpServer<Deno.NetAddr> {
  const { host: hostname, port } = config;
  try {
    return Deno.serve({ port, hostname, onListen: (address) => announce(log, address) }, app.fetch);
  } catch (error) {
    return cannotListen(config, error);
  }
}
