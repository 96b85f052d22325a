import { type App, type AppOptions, createApp } from "./app.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { jsonLog, type Log } from "./core/log.ts";

/** Deno Deploy ends a process five seconds after it asked it to stop. */
const DRAIN_MS = 4_800;

export interface Started {
  app: App;
  config: Config;
  log: Log;
}

/** Configuration, log and app: what every way of serving begins with. */
export async function start(options: AppOptions = {}): Promise<Started> {
  const config = configOrExit();
  const log = jsonLog(config.logLevel);
  for (const notice of config.notices) log.info(notice);
  return { app: await createApp(config, log, options), config, log };
}

/**
 * Runs `drain` once, when the process is asked to stop, and `done` after it. A drain that takes too
 * long ends the process: whoever asked would kill it at about the same time.
 */
export function onStop(log: Log, drain: () => Promise<void>, done: () => void): void {
  const signals = ["SIGTERM", "SIGINT"] as const;
  let draining = false;
  for (const signal of signals) {
    Deno.addSignalListener(signal, async () => {
      if (draining) return;
      draining = true;
      log.info("Draining", { signal });
      const late = setTimeout(() => {
        log.error("Draining took too long");
        Deno.exit(1);
      }, DRAIN_MS);
      try {
        await drain();
      } catch (error) {
        log.error("Draining failed", { error });
      }
      clearTimeout(late);
      done();
    });
  }
}

/** Says what is wrong with the configuration, all of it, and stops. */
function configOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(78); // EX_CONFIG of sysexits.h
  }
}
