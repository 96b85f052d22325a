import type { AuthServices } from "../auth/handlers.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import { Bots } from "./bots.ts";
import { Commands, type CommandsOptions } from "./commands.ts";
import type { BotServices } from "./handlers.ts";
import { Hooks, type HooksOptions } from "./hooks.ts";

export interface BotsFeatureOptions extends Omit<HooksOptions, "bots" | "store"> {
  store: Store;
  auth: AuthServices;
  publisher: CommandsOptions["publisher"];
  log: Log;
}

/** Creates the services of this feature, and passes commands on from now on. */
export function createBots(options: BotsFeatureOptions): BotServices {
  const { store, auth, clock, access, publisher, log, writer } = options;
  const bots = new Bots({ ...auth, store, clock });
  const commands = new Commands({ store, access, publisher, log });
  writer.onCommit((commit) => commands.committed(commit));
  return { bots, commands, hooks: new Hooks({ ...options, bots }) };
}
