import * as moderation from "../api/operations/moderation.ts";
import * as people from "../api/operations/admin_people.ts";
import * as chats from "../api/operations/admin_chats.ts";
import * as messages from "../api/operations/admin_messages.ts";
import { adminReportView, reportView } from "../api/views/report.ts";
import { messageView } from "../api/views/message.ts";
import { chatView } from "../api/views/chat.ts";
import { memberView } from "../api/views/member.ts";
import type { Groups } from "../chats/groups.ts";
import { type Clock, toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import type { Chat } from "../model/chat.ts";
import type { Message } from "../model/message.ts";
import type { User } from "../model/user.ts";
import { bind, type Bound } from "../operations/handler.ts";
import * as statisticOperations from "../api/operations/admin_statistics.ts";
import type { Statistics } from "./statistics.ts";
import type { AccountModeration } from "./account_moderation.ts";
import type { Reports } from "./reports.ts";
import type { PeopleDirectory } from "./people_directory.ts";
import { accountView } from "./account_view.ts";
import type { ChatDirectory } from "./chat_directory.ts";
import type { MessageDirectory } from "./message_directory.ts";
import type { MessageRemoval } from "./message_removal.ts";
import type { ChatFreezing } from "./chat_freezing.ts";

export interface ModerationServices {
  reports: Reports;
  accounts: AccountModeration;
  people: PeopleDirectory;
  chats: ChatDirectory;
  freezing: ChatFreezing;
  groups: Pick<Groups, "expel">;
  messages: MessageDirectory;
  removal: MessageRemoval;
  statistics: Statistics;
}

export function moderationHandlers(services: ModerationServices, clock: Clock): Bound[] {
  return [
    ...reportHandlers(services.reports),
    ...accountHandlers(services.accounts),
    ...peopleHandlers(services.people, clock),
    ...chatHandlers(services),
    ...messageHandlers(services),
    ...statisticHandlers(services),
  ];
}

function reportHandlers(reports: Reports): Bound[] {
  return [
    bind(moderation.reportUser, async (caller, input) => {
      return reportView(await reports.create(caller, input));
    }),
    bind(moderation.listReports, async (_caller, { open, limit, cursor = null }) => {
      const items = await reports.list({ open, before: cursor, limit });
      const next = items.length < limit ? null : items.at(-1)!.id;
      return { items: items.map(adminReportView), next };
    }),
    bind(moderation.resolveReport, async (caller, { reportId, decision }) => {
      return adminReportView(await reports.resolve(caller, reportId, decision));
    }),
  ];
}

function accountHandlers(accounts: AccountModeration): Bound[] {
  return [
    bind(moderation.suspendUser, async (caller, { userId, reason, until = null }) => {
      return suspensionView(await accounts.suspend(caller, userId, { reason, until }));
    }),
    bind(moderation.endUserSessions, async (caller, { userId }) => {
      return { ended: await accounts.endSessions(caller, userId) };
    }),
    bind(people.shadowUser, async (caller, { userId, ...shadow }) => {
      const { shadowedAt } = await accounts.shadow(caller, userId, shadow);
      return { userId, shadowedAt: toTimestampOrNull(shadowedAt) };
    }),
    bind(moderation.unsuspendUser, async (caller, { userId }) => {
      return suspensionView(await accounts.unsuspend(caller, userId));
    }),
  ];
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

function chatHandlers({ chats: directory, freezing, groups }: ModerationServices): Bound[] {
  return [
    bind(chats.listAllChats, async (_caller, query) => {
      const { items, next } = await directory.list(query);
      return { items: items.map(adminChatView), next };
    }),
    bind(chats.getAnyChat, async (_caller, { chatId }) => {
      const { chat, members } = await directory.get(chatId);
      return { ...adminChatView(chat), members: members.map(memberView) };
    }),
    bind(chats.freezeChat, async (caller, { chatId, ...freeze }) => {
      return adminChatView(await freezing.set(caller, chatId, freeze));
    }),
    bind(chats.expelMember, (caller, { chatId, userId, reason }) => {
      return groups.expel(caller, chatId, userId, reason);
    }),
  ];
}

function messageHandlers({ messages: directory, removal }: ModerationServices): Bound[] {
  const view = (message: Message) => messageView(message);
  return [
    bind(messages.listAllMessages, async (caller, query) => {
      const { items, next } = await directory.list(caller, query);
      return { items: items.map(view), next };
    }),
    bind(messages.readMessageContext, async (caller, { messageId, ...around }) => {
      const { chatId, items } = await directory.context(caller, messageId, around);
      return { chatId, items: items.map(view) };
    }),
    bind(messages.removeMessage, (caller, { messageId, reason }) => {
      return removal.remove(caller, messageId, reason);
    }),
  ];
}

function statisticHandlers({ statistics }: ModerationServices): Bound[] {
  return [
    bind(statisticOperations.readStatistics, async (_caller, { from, to }) => {
      return { days: await statistics.days(from, to), totals: await statistics.totals() };
    }),
  ];
}

function adminChatView(chat: Chat): chats.AdminChatView {
  return {
    ...chatView(chat),
    externalId: chat.externalId,
    lastActivityAt: toTimestamp(chat.lastActivityAt),
    frozenBy: chat.frozen?.byUserId ?? null,
  };
}

function suspensionView({ id: userId, suspension }: User) {
  return {
    userId,
    suspended: suspension !== null,
    reason: suspension?.reason ?? null,
    until: toTimestampOrNull(suspension?.until ?? null),
  };
}
