import {
  databaseSkew,
  fcmDryRun,
  openBlobs,
  openMailer,
  openStore,
  parseVapid,
  tryKv,
} from "./adapters.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { silentLog } from "./core/log.ts";
import { examine } from "./doctor/checks.ts";
import { fault, type Finding } from "./doctor/finding.ts";
import { sealsDue } from "./seals_due.ts";
import { VERSION } from "./version.ts";

export async function diagnose(load: () => Config): Promise<Finding[]> {
  let config: Config;
  try {
    config = load();
  } catch (error) {
    if (error instanceof ConfigError) return [fault("Configuration", error.message)];
    throw error;
  }
  return await examine(config, {
    openStore: () => openStore(config),
    sealsDue: (store) => sealsDue(store, config),
    openBlobs: () => openBlobs(config),
    openMailer: () => openMailer(config, silentLog),
    tryKv: () => tryKv(config.broker),
    fcmDryRun: () => fcmDryRun(config.fcm!),
    parseVapid: () => parseVapid(config.vapid!),
    databaseSkew: () => databaseSkew(config.mongodbUri!),
  });
}

const MARKS = { fine: "  ok  ", warning: " WARN ", fault: "FAULT " } as const;

function lineOf({ verdict, subject, text }: Finding): string {
  return `${MARKS[verdict]} ${subject}: ${text}`;
}

/**
 * `deno task doctor`: checks the configuration against its services, and reports faults in
 * sentences.
 */
if (import.meta.main) {
  const findings = await diagnose(() => loadConfig());
  console.log(`RealTimeChat ${VERSION}`);
  for (const finding of findings) console.log(lineOf(finding));
  Deno.exit(findings.some(({ verdict }) => verdict === "fault") ? 1 : 0);
}
