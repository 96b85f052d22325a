import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { type Chat, directKeysOf } from "../model/chat.ts";
import type { CustomData } from "../model/custom_data.ts";
import { DuplicateKey, type Store } from "../store/store.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter, Edit } from "./chat_writer.ts";
import type { Admission, ContactGate } from "./contact_gate.ts";
import { type ContactRequests, type NewRequest, tooManyRequests } from "./contact_requests.ts";
import { initialChat } from "./new_chat.ts";

export interface DirectChatChoice {
  /** By default the pair's plain chat, or else the encrypted one, if there is any. */
  encrypted?: boolean;
  /** For the chat that the call creates; an existing one keeps its own. */
  custom?: CustomData | null;
}

export interface DirectChatsOptions {
  store: Pick<Store, "chats">;
  writer: ChatWriter;
  gate: ContactGate;
  requests: ContactRequests;
  clock: Clock;
}

/**
 * One plain and one encrypted chat for each pair of people, created on first use by either of them.
 * A person who does not let the other write directly is asked for their consent: until they give it
 * (by accepting, or by opening the chat or writing themselves) the other person is the only member.
 */
export class DirectChats {
  constructor(private readonly options: DirectChatsOptions) {}

  /** `made` is true for the one call that created the chat. */
  async open(
    callerId: string,
    userId: string,
    { encrypted, custom }: DirectChatChoice = {},
  ): Promise<{ chat: Chat; made: boolean }> {
    const found = await this.#find(callerId, userId, encrypted);
    if (found) return { chat: await this.#reopen(found, callerId, userId), made: false };
    try {
      const chat = await this.#make(callerId, userId, encrypted ?? false, (draft) => {
        return custom ? draft.updateChat({ custom }) : draft.chat;
      });
      return { chat: { ...chat }, made: true };
    } catch (error) {
      const winner = await this.#winner(callerId, userId, encrypted, error);
      return { chat: await this.#reopen(winner, callerId, userId), made: false };
    }
  }

  /**
   * Writes to the pair's chat. If there is none yet, creates it with the result of `edit`, or not
   * at all if `edit` throws; this counts as `chat.open` does.
   */
  async write<T>(callerId: string, userId: string, edit: Edit<T>): Promise<T> {
    const found = await this.#find(callerId, userId);
    if (found) return await this.#writeTo(found, callerId, userId, edit);
    await this.options.gate.chargeOpening(callerId);
    try {
      return await this.#make(callerId, userId, false, edit);
    } catch (error) {
      const winner = await this.#winner(callerId, userId, undefined, error);
      return await this.#writeTo(winner, callerId, userId, edit);
    }
  }

  /** True while the person has a request to let the other member of the chat write to them. */
  async isAwaited(chat: Chat, userId: string): Promise<boolean> {
    return !isComplete(chat) && await this.options.requests.unexpired(userId, chat.id) !== null;
  }

