import { openStore } from "./adapters.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { AccountChanges } from "./auth/account_changes.ts";
import { type Config, ConfigError } from "./config.ts";
import { systemClock as clock } from "./core/clock.ts";
import { failureText } from "./core/failure_text.ts";
import type { Store } from "./store/store.ts";

/** Exit codes EX_USAGE and EX_CONFIG of sysexits.h. */
export const EXIT_USAGE = 64;
export const EXIT_CONFIG = 78;

/** Runs an operator's command, prints what made it fail, and ends the process. */
export async function runCommand(main: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(failureText(error));
    Deno.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
}

/** Opens the store that the server is configured for, also while the server runs. */
export async function withStore<T>(
  config: Config,
  run: (store: Store) => T | Promise<T>,
): Promise<T> {
  const store = await openStore(config);
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

/** Changes accounts in the store beside a running server, which is not notified. */
export function accountChanges(store: Store): AccountChanges {
  return new AccountChanges({
    store,
    audit: new AuditTrail(store, clock),
    clock,
    onSessionsEnded: () => {},
    onDevicesRemoved: () => {},
  });
}
