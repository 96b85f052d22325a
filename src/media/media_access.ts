import { notFound } from "../core/errors.ts";
import type { Media } from "../model/media.ts";
import type { Store } from "../store/store.ts";

/** Chats looked up one by one; for more, all of the person's memberships are read at once. */
const FEW = 10;

/**
 * Who may see an upload: who made it; who is a member, now, of a chat in which it was sent; and for a
 * picture that a person or a group shows itself by, everyone who is signed in and whom that person has
 * not blocked. For everyone else there is no such upload.
 */
export class MediaAccess {
  constructor(
    private readonly store: Pick<
      Store,
      "media" | "messages" | "memberships" | "users" | "chats" | "blocks"
    >,
  ) {}

  async require(userId: string, mediaId: string): Promise<Media> {
    const media = await this.store.media.byId(mediaId);
    if (media?.status === "ready" && await this.#maySee(userId, media)) return media;
    throw notFound("upload", mediaId);
  }

  async #maySee(userId: string, media: Media): Promise<boolean> {
    if (media.ownerId === userId) return true;
    return await this.#isInChatOf(userId, media) || await this.#isAvatar(userId, media);
  }

  async #isInChatOf(userId: string, media: Media): Promise<boolean> {
    const chatIds = await this.store.messages.chatsCarrying(media.id);
    if (chatIds.length > FEW) {
      const carrying = new Set(chatIds);
      const memberships = await this.store.memberships.ofUser(userId);
      return memberships.some((row) => row.leftAt === null && carrying.has(row.chatId));
    }
    for (const chatId of chatIds) {
      const membership = await this.store.memberships.of(chatId, userId);
      if (membership && membership.leftAt === null) return true;
    }
    return false;
  }

  async #isAvatar(userId: string, media: Media): Promise<boolean> {
    if (media.kind !== "image") return false;
    const owner = await this.store.users.byId(media.ownerId);
    const isOwn = owner?.avatarMediaId === media.id;
    if (isOwn && !await this.store.blocks.has(media.ownerId, userId)) return true;
    return media.uses > 0 && (await this.store.chats.withAvatar(media.id)).length > 0;
  }
}
