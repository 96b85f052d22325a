import { ChatError } from "../../../client/mod.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { e, encryptionArea } from "../texts/encryption/encryption.ts";
import { encryptionOf } from "./encryption_state.ts";

/** Opens the encrypted direct chat with a person; returns its id. */
export function beginDirect(app: SignedIn, userId: string): Promise<string> {
  return withDevices(app, async () => (await app.client.encryption.createDirect(userId)).id);
}

/** Returns the new group's id. */
export function beginGroup(app: SignedIn, name: string, userIds: string[]): Promise<string> {
  return withDevices(app, async () => {
    return (await app.client.encryption.createGroup(name, userIds)).id;
  });
}

export function addPerson(app: SignedIn, chatId: string, userId: string): Promise<void> {
  return withDevices(app, () => app.client.encryption.addPeople(chatId, [userId]));
}

export function removePerson(app: SignedIn, chatId: string, userId: string): Promise<void> {
  return withDevices(app, () => app.client.encryption.removePeople(chatId, [userId]));
}

/** Names the person who has no device yet: the library knows ids. */
async function withDevices<T>(app: SignedIn, action: () => Promise<T>): Promise<T> {
  await encryptionOf(app).require();
  try {
    return await action();
  } catch (error) {
    const [, userId] = /^User (\S+) has no device/.exec((error as Error).message) ?? [];
    if (userId === undefined) throw error;
    await encryptionArea.load();
    const name = app.people.nameOf(userId);
    throw new ChatError("conflict", e().noDevice(name), { cause: error });
  }
}
