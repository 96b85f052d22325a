import type { AuthServices } from "../auth/handlers.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Presence } from "../realtime/presence.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Typing } from "../realtime/typing.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import { AccountData } from "./account_data.ts";
import { AccountErasure } from "./account_erasure.ts";
import { Administrators } from "./administrators.ts";
import { Blocks } from "./blocks.ts";
import type { PersonalData } from "./personal_data.ts";
import { PersonalDataExport } from "./personal_data_export.ts";
import { type AvatarSource, Profiles } from "./profiles.ts";

export interface UsersOptions {
  store: Store;
  clock: Clock;
  log: Log;
  auth: AuthServices;
  avatars: AvatarSource;
  publisher: Pick<Publisher, "toUsers">;
  typing: Pick<Typing, "hideBetween">;
  presence: Pick<Presence, "blockChanged">;
  limits: { blocks: number };
  customFilters: { user: readonly string[] };
  adminEmails: readonly string[];
  /** Called after a user's name, avatar or bio has changed. */
  onProfileChanged(user: User): void;
  adminSecondFactor: boolean;
  /** Personal data stored by other features; the account itself is erased last. */
  personalData: readonly PersonalData[];
}

export interface UserServices {
  profiles: Profiles;
  blocks: Blocks;
  administrators: Administrators;
  erasure: AccountErasure;
  personalDataExport: PersonalDataExport;
}

/** Creates the services of this feature and connects them. */
export function createUsers(options: UsersOptions): UserServices {
  const { store, clock, log, auth, publisher, limits, adminEmails } = options;
  const { audit } = auth;
  const account = new AccountData(store);
  const administrators = new Administrators({
    ...auth,
    store,
    clock,
    adminEmails,
    requireSecondFactor: options.adminSecondFactor,
    keyOf: (identifier) => auth.accounts.keyOf(identifier),
  });
  return {
    profiles: new Profiles({
      store,
      clock,
      avatars: options.avatars,
      onChanged: options.onProfileChanged,
      filters: options.customFilters.user,
    }),
    blocks: new Blocks({
      store,
      publisher,
      audit,
      clock,
      onChanged: async (blockerId, blockedId, blocked) => {
        if (blocked) options.typing.hideBetween(blockerId, blockedId);
        await options.presence.blockChanged(blockerId, blockedId);
      },
      limits,
    }),
    administrators,
    erasure: new AccountErasure({
      ...auth,
      store,
      clock,
      log,
      data: [...options.personalData, account],
    }),
    personalDataExport: new PersonalDataExport([account, ...options.personalData], clock),
  };
}
