import { type App, createApp } from "./app.ts";
import { ConfigError, loadConfig } from "./config.ts";
import { jsonLog } from "./core/log.ts";

/** Deno Deploy ends a process five seconds after it asked it to stop. */
const DRAIN_MS = 5_000;

/** Says what is wrong with the configuration, all of it, and stops. */
function configOrExit() {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(78); // EX_CONFIG of sysexits.h
  }
}

const config = configOrExit();
const log = jsonLog(config.logLevel);
for (const notice of config.notices) log.info(notice);
const app = await createApp(config, log);

serve(app);

function serve(app: App): void {
  const { port, host: hostname } = config;
  const server = Deno.serve({ port, hostname, onListen: announce }, app.fetch);
  let draining = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, async () => {
      if (draining) return;
      draining = true;
      log.info("Draining", { signal });
      const late = setTimeout(() => Deno.exit(1), DRAIN_MS);
      await app.drain();
      await server.shutdown();
      clearTimeout(late);
      Deno.exit(0);
    });
  }
}

function announce({ hostname, port }: Deno.NetAddr): void {
  const url = `http://${
    hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname
  }:${port}`;
  log.info("Listening", { url, docs: `${url}/docs`, openapi: `${url}/api/openapi.json` });
}
