import { ResealReport } from "./auth/reseal_report.ts";
import { resealSecondFactors } from "./auth/second_factor_seal.ts";
import type { SecretBox } from "./auth/secret_box.ts";
import type { Config } from "./config.ts";
import type { SealsDue } from "./doctor/seal_findings.ts";
import { createBox } from "./feature_wiring.ts";
import type { Store } from "./store/store.ts";
import { resealWebhooks } from "./webhooks/reseal_secrets.ts";

/** Nothing is sealed again, so no account changes. */
const UNCHANGED = {
  byServer: () => Promise.reject(new Error("Cannot change an account: seals are only counted")),
};

/** Counts what `deno task reseal` would seal again; only reads. */
export async function sealsDue(store: Store, config: Config): Promise<SealsDue> {
  const box = createBox(config);
  const report = new ResealReport();
  let due = 0;
  const counting: SecretBox = {
    ...box,
    async reseal(sealed, owner) {
      if (await box.reseal(sealed, owner) !== null) due++;
      return null;
    },
  };
  await resealSecondFactors(store, { box: counting, changes: UNCHANGED }, report);
  await resealWebhooks(store, counting, report);
  const { total, unreadable, names } = report;
  return { total, due, unreadable, names };
}
