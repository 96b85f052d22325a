import { fieldError, quote } from "../core/errors.ts";
import { Answer, bind, type Bound } from "../operations/handler.ts";
import { usesOfChats } from "../operations/uses_of_chats.ts";
import { handshakeView } from "../api/views/handshake.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Commits } from "./commits.ts";
import type { Devices } from "./devices.ts";
import type { HistoryBackups } from "./history_backups.ts";
import type { KeyPackages } from "./key_packages.ts";
import * as operations from "../api/operations/encryption.ts";
import * as backupOperations from "../api/operations/history_backup.ts";
import { deviceView, welcomeView } from "../api/views/encryption.ts";
import { historyBackupPartView, historyBackupView } from "../api/views/history_backup.ts";
import type { Welcomes } from "./welcomes.ts";

export interface EncryptionServices {
  devices: Devices;
  keyPackages: KeyPackages;
  commits: Commits;
  welcomes: Welcomes;
  backups: HistoryBackups;
}

export function encryptionHandlers(
  services: EncryptionServices,
  audit: Pick<AuditTrail, "own">,
): Bound[] {
  return [
    ...deviceHandlers(services, audit),
    ...groupHandlers(services),
    ...backupHandlers(services),
  ];
}

function deviceHandlers(
  { devices, keyPackages, welcomes }: EncryptionServices,
  audit: Pick<AuditTrail, "own">,
): Bound[] {
  return [
    bind(operations.registerDevice, async (caller, input) => {
      const { device, made, chats } = await devices.register(caller.userId, input);
      const details = { deviceId: device.id, name: device.name };
      const note = { action: "encryption.device_added" as const, details };
      if (made) await audit.own(caller.userId, caller, note);
      return new Answer(made ? 201 : 200, deviceView(device), usesOfChats(chats));
    }),
    bind(operations.listDevices, async ({ userId }) => {
      return whole((await devices.list(userId)).map(deviceView));
    }),
    bind(operations.removeDevice, async (caller, { deviceId }) => {
      const chats = await devices.remove(caller.userId, deviceId);
      const note = { action: "encryption.device_removed" as const, details: { deviceId } };
      await audit.own(caller.userId, caller, note);
      return new Answer(204, undefined, usesOfChats(chats));
    }),
    bind(operations.listChatDevices, async ({ userId }, { chatId }) => {
      return whole((await devices.ofChat(userId, chatId)).map(deviceView));
    }),
    bind(operations.uploadKeyPackages, async ({ userId }, { deviceId, ...upload }) => {
      return { remaining: await keyPackages.upload(userId, deviceId, upload) };
    }),
    bind(operations.claimKeyPackages, async (caller, { userId, deviceIds }) => {
      return whole(await keyPackages.claim(caller.userId, userId, deviceIds));
    }),
    bind(operations.listWelcomes, async ({ userId }, { deviceId, limit }) => {
      return whole((await welcomes.list(userId, deviceId, limit)).map(welcomeView));
    }),
    bind(operations.takeWelcome, async ({ userId }, { deviceId, welcomeId }) => {
      await welcomes.taken(userId, deviceId, welcomeId);
    }),
  ];
}

function groupHandlers({ commits }: EncryptionServices): Bound[] {
  return [
    bind(operations.commit, async (caller, input) => {
      const { rev, epoch, repeated } = await commits.commit(caller, input);
      return new Answer(repeated ? 200 : 201, { rev, epoch });
    }),
    bind(operations.restart, async (caller, input) => {
      const { rev, generation, epoch, repeated } = await commits.restart(caller, input);
      return new Answer(repeated ? 200 : 201, { rev, generation, epoch });
    }),
    bind(operations.listCommits, async ({ userId }, { chatId, after, limit, cursor }) => {
      const from = cursor === undefined ? after : parseCursor(cursor);
      const { items, next } = await commits.list(userId, chatId, from, limit);
      return { items: items.map(handshakeView), next };
    }),
    bind(operations.getGroupInfo, async ({ userId }, { chatId }) => {
      const { generation, epoch, groupInfo } = await commits.groupInfo(userId, chatId);
      return { generation, epoch, groupInfo };
    }),
  ];
}

function backupHandlers({ backups }: EncryptionServices): Bound[] {
  return [
    bind(backupOperations.beginHistoryBackup, async ({ userId }, { keyCheck }) => {
      return new Answer(201, historyBackupView(await backups.begin(userId, keyCheck)));
    }),
    bind(backupOperations.getHistoryBackup, async ({ userId }) => {
      return historyBackupView(await backups.get(userId));
    }),
    bind(backupOperations.putHistoryBackupPart, async ({ userId }, part) => {
      await backups.put(userId, part);
    }),
    bind(backupOperations.listHistoryBackupParts, async ({ userId }, input) => {
      const { backupId, limit, cursor = null } = input;
      const { items, next } = await backups.parts(userId, { backupId, after: cursor, limit });
      return { items: items.map(historyBackupPartView), next };
    }),
    bind(backupOperations.removeHistoryBackup, async ({ userId }) => {
      await backups.remove(userId);
    }),
  ];
}

function whole<Item>(items: Item[]): { items: Item[]; next: null } {
  return { items, next: null };
}

function parseCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  const message = `Cannot list the Commits: the cursor ${
    quote(cursor)
  } was not issued by this server`;
  throw fieldError("invalid_request", "cursor", message);
}
