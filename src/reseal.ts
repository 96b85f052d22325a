/**
 * The operator's command `deno task reseal`, after a change of ENCRYPTION_KEY: seals every secret
 * in the store under the current key, so that the previous one can go. It works on the store that
 * the server is configured for, also while the server runs, once all instances have the new key.
 */
import { ResealReport } from "./auth/reseal_report.ts";
import { resealSecondFactors } from "./auth/second_factor_seal.ts";
import { accountChanges, runCommand, withStore } from "./command.ts";
import { type Config, loadConfig } from "./config.ts";
import { createBox } from "./feature_wiring.ts";
import type { Store } from "./store/store.ts";
import { resealWebhooks } from "./webhooks/reseal_secrets.ts";

async function reseal(store: Store, config: Config): Promise<ResealReport> {
  const report = new ResealReport();
  const box = createBox(config);
  await resealSecondFactors(store, { box, changes: accountChanges(store) }, report);
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

await runCommand(() => {
  const config = loadConfig();
  return withStore(config, async (store) => tell(await reseal(store, config)));
});
