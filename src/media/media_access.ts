import { notFound } from "../core/errors.ts";
import type { Media } from "../model/media.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";

/**
 * Maximum number of messages checked per upload; of an upload sent more often, only these count.
 */
const MESSAGES_LOOKED_AT = 1_000;

/**
 * Decides who may see an upload: its owner; the current members of a chat in which it was sent; and
 * for the avatar of a user or a group, every signed-in user whom that user has not blocked. For
 * everyone else the upload does not exist.
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
    const own = (await this.store.memberships.ofUserIn(userId, chatIds))
      .filter((row) => row.leftAt === null);
    if (own.some(({ hiddenSeq }) => hiddenSeq === 0)) return true;
    return own.length > 0 && await this.#isShown(own, media);
  }

  /**
   * For members who see the history from when they joined: true if a later message contains the
   * upload.
   */
  async #isShown(own: Membership[], media: Media): Promise<boolean> {
    const hidden = new Map(own.map(({ chatId, hiddenSeq }) => [chatId, hiddenSeq]));
    const messages = await this.store.messages.carrying(media.id, MESSAGES_LOOKED_AT);
    return messages.some(({ chatId, seq }) => seq > (hidden.get(chatId) ?? Infinity));
  }

  async #isAvatar(userId: string, media: Media): Promise<boolean> {
    if (media.kind !== "image") return false;
    const owner = await this.store.users.byId(media.ownerId);
    const isOwn = owner?.avatarMediaId === media.id;
    if (isOwn && !await this.store.blocks.has(media.ownerId, userId)) return true;
    return media.uses > 0 && (await this.store.chats.withAvatar(media.id)).length > 0;
  }
}
