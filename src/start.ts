import { type App, type AppOptions, createApp } from "./app.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { failureText } from "./core/failure_text.ts";
import { claimFolder } from "./core/folder_claim.ts";
import { jsonLog, type Log } from "./core/log.ts";
import { limitRepeats } from "./core/log_limit.ts";
import { writeLine, writeToConsole } from "./core/log_output.ts";
import { NO_TRACING } from "./core/tracing.ts";
import { openTracing } from "./core/tracing_otel.ts";
import { urlHost } from "./core/url_host.ts";
import { VERSION } from "./version.ts";

export { isStopNoted, noteStop } from "./config.ts";

/** Milliseconds: Deno Deploy ends a process five seconds after it asked it to stop. */
const DRAIN_MS = 4_800;

/** Windows has no SIGTERM, and listening to it is an error there. */
const STOP_SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGTERM", "SIGINT"];

export interface Started {
  app: App;
  config: Config;
  log: Log;
}

/** Exit code EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

/**
 * Creates configuration, log and app, the first step of every way of serving. A fault is reported
 * to the operator and ends the program.
 */
export async function start(options: AppOptions = {}): Promise<Started> {
  try {
    const config = loadConfig();
    const tracing = config.telemetry ? await openTracing() : NO_TRACING;
    const write = config.telemetry ? writeToConsole : writeLine;
    const log = limitRepeats(jsonLog(config.logLevel, write, {}, () => tracing.ids()));
    for (const notice of config.notices) log.info(notice);
    const app = await createApp(config, log, { ...options, tracing });
    warnOfAnother(config, log, options);
    return { app, config, log };
  } catch (error) {
    if (error instanceof ConfigError) giveUp(error.message, EXIT_CONFIG);
    return giveUp(`Cannot start the server: ${failureText(error)}`);
  }
}

/**
 * Two servers share SQLite's file without a fault, but nothing brings signals from one to the other
 * unless a broker does: mostly one of them was forgotten.
 */
function warnOfAnother(config: Config, log: Log, { instances }: AppOptions): void {
  const { dataDir, mongodbUri, broker } = config;
  const hasBroker = broker.kind === "mongo" || (broker.kind === "kv" && broker.kvUrl !== null);
  if (mongodbUri !== null || hasBroker) return;
  if (claimFolder(dataDir, { isShared: instances !== undefined })) return;
  log.warn(
    "Another server uses this DATA_DIR, so that people get what happens at the other one seconds " +
      "late: end one of them, unless it is just stopping. `deno task start:parallel` uses all cores",
    { dataDir },
  );
}

/** Logs the address of the server, for people and programs. */
export function announce(log: Log, { hostname, port }: Deno.NetAddr): void {
  const everywhere = hostname === "0.0.0.0" || hostname === "::";
  const url = `http://${everywhere ? "localhost" : urlHost(hostname)}:${port}`;
  log.info("Listening", {
    version: VERSION,
    url,
    docs: `${url}/docs`,
    openapi: `${url}/api/openapi.json`,
  });
}

/** Reports why listening failed and what to change, and ends the program. */
export function cannotListen({ host, port }: Pick<Config, "host" | "port">, error: unknown): never {
  const cure = error instanceof Deno.errors.AddrInUse
    ? "end what listens there, or set PORT to another one"
    : "set HOST and PORT to an address of this machine that it may use";
  return giveUp(`Cannot listen on ${urlHost(host)}:${port}: ${failureText(error)}; ${cure}`);
}

function giveUp(message: string, code = 1): never {
  console.error(message);
  Deno.exit(code);
}

/**
 * Runs `drain` once, when the process is asked to stop, and `done` after it. A drain that takes too
 * long ends the process: the platform would kill it at about the same time. Returns the function
 * that a signal calls.
 */
export function onStop(
  log: Log,
  drain: () => Promise<void>,
  done: () => void,
): (signal: Deno.Signal) => Promise<void> {
  let draining = false;
  const stop = async (signal: Deno.Signal) => {
    if (draining) return;
    draining = true;
    const began = performance.now();
    log.info("Draining", { signal });
    const late = setTimeout(() => {
      log.error("Drain timed out");
      Deno.exit(1);
    }, DRAIN_MS);
    try {
      await drain();
    } catch (error) {
      log.error("Draining failed", { error });
    }
    clearTimeout(late);
    log.info("Drained", { ms: Math.round(performance.now() - began) });
    done();
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, () => void stop(signal));
  return stop;
}
