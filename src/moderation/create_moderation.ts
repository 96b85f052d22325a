import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Groups } from "../chats/groups.ts";
import type { AuthServices } from "../auth/handlers.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import type { UserServices } from "../users/create_users.ts";
import type { ModerationServices } from "./handlers.ts";
import { AccountModeration } from "./account_moderation.ts";
import { Reports } from "./reports.ts";
import { ChatDirectory } from "./chat_directory.ts";
import { ChatFreezing } from "./chat_freezing.ts";
import { MessageDirectory } from "./message_directory.ts";
import { MessageRemoval } from "./message_removal.ts";
import type { DayCounter } from "./day_counter.ts";
import { Statistics } from "./statistics.ts";
import { PeopleDirectory } from "./people_directory.ts";

export interface ModerationFeatureOptions {
  store: Store;
  auth: AuthServices;
  users: Pick<UserServices, "administrators">;
  writer: ChatWriter;
  groups: Pick<Groups, "expel">;
  clock: Clock;
  log: Log;
  dayCounter: DayCounter;
  /** True if the caller may learn that the person exists. */
  mayName(callerId: string, userId: string): Promise<boolean>;
  /** Called after somebody was shadowed, or is no more. */
  onShadowed(): Promise<void>;
}

/** Creates the services of this feature. */
export function createModeration(options: ModerationFeatureOptions): ModerationServices {
  const { store, auth, users, writer, groups, clock, log, dayCounter } = options;
  const { audit, accounts } = auth;
  const keyOf = (identifier: string) => accounts.keyOf(identifier);
  return {
    reports: new Reports({ store, audit, clock, mayName: options.mayName }),
    accounts: new AccountModeration({
      ...auth,
      clock,
      onShadowed: options.onShadowed,
      isAdministrator: (user) => users.administrators.standingOf(user).by !== null,
    }),
    people: new PeopleDirectory({ store, audit, clock, keyOf }),
    chats: new ChatDirectory(store),
    freezing: new ChatFreezing(writer, clock),
    groups,
    messages: new MessageDirectory(store, audit),
    statistics: new Statistics({ store, clock, log, flush: () => dayCounter.flush() }),
    removal: new MessageRemoval(store, writer),
  };
}
