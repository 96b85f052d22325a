import type { AuthServices } from "../auth/handlers.ts";
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { ModerationServices } from "./handlers.ts";
import { PeopleDirectory } from "./people_directory.ts";

export interface ModerationFeatureOptions {
  store: Store;
  auth: AuthServices;
  clock: Clock;
}

/** Creates the services of this feature. */
export function createModeration(options: ModerationFeatureOptions): ModerationServices {
  const { store, auth, clock } = options;
  const { audit, accounts } = auth;
  const keyOf = (identifier: string) => accounts.keyOf(identifier);
  return { people: new PeopleDirectory({ store, audit, clock, keyOf }) };
}
