import type { Clock } from "../core/clock.ts";
import { fieldError } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { type Chat, directKeyOf } from "../model/chat.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { ChatWriter } from "./chat_writer.ts";
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
    if (userId === callerId) {
      throw fieldError("invalid_request", "userId", "Opening a direct chat: it takes two people");
    }
    const key = directKeyOf(callerId, userId);
    const existing = await this.store.chats.byDirectKey(key);
    if (existing) return { chat: sameEncryption(existing, encrypted), made: false };
    await this.people.reach(callerId, [userId]);
    try {
      return { chat: await this.#make(key, callerId, userId, encrypted ?? false), made: true };
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const winner = await this.store.chats.byDirectKey(key);
      if (!winner) throw error;
      return { chat: sameEncryption(winner, encrypted), made: false };
    }
  }

  #make(directKey: string, callerId: string, userId: string, encrypted: boolean): Promise<Chat> {
    const createdAt = this.clock.now();
    const chat = { id: newId(), kind: "direct" as const, directKey, encrypted, createdAt };
    return this.writer.create(unbornChat({ ...chat, createdBy: callerId }), (draft) => {
      draft.updateChat({});
      draft.addMember({ userId: callerId, role: "member", joinedAt: createdAt });
      draft.addMember({ userId, role: "member", joinedAt: createdAt });
      return { ...draft.chat };
    });
  }
}

/** Two people have one chat; asking for it with the other kind of encryption is a clear error. */
function sameEncryption(chat: Chat, encrypted: boolean | undefined): Chat {
  if (encrypted === undefined || encrypted === chat.encrypted) return chat;
  const is = chat.encrypted ? "encrypted" : "not encrypted";
  throw fieldError("conflict", "encrypted", `Opening the direct chat: it is ${is}, for good`);
}
