/**
 * The operator's command: `deno task admin grant <username>`, `revoke <username>` and `list`. It
 * works on the store that the server is configured for, also while the server runs.
 */
import { emailKeyOf, usernameKeyOf } from "./auth/account_keys.ts";
import { accountChanges, EXIT_USAGE, runCommand, withStore } from "./command.ts";
import { type Config, loadConfig } from "./config.ts";
import { systemClock as clock } from "./core/clock.ts";
import type { User } from "./model/user.ts";
import type { Store } from "./store/store.ts";
import { Administrators } from "./users/administrators.ts";

const USAGE = "Usage: deno task admin grant <username> | revoke <username> | list";

function administratorsOf(store: Store, config: Config): Administrators {
  const changes = accountChanges(store);
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

await runCommand(() => {
  const config = loadConfig();
  return withStore(config, (store) => run(Deno.args, administratorsOf(store, config)));
});
