import { onStop, start } from "./start.ts";

const SHUTDOWN_MS = 2_000;

const { app, config, log } = await start();
const server = Deno.serve(
  { port: config.port, hostname: config.host, onListen: announce },
  app.fetch,
);

onStop(log, () => app.drain(shutDown), () => Deno.exit(0));

/** Stops accepting, and waits for requests under way: not for a peer that never closes its socket. */
async function shutDown(): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS));
  await Promise.race([server.shutdown(), late]);
}

function announce({ hostname, port }: Deno.NetAddr): void {
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  const url = `http://${everywhere ? "localhost" : hostname}:${port}`;
  log.info("Listening", { url, docs: `${url}/docs`, openapi: `${url}/api/openapi.json` });
}
