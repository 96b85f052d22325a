/**
 * The operator's command: `deno task admin grant <username>`, `revoke <username>` and `list`. It
 * works on the store that the server is configured for, also while the server runs.
 */
import { openStore } from "./adapters.ts";
import { AccountChanges } from "./auth/account_changes.ts";
import { emailKeyOf, usernameKeyOf } from "./auth/account_keys.ts";
import { AuditTrail } from "./audit/audit_trail.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { systemClock } from "./core/clock.ts";
import { failureText } from "./core/failure_text.ts";
import type { User } from "./model/user.ts";
import type { Store } from "./store/store.ts";
import { Administrators } from "./users/administrators.ts";

const USAGE = "Usage: deno task admin grant <username> | revoke <username> | list";
/** Exit codes EX_USAGE and EX_CONFIG of sysexits.h. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

function administratorsOf(store: Store, config: Config): Administrators {
  const clock = systemClock;
  const changes = new AccountChanges({
    store,
    audit: new AuditTrail(store, clock),
    clock,
    onSessionsEnded: () => {},
    onDevicesRemoved: () => {},
  });
  const { adminEmails, adminSecondFactor: requireSecondFactor } = config;
  const keyOf = (identifier: string) =>
    identifier.includes("@") ? emailKeyOf(identifier) : usernameKeyOf(identifier);
  return new Administrators({ store, changes, clock, adminEmails, requireSecondFactor, keyOf });
}

/** Returns one line of `list`. */
function describe(administrators: Administrators, user: User): string {
  const { by, withheld } = administrators.standingOf(user);
  const state = withheld === null ? "administrator" : `withheld: ${withheld}`;
  return [user.username, user.email, `by ${by}`, state].join("\t");
}

async function run([command, username, ...rest]: string[], administrators: Administrators) {
  if (command === "list" && username === undefined) {
    for (const user of await administrators.list()) console.log(describe(administrators, user));
    return 0;
  }
  if ((command !== "grant" && command !== "revoke") || !username || rest.length > 0) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const user = await administrators[command](username);
  const { by, withheld } = administrators.standingOf(user);
  if (by === null) console.log(`${user.username} is not an administrator`);
  else if (withheld === null) console.log(`${user.username} is an administrator by ${by}`);
  else console.log(`${user.username} is an administrator by ${by}, withheld: ${withheld}`);
  return 0;
}

async function main(): Promise<number> {
  const config = loadConfig();
  const store = await openStore(config);
  try {
    return await run(Deno.args, administratorsOf(store, config));
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
