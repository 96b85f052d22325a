import * as people from "../api/operations/admin_people.ts";
import type { Clock } from "../core/clock.ts";
import { bind, type Bound } from "../operations/handler.ts";
import type { PeopleDirectory } from "./people_directory.ts";
import { accountView } from "./account_view.ts";

export interface ModerationServices {
  people: PeopleDirectory;
}

export function administrationHandlers(services: ModerationServices, clock: Clock): Bound[] {
  return peopleHandlers(services.people, clock);
}

function peopleHandlers(directory: PeopleDirectory, clock: Clock): Bound[] {
  return [
    bind(people.listAllUsers, async (caller, query) => {
      const { items, next } = await directory.list(caller, query);
      return { items: items.map((one) => accountView(one, caller, clock.now())), next };
    }),
    bind(people.getAnyUser, async (caller, { userId }) => {
      return accountView(await directory.get(userId), caller, clock.now());
    }),
  ];
}
