import type { HistoryBackup } from "../../../src/model/history_backup.ts";
import type { Store } from "../../../src/store/store.ts";
import type { FullRows } from "./full_rows.ts";
import { aChange } from "./rows.ts";

/** Stores the rows by the methods of the Store, each entity as services do it. */
export async function writeFullRows(store: Store, rows: FullRows): Promise<void> {
  for (const user of rows.users) {
    const identity = rows.identities.find(({ userId }) => userId === user.id);
    const bot = rows.bots.find(({ id }) => id === user.id);
    await store.users.create(user, { identity, bot });
  }
  for (const session of rows.sessions) await store.sessions.create(session);
  for (const key of rows.apiKeys) await store.apiKeys.create(key, Infinity);
  for (const token of rows.oneTimeTokens) await store.oneTimeTokens.create(token);
  for (const entry of rows.audit) await store.audit.add(entry);
  for (const block of rows.blocks) await store.blocks.add(block, Infinity);
  for (const settings of rows.contactSettings) await store.contacts.putSettings(settings);
  for (const request of rows.contactRequests) {
    await store.contacts.addRequest(request, { received: 100, sent: 100 });
  }
  for (const report of rows.reports) await store.reports.create(report);
  for (const erasure of rows.erasures) await store.erasures.begin(erasure);
  for (const media of rows.media) await store.media.create(media);
  await store.notifications.add(rows.notifications);
  for (const settings of rows.notificationSettings) await store.notifications.putSettings(settings);
  for (const device of rows.pushDevices) await store.pushDevices.put(device, Infinity);
  for (const entry of rows.outbox) await store.outbox.add(entry);
  for (const setting of rows.settings) await store.settings.put(setting);
  for (const { day, ...figures } of rows.statistics) await store.statistics.add(day, figures);
  for (const endpoint of rows.webhooks) await store.webhooks.create(endpoint, Infinity);
  await store.webhookDeliveries.add(rows.webhookDeliveries);
  for (const device of rows.devices) await store.devices.create(device, Infinity);
  for (const each of rows.keyPackages) {
    await store.keyPackages.add(each.deviceId, [each], { max: Infinity, now: 0 });
  }
  for (const backup of rows.historyBackups) await writeBackup(store, rows, backup);
  for (const chat of rows.chats) await writeChat(store, rows, chat.id);
}

async function writeBackup(store: Store, rows: FullRows, backup: HistoryBackup): Promise<void> {
  await store.historyBackups.replace({ ...backup, parts: 0 });
  for (const part of rows.historyBackupParts) {
    const options = { maxParts: 10, now: backup.updatedAt };
    await store.historyBackups.putPart(backup.userId, part, options);
  }
}

async function writeChat(store: Store, rows: FullRows, chatId: string): Promise<void> {
  const inChat = <Row extends { chatId: string }>(all: Row[]) =>
    all.filter((row) => row.chatId === chatId);
  const chat = rows.chats.find(({ id }) => id === chatId)!;
  const [groupInfo] = inChat(rows.groupInfos);
  await store.chats.commit(aChange(0, chat, {
    inserted: inChat(rows.messages),
    members: inChat(rows.memberships),
    mls: groupInfo && {
      commits: inChat(rows.handshakes),
      groupInfo,
      welcomes: inChat(rows.welcomes),
    },
  }));
}

/**
 * Reads every row back by the methods of the Store, in the order of `expected`, whose ids say which
 * rows to read.
 */
export async function readFullRows(store: Store, expected: FullRows): Promise<FullRows> {
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
  const userIds = ids(expected.users), chatIds = ids(expected.chats);
  const present = <T>(rows: (T | null)[]) => rows.filter((row) => row !== null);
  const inOrder = <T extends { id: string }>(rows: T[], order: { id: string }[]) =>
    order.map(({ id }) => rows.find((row) => row.id === id)!).filter(Boolean);
  return {
    users: inOrder(await store.users.byIds(userIds), expected.users),
    identities: await each(userIds, (id) => store.identities.ofUser(id)),
    sessions: present(await all(ids(expected.sessions), (id) => store.sessions.byId(id))),
    bots: await store.bots.byIds(ids(expected.bots ?? [])),
    apiKeys: present(await all(ids(expected.apiKeys ?? []), (id) => store.apiKeys.byId(id))),
    chats: inOrder(await store.chats.byIds(chatIds), expected.chats),
    memberships: await each(chatIds, (id) => store.memberships.ofChat(id)),
    messages: inOrder(await store.messages.byIds(ids(expected.messages)), expected.messages),
    blocks: await each(userIds, (id) => store.blocks.by(id)),
    contactSettings: await store.contacts.settingsOf(userIds),
    contactRequests: present(
      await all(ids(expected.contactRequests ?? []), (id) => store.contacts.request(id)),
    ),
    reports: present(await all(ids(expected.reports), (id) => store.reports.byId(id))),
    oneTimeTokens: present(
      await all(ids(expected.oneTimeTokens), (id) => store.oneTimeTokens.byId(id, 0)),
    ),
    audit: await store.audit.all({ before: null, limit: 100 }),
    erasures: await store.erasures.pending(),
    media: inOrder(await store.media.byIds(ids(expected.media)), expected.media),
    notifications: present(
      await all(ids(expected.notifications), (id) => store.notifications.byId(id)),
    ),
    notificationSettings: await store.notifications.settingsOf(userIds),
    pushDevices: inOrder(await store.pushDevices.ofUsers(userIds), expected.pushDevices),
    outbox: await dueEntries(store, expected),
    settings: await store.settings.list(),
    statistics: await store.statistics.days("2000-01-01", "2100-01-01"),
    webhooks: await store.webhooks.list(),
    webhookDeliveries: await each(
      ids(expected.webhooks ?? []),
      (id) => store.webhookDeliveries.pending(id, "", 100),
    ),
    devices: inOrder(await store.devices.ofUsers(userIds), expected.devices),
    keyPackages: present(
      await all(
        ids(expected.devices),
        async (id) => (await store.keyPackages.claim(id, 0))?.keyPackage ?? null,
      ),
    ),
    handshakes: await each(chatIds, (id) => store.handshakes.changed(id, 0, 1_000, 100)),
    groupInfos: present(await all(chatIds, (id) => store.handshakes.groupInfo(id))),
    welcomes: await each(ids(expected.devices), (id) => store.handshakes.welcomesFor(id, 100)),
    historyBackups: present(await all(userIds, (id) => store.historyBackups.ofUser(id))),
    historyBackupParts: await each(
      ids(expected.historyBackups ?? []),
      (id) => store.historyBackups.parts(id, null, 100),
    ),
  };
}

/** Entries can only be claimed, which moves `dueAt`; it is reset afterwards, in the store too. */
async function dueEntries(store: Store, { outbox }: FullRows) {
  const [{ dueAt }] = outbox;
  const entries = await store.outbox.claim(dueAt, dueAt + 1, 100);
  await store.outbox.extend(entries.map(({ id }) => id), dueAt);
  return entries.map((entry) => ({ ...entry, dueAt }));
}

async function all<T>(ids: string[], read: (id: string) => Promise<T>): Promise<T[]> {
  return await Promise.all(ids.map(read));
}

async function each<T>(ids: string[], read: (id: string) => Promise<T[]>): Promise<T[]> {
  return (await all(ids, read)).flat();
}
