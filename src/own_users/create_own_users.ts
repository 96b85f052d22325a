import type { AuthServices } from "../auth/handlers.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { FetchedPictures } from "../media/fetched_pictures.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { UserServices } from "../users/create_users.ts";
import type { OwnUserServices } from "./handlers.ts";
import { OwnSessions } from "./own_sessions.ts";
import { OwnUsers } from "./own_users.ts";
import { Pictures } from "./pictures.ts";

export interface OwnUsersFeatureOptions {
  store: Store;
  auth: AuthServices;
  users: UserServices;
  fetched: FetchedPictures;
  clock: Clock;
  log: Log;
  onProfileChanged(user: User): void;
}

/** Creates the services of this feature and connects them. */
export function createOwnUsers(options: OwnUsersFeatureOptions): OwnUserServices {
  const { store, auth, users, fetched, clock, log } = options;
  const people = new OwnUsers({
    ...auth,
    store,
    clock,
    onProfileChanged: options.onProfileChanged,
  });
  return {
    people,
    sessions: new OwnSessions({ ...auth, store, people, clock }),
    pictures: new Pictures({ store, profiles: users.profiles, fetched, log }),
    erasure: users.erasure,
  };
}
