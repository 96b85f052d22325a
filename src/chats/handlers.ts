import { Answer, bind, type Bound } from "../operations/handler.ts";
import { changesView, syncView } from "../api/views/changes.ts";
import { chatView } from "../api/views/chat.ts";
import { memberView, receiptView } from "../api/views/member.ts";
import { messageView } from "../api/views/message.ts";
import type { CatchUp } from "./catch_up.ts";
import type { ChatReader, ChatRoster } from "./chat_reader.ts";
import type { CustomFields } from "./custom_fields.ts";
import type { DirectChats } from "./direct_chats.ts";
import type { Groups } from "./groups.ts";
import type { Inbox, InboxEntry, InboxPage } from "./inbox.ts";
import * as operations from "../api/operations/chats.ts";
import type { Receipts } from "./receipts.ts";

export interface ChatServices {
  reader: ChatReader;
  direct: DirectChats;
  groups: Groups;
  inbox: Inbox;
  receipts: Receipts;
  catchUp: CatchUp;
  customFields: CustomFields;
}

export function chatHandlers(services: ChatServices): Bound[] {
  return [...chats(services), ...cursors(services), ...groupHandlers(services)];
}

function chats({ reader, direct, inbox, customFields }: ChatServices): Bound[] {
  return [
    bind(operations.openDirectChat, async (caller, { userId, ...choice }) => {
      const { chat, made } = await direct.open(caller.userId, userId, choice);
      return new Answer(made ? 201 : 200, rosterView(await reader.roster(caller.userId, chat.id)));
    }),
    bind(operations.getChat, async ({ userId }, { chatId }) => {
      return rosterView(await reader.roster(userId, chatId));
    }),
    bind(operations.updateChat, async ({ userId }, { chatId, custom }) => {
      return chatView(await customFields.ofChat(userId, chatId, custom));
    }),
    bind(operations.updateMember, async ({ userId }, { chatId, custom }) => {
      return memberView(await customFields.ofMember(userId, chatId, custom));
    }),
    bind(operations.listChats, async ({ userId }, page) => {
      return inboxView(await inbox.page(userId, page));
    }),
    bind(operations.listGroups, async ({ userId }, page) => {
      return inboxView(await inbox.page(userId, { ...page, kind: "group" }));
    }),
  ];
}

function cursors({ receipts, catchUp }: ChatServices): Bound[] {
  return [
    bind(operations.markRead, async ({ userId }, { chatId, seq }) => {
      return receiptView(await receipts.markRead(userId, chatId, seq));
    }),
    bind(operations.markDelivered, async ({ userId }, { chatId, seq }) => {
      return receiptView(await receipts.markDelivered(userId, chatId, seq));
    }),
    bind(operations.getChanges, async ({ userId }, { chatId, after }) => {
      const [changes, incarnation] = await Promise.all([
        catchUp.changes(userId, chatId, after),
        catchUp.incarnation(),
      ]);
      return { ...changesView(changes, userId), incarnation };
    }),
    bind(operations.sync, async ({ userId }, query) => {
      const incarnation = await catchUp.incarnation();
      const page = await catchUp.sync(userId, query);
      return new Answer(200, { ...syncView(page, userId), incarnation }, page.furtherUses);
    }),
  ];
}

function groupHandlers({ reader, groups }: ChatServices): Bound[] {
  const group = async (userId: string, groupId: string) =>
    rosterView(await reader.roster(userId, groupId, "group"));
  return [
    bind(operations.createGroup, async (caller, input) => {
      const { chat, notAdded } = await groups.create(caller.userId, input, caller);
      return { ...await group(caller.userId, chat.id), notAdded };
    }),
    bind(operations.getGroup, ({ userId }, { groupId }) => group(userId, groupId)),
    bind(operations.updateGroup, async ({ userId }, { groupId, ...patch }) => {
      await groups.update(userId, groupId, patch);
      return await group(userId, groupId);
    }),
    bind(operations.addMembers, async (caller, { groupId, userIds }) => {
      const notAdded = await groups.add(caller.userId, groupId, userIds, caller);
      return { ...await group(caller.userId, groupId), notAdded };
    }),
    bind(operations.removeMember, async (caller, { groupId, userId }) => {
      await groups.remove(caller.userId, groupId, userId, caller);
    }),
    bind(operations.setRole, async (caller, { groupId, userId, role }) => {
      await groups.setRole(caller.userId, groupId, userId, role, caller);
      return await group(caller.userId, groupId);
    }),
  ];
}

export function rosterView({ chat, members }: ChatRoster) {
  return { ...chatView(chat), members: members.map(memberView) };
}

function inboxView({ items, next }: InboxPage) {
  return { items: items.map(inboxItem), next };
}

function inboxItem({ chat, membership, lastMessage, unread, mentions, muted }: InboxEntry) {
  const peerId = chat.directKey?.split(":").find((id) => id !== membership.userId) ?? null;
  return {
    chat: chatView(chat),
    lastMessage: lastMessage && messageView(lastMessage, membership.userId),
    unread,
    mentions,
    muted,
    rev: chat.rev,
    me: memberView(membership),
    peerId,
  };
}
