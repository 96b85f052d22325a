import type { AuthServices } from "../auth/handlers.ts";
import type { OwnTokens } from "../auth/own_tokens.ts";
import type { OwnTokenSessions } from "../auth/own_token_sessions.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { FetchedPictures } from "../media/fetched_pictures.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { UserServices } from "../users/create_users.ts";
import type { OwnUserServices } from "./handlers.ts";
import { OwnAuthentication } from "./own_authentication.ts";
import { OwnSessions } from "./own_sessions.ts";
import { OwnUsers } from "./own_users.ts";
import { Pictures } from "./pictures.ts";

export interface OwnUsersFeatureOptions {
  store: Store;
  auth: AuthServices;
  users: UserServices;
  fetched: FetchedPictures;
  /** Verifies the customer's tokens; null if there are none. */
  tokens: OwnTokens | null;
  tokenSessions: OwnTokenSessions;
  clock: Clock;
  log: Log;
  onProfileChanged(user: User): void;
}

export interface CreatedOwnUsers extends OwnUserServices {
  authentication: OwnAuthentication | null;
}

/** Creates the services of this feature and connects them. */
export function createOwnUsers(options: OwnUsersFeatureOptions): CreatedOwnUsers {
  const { store, auth, users, fetched, clock, log } = options;
  const people = new OwnUsers({
    ...auth,
    store,
    clock,
    onProfileChanged: options.onProfileChanged,
  });
  const pictures = new Pictures({ store, profiles: users.profiles, fetched, log });
  const { tokens, tokenSessions: sessions } = options;
  return {
    authentication: tokens && new OwnAuthentication({ store, tokens, sessions, people, pictures }),
    people,
    sessions: new OwnSessions({ ...auth, store, people, clock }),
    pictures,
    erasure: users.erasure,
  };
}
