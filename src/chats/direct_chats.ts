import type { Clock } from "../core/clock.ts";
import { fieldError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { type Chat, directKeyOf } from "../model/chat.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { ChatWriter, Edit } from "./chat_writer.ts";
import { unbornChat } from "./new_chat.ts";
import type { People } from "./people.ts";

/** One chat for each two people, made on first use by whoever comes first. */
export class DirectChats {
  constructor(
    private readonly store: Store,
    private readonly writer: ChatWriter,
    private readonly people: People,
    private readonly clock: Clock,
  ) {}

  /** `made` is true for the one call that made the chat. */
  async open(
    callerId: string,
    userId: string,
    encrypted?: boolean,
  ): Promise<{ chat: Chat; made: boolean }> {
    const found = await this.#find(callerId, userId);
    if (found) return { chat: sameEncryption(found, encrypted), made: false };
    try {
      const chat = await this.#make(callerId, userId, encrypted ?? false, ({ chat }) => chat);
      return { chat: { ...chat }, made: true };
    } catch (error) {
      const winner = await this.#winner(callerId, userId, error);
      return { chat: sameEncryption(winner, encrypted), made: false };
    }
  }

  /** Where there is no chat yet, it is made with what `edit` does to it, or, if that throws, not at all. */
  async write<T>(callerId: string, userId: string, edit: Edit<T>): Promise<T> {
    const found = await this.#find(callerId, userId);
    if (found) return await this.writer.write(found.id, edit);
    try {
      return await this.#make(callerId, userId, false, edit);
    } catch (error) {
      const winner = await this.#winner(callerId, userId, error);
      return await this.writer.write(winner.id, edit);
    }
  }

  #find(callerId: string, userId: string): Promise<Chat | null> {
    if (userId === callerId) {
      throw fieldError("invalid_request", "userId", "Opening a direct chat: it takes two people");
    }
    return this.store.chats.byDirectKey(directKeyOf(callerId, userId));
  }

  async #make<T>(
    callerId: string,
    userId: string,
    encrypted: boolean,
    edit: Edit<T>,
  ): Promise<T> {
    await this.people.reach(callerId, [userId]);
    const [createdAt, directKey] = [this.clock.now(), directKeyOf(callerId, userId)];
    const chat = { id: newId(), kind: "direct" as const, directKey, encrypted, createdAt };
    return await this.writer.create(unbornChat({ ...chat, createdBy: callerId }), (draft) => {
      draft.updateChat({});
      draft.addMember({ userId: callerId, role: "member", joinedAt: createdAt });
      draft.addMember({ userId, role: "member", joinedAt: createdAt });
      return edit(draft);
    });
  }

  /** The chat that someone else has made meanwhile; throws the error where it tells of something else. */
  async #winner(callerId: string, userId: string, error: unknown): Promise<Chat> {
    const winner = error instanceof DuplicateKey ? await this.#find(callerId, userId) : null;
    if (!winner) throw error;
    return winner;
  }
}

/** Two people have one chat; asking for it with the other kind of encryption is a clear error. */
function sameEncryption(chat: Chat, encrypted: boolean | undefined): Chat {
  if (encrypted === undefined || encrypted === chat.encrypted) return chat;
  const is = chat.encrypted ? "encrypted" : "not encrypted";
  throw fieldError("conflict", "encrypted", `Opening the direct chat: it is ${is}, for good`);
}
