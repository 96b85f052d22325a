import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Groups } from "../chats/groups.ts";
import type { AuthServices } from "../auth/handlers.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import type { ModerationServices } from "./handlers.ts";
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
  writer: ChatWriter;
  groups: Pick<Groups, "expel">;
  clock: Clock;
  log: Log;
  dayCounter: DayCounter;
}

/** Creates the services of this feature. */
export function createModeration(options: ModerationFeatureOptions): ModerationServices {
  const { store, auth, writer, groups, clock, log, dayCounter } = options;
  const { audit, accounts } = auth;
  const keyOf = (identifier: string) => accounts.keyOf(identifier);
  return {
    people: new PeopleDirectory({ store, audit, clock, keyOf }),
    chats: new ChatDirectory(store),
    freezing: new ChatFreezing(writer, clock),
    groups,
    messages: new MessageDirectory(store, audit),
    statistics: new Statistics({ store, clock, log, flush: () => dayCounter.flush() }),
    removal: new MessageRemoval(store, writer),
  };
}
