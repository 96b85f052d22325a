/**
 * The operator's command `deno task reseal`, after a change of ENCRYPTION_KEY: seals every secret
 * in the store under the current key, so that the previous one can go. It works on the store that
 * the server is configured for, also while the server runs, once all instances have the new key.
 */
import { openStore } from "./adapters.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { AccountChanges } from "./auth/account_changes.ts";
import { ResealReport } from "./auth/reseal_report.ts";
import { resealSecondFactors } from "./auth/second_factor_seal.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { systemClock as clock } from "./core/clock.ts";
import { failureText } from "./core/failure_text.ts";
import { createBox } from "./feature_wiring.ts";
import type { Store } from "./store/store.ts";
import { resealWebhooks } from "./webhooks/reseal_secrets.ts";

/** Exit code EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

async function reseal(store: Store, config: Config): Promise<ResealReport> {
  const report = new ResealReport();
  const box = createBox(config);
  const changes = new AccountChanges({
    store,
    audit: new AuditTrail(store, clock),
    clock,
    onSessionsEnded: () => {},
    onDevicesRemoved: () => {},
  });
  await resealSecondFactors(store, { box, changes }, report);
  await resealWebhooks(store, box, report);
  return report;
}

/** Prints what was done; returns the exit code. */
function tell({ total, resealed, unreadable, names }: ResealReport): number {
  console.log(`Sealed ${resealed} of ${total} secrets again: the others have the current key`);
  if (unreadable === 0) {
    console.log(
      "Nothing stored needs the previous key any more (ENCRYPTION_KEY_PREVIOUS, or " +
        "JWT_SECRET_PREVIOUS where ENCRYPTION_KEY is not set). Links to files may, for 20 minutes",
    );
    return 0;
  }
  for (const name of names) console.error(`Cannot read ${name}`);
  console.error(
    `No configured key opens ${unreadable} secrets. Give the key that sealed them as ` +
      "ENCRYPTION_KEY_PREVIOUS; if it is lost, rotate the secrets of these webhooks and set the " +
      "message hook again. People sign in with a recovery code",
  );
  return 1;
}

async function main(): Promise<number> {
  const config = loadConfig();
  const store = await openStore(config);
  try {
    return tell(await reseal(store, config));
  } finally {
    await store.close();
  }
}

try {
  Deno.exit(await main());
} catch (error) {
  console.error(failureText(error));
  Deno.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}