  async #reopen(chat: Chat, callerId: string, userId: string): Promise<Chat> {
    if (!isComplete(chat)) await this.#complete(chat, callerId, userId);
    return chat;
  }

  async #writeTo<T>(chat: Chat, callerId: string, userId: string, edit: Edit<T>): Promise<T> {
    if (!isComplete(chat)) await this.#complete(chat, callerId, userId);
    return await this.options.writer.write(chat.id, edit);
  }

  async #find(callerId: string, userId: string, encrypted?: boolean): Promise<Chat | null> {
    if (userId === callerId) {
      throw fieldError(
        "invalid_request",
        "userId",
        "Cannot open a direct chat: it takes two people",
      );
    }
    if (encrypted === undefined) {
      return await this.#find(callerId, userId, false) ?? await this.#find(callerId, userId, true);
    }
    for (const key of directKeysOf(callerId, userId, encrypted)) {
      const chat = await this.options.store.chats.byDirectKey(key);
      if (chat?.encrypted === encrypted) return chat;
    }
    return null;
  }

  /** Returns the second key only for a plain chat beside an encrypted one of an earlier release. */
  async #keyFor(callerId: string, userId: string, encrypted: boolean): Promise<string> {
    const [first, second] = directKeysOf(callerId, userId, encrypted);
    if (encrypted) return first;
    return (await this.options.store.chats.byDirectKey(first))?.encrypted ? second : first;
  }

  async #make<T>(
    callerId: string,
    userId: string,
    encrypted: boolean,
    edit: Edit<T>,
  ): Promise<T> {
    const { gate, writer, clock } = this.options;
    const admission = firstOf(await gate.admit(callerId, [userId], "write"));
    const directKey = await this.#keyFor(callerId, userId, encrypted);
    const createdAt = clock.now();
    const chat = { id: newId(), kind: "direct" as const, directKey, encrypted, createdAt };
    const make = () =>
      writer.create(initialChat({ ...chat, createdBy: callerId }), (draft) => {
        draft.updateChat({});
        draft.addMember({ userId: callerId, role: "member", joinedAt: createdAt });
        if (admission.way === "added") addPeer(draft, admission, createdAt);
        return edit(draft);
      });
    return admission.way === "added" ? await make() : await this.#withRequest({
      kind: "direct",
      fromId: callerId,
      userId,
      chatId: chat.id,
    }, make);
  }

  /** Reserves the request before creating the chat, so that neither exists without the other. */
  async #withRequest<T>(newRequest: NewRequest, make: () => Promise<T>): Promise<T> {
    const { requests } = this.options;
    const { outcome, request } = await requests.reserve(newRequest);
    if (outcome === "full") throw tooManyRequests();
    let made: T;
    try {
      made = await make();
    } catch (error) {
      await requests.cancel(request);
      throw error;
    }
    await requests.announce(request);
    return made;
  }

  /**
   * Adds the missing member: the caller, who thereby accepts the other person's request, or the
   * other person, who may let the caller write by now, or whose request has expired.
   */
  async #complete(chat: Chat, callerId: string, userId: string): Promise<void> {
    const { writer, requests, gate, clock } = this.options;
    const received = await requests.unexpired(callerId, chat.id);
    const isMissing = await writer.write(chat.id, async (draft) => {
      if (!draft.member(callerId)) {
        await gate.requireReachable(callerId, userId);
        if (!received) await this.#requireLetIn(callerId, userId);
        draft.addMember({ userId: callerId, role: "member", joinedAt: clock.now() });
      }
      return !draft.member(userId);
    });
    if (received) await requests.close(received, "accepted");
    if (!isMissing || await requests.unexpired(userId, chat.id)) return;
    const admission = firstOf(await gate.admit(callerId, [userId], "write"));
    if (admission.way === "asked") return await this.#ask(callerId, userId, chat.id);
    await writer.write(chat.id, (draft) => {
      if (!draft.member(userId)) addPeer(draft, admission, clock.now());
    });
  }

  /**
   * Throws unless the caller may write to the other person without asking. The other person has
   * written first, but they have withdrawn their request since, or it has expired.
   */
  async #requireLetIn(callerId: string, userId: string): Promise<void> {
    const { way } = firstOf(await this.options.gate.admit(callerId, [userId], "write"));
    if (way === "added") return;
    throw new AppError(
      "forbidden",
      "Cannot open the chat: its request was withdrawn or has expired",
    );
  }

  async #ask(callerId: string, userId: string, chatId: string): Promise<void> {
    const newRequest = { kind: "direct", fromId: callerId, userId, chatId } as const;
    const outcome = await this.options.requests.ask(newRequest);
    if (outcome === "full") throw tooManyRequests();
  }

  /**
   * Returns the chat that a concurrent call has created; throws `error` if it has another cause.
   */
  async #winner(
    callerId: string,
    userId: string,
    encrypted: boolean | undefined,
    error: unknown,
  ): Promise<Chat> {
    const isLost = error instanceof DuplicateKey;
    const winner = isLost ? await this.#find(callerId, userId, encrypted) : null;
    if (!winner) throw error;
    return winner;
  }
}

/** True if both are members. */
function isComplete({ memberCount }: Chat): boolean {
  return memberCount >= 2;
}

type Admitted = Exclude<Admission, { way: "refused" }>;

function firstOf([admission]: Admission[]): Admitted {
  if (admission.way === "refused") throw admission.error;
  return admission;
}

function addPeer(draft: ChatDraft, admission: Admitted, joinedAt: number): void {
  const { userId } = admission;
  if (draft.isFull(userId)) {
    const message = `Cannot open the chat with ${
      quote(userId)
    }: they are in the maximum number of chats`;
    throw new AppError("forbidden", message);
  }
  const addedByStranger = admission.way === "added" && admission.stranger;
  draft.addMember({ userId, role: "member", joinedAt, addedByStranger });
}
