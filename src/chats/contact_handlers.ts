import { bind, type Bound } from "../operations/handler.ts";
import { receivedRequestView, sentRequestView } from "../api/views/contact.ts";
import type { ChatReader } from "./chat_reader.ts";
import type { ContactChoices } from "./contact_choices.ts";
import * as operations from "../api/operations/contacts.ts";
import type { ContactRequests } from "./contact_requests.ts";
import type { Groups } from "./groups.ts";
import { rosterView } from "./handlers.ts";

export interface ContactServices {
  choices: ContactChoices;
  requests: ContactRequests;
  groups: Groups;
  reader: ChatReader;
}

export function contactHandlers({ choices, requests, groups, reader }: ContactServices): Bound[] {
  return [
    bind(operations.getContactSettings, ({ userId }) => choices.of(userId)),
    bind(operations.changeContactSettings, ({ userId }, patch) => choices.change(userId, patch)),
    bind(operations.listRequests, async ({ userId }, query) => {
      const { items, next } = await requests.received(userId, query);
      return {
        items: items.map(({ request, from, chat, text }) =>
          receivedRequestView(request, from, chat, text)
        ),
        next,
      };
    }),
    bind(operations.listSentRequests, async ({ userId }, query) => {
      const { items, next } = await requests.sent(userId, query);
      return { items: items.map(sentRequestView), next };
    }),
    bind(operations.acceptRequest, async (caller, { requestId }) => {
      const { id } = await requests.accept(caller.userId, requestId, caller);
      return rosterView(await reader.roster(caller.userId, id));
    }),
    bind(operations.declineRequest, ({ userId }, { requestId }) => {
      return requests.decline(userId, requestId);
    }),
    bind(operations.withdrawRequest, ({ userId }, { requestId }) => {
      return requests.withdraw(userId, requestId);
    }),
    bind(operations.inviteToGroup, async ({ userId }, { groupId, userIds }) => {
      return { notAdded: await groups.invite(userId, groupId, userIds) };
    }),
  ];
}
