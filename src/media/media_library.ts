import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import type { Media } from "../model/media.ts";
import type { MediaAttachment } from "../model/media_attachment.ts";
import { tombstone } from "../model/tombstone.ts";
import type { Store } from "../store/store.ts";
import type { MediaAccess } from "./media_access.ts";
import type { MediaLimits } from "./media_rules.ts";
import type { MediaSharing } from "./media_sharing.ts";

type LibraryStore = Pick<Store, "media" | "messages" | "users" | "chats">;

const PAGE = 100;
/**
 * Longer than any request: an image that is about to become an avatar must not be swept meanwhile.
 */
const CLAIM_MS = 10 * 60_000;

export interface MediaLibraryOptions {
  store: LibraryStore;
  writer: ChatWriter;
  access: MediaAccess;
  sharing: MediaSharing;
  clock: Clock;
  limits: MediaLimits;
  purge: (media: Media) => Promise<void>;
}

/** Result of `media.usage`. */
export interface StorageReport {
  usedBytes: number;
  maxBytes: number;
  openUploads: number;
  maxOpenUploads: number;
}

/** Users' uploads: sent in messages, used as an avatar of a user or a group, and deleted. */
export class MediaLibrary {
  readonly #options: MediaLibraryOptions;

  constructor(options: MediaLibraryOptions) {
    this.#options = options;
  }

  async usage(userId: string): Promise<StorageReport> {
    const { store, limits } = this.#options;
    const { bytes, openUploads } = await store.media.usage(userId);
    return {
      usedBytes: bytes,
      maxBytes: limits.storageBytes,
      openUploads,
      maxOpenUploads: limits.openUploads,
    };
  }

  /** See `AttachmentSource`. */
  async attachments(
    userId: string,
    mediaIds: string[],
    encrypted: boolean,
  ): Promise<MediaAttachment[]> {
    const rows = await this.#options.store.media.byIds(mediaIds);
    const found = new Map(rows.map((row) => [row.id, row]));
    const attachments = new Map<string, MediaAttachment>();
    for (const id of mediaIds) {
      const media = await this.#sendable(userId, id, found.get(id), encrypted);
      if (media.encrypted !== encrypted) throw wrongChat(media);
      // Two uploads that share their bytes are one upload of the user who sends them on.
      attachments.set(media.id, attachmentOf(media));
    }
    return [...attachments.values()];
  }

  /**
   * Returns the sender's own upload, or creates one with the bytes of an upload that they received.
   */
  async #sendable(userId: string, id: string, media: Media | undefined, encrypted: boolean) {
    if (media?.ownerId === userId && media.status === "ready") return media;
    // In an encrypted chat, the reference to the file by its id is inside the ciphertext.
    if (encrypted || media === undefined || media.encrypted) throw notFound("upload", id);
    const source = await this.#options.access.require(userId, id);
    const shared = await this.#options.sharing.shareOf(userId, source);
    if (!shared) throw notFound("upload", id);
    return shared;
  }

  /**
   * Throws unless the upload may be the avatar of a user or a group: one of the user's
   * ready images.
   */
  async requireAvatar(userId: string, mediaId: string): Promise<void> {
    const media = await this.#options.store.media.byId(mediaId);
    if (media?.ownerId !== userId || media.status !== "ready") {
      throw fieldError("not_found", "avatarMediaId", `There is no upload ${quote(mediaId)}`);
    }
    if (media.kind !== "image") {
      const message = `Cannot use ${quote(media.name)} as an avatar: its type is ${media.type}`;
      throw fieldError("invalid_request", "avatarMediaId", message);
    }
  }

  /**
   * Changes a user's avatar by `change`. The new avatar cannot be swept before it is in place, and
   * the replaced one is checked afterwards, even if this process dies in between.
   */
  async changeAvatar<T>(
    userId: string,
    mediaId: string | null,
    change: () => Promise<T>,
  ): Promise<T> {
    const former = (await this.#options.store.users.byId(userId))?.avatarMediaId ?? null;
    if (mediaId === former) return await change();
    const checkAt = this.#options.clock.now() + CLAIM_MS;
    if (mediaId !== null) {
      await this.requireAvatar(userId, mediaId);
      if (!await this.#options.store.media.update(mediaId, "ready", { checkAt })) {
        throw notFound("upload", mediaId);
      }
    }
    if (former !== null) await this.#options.store.media.update(former, "ready", { checkAt });
    const result = await change();
    if (former !== null) {
      await this.#options.store.media.update(former, "ready", {
        checkAt: this.#options.clock.now(),
      });
    }
    return result;
  }

  /**
   * Only the owner may delete an upload: users who can see it get `forbidden`, all others
   * `not_found`.
   */
  async delete(userId: string, mediaId: string): Promise<void> {
    const media = await this.#options.store.media.byId(mediaId);
    if (media?.ownerId !== userId || media.status !== "ready") {
      await this.#options.access.require(userId, mediaId);
      throw new AppError("forbidden", "Cannot delete the upload: only its owner may");
    }
    await this.#erase(media);
  }

  /** Deletes all uploads of a user, when their account is erased. May be repeated. */
  async eraseAllOf(ownerId: string): Promise<void> {
    for (let after: string | null = null;;) {
      const page: Media[] = await this.#options.store.media.ofOwner(ownerId, after, PAGE);
      for (const media of page) await this.#erase(media);
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }

  /** See `MediaReferences`. */
  async remove(media: Media): Promise<void> {
    if (media.sha256 === "") return;
    for (;;) {
      const messages = await this.#options.store.messages.carrying(media.id, PAGE);
      for (const { id, chatId } of messages) await this.#removeFrom(chatId, id, media.id);
      if (messages.length < PAGE) break;
    }
    for (const { id } of await this.#options.store.chats.withAvatar(media.id)) {
      await this.#options.writer.write(id, (draft) => {
        if (draft.chat.avatarMediaId !== media.id) return;
        draft.despiteFreeze(() => draft.updateChat({ avatarMediaId: null }));
      });
    }
    const owner = await this.#options.store.users.byId(media.ownerId);
    if (owner?.avatarMediaId === media.id) {
      await this.#options.store.users.update(owner.id, { avatarMediaId: null });
    }
  }

  async #erase(media: Media): Promise<void> {
    const checkAt = this.#options.clock.now();
    const patch = { status: "deleting", checkAt } as const;
    const row = media.status === "deleting"
      ? media
      : await this.#options.store.media.update(media.id, media.status, patch);
    if (row) await this.#options.purge(row);
  }

  /** A message without other content becomes a tombstone. */
  async #removeFrom(chatId: string, messageId: string, mediaId: string): Promise<void> {
    await this.#options.writer.write(chatId, async (draft) => {
      const message = await draft.message(messageId);
      if (!message?.media.some(({ id }) => id === mediaId)) return;
      const media = message.media.filter(({ id }) => id !== mediaId);
      const isEmpty = media.length === 0 && message.text === "" && message.ciphertext === null;
      draft.despiteFreeze(() =>
        draft.updateMessage(message, isEmpty ? tombstone(draft.now) : { media })
      );
    });
  }
}

function attachmentOf(media: Media): MediaAttachment {
  const { id, kind, type, name, size, width, height, thumbHash } = media;
  return { id, kind, type, name, size, width, height, thumbHash };
}

function wrongChat(media: Media): AppError {
  const message = media.encrypted
    ? `Cannot send ${
      quote(media.name)
    }: it was uploaded as ciphertext, and this chat is not encrypted`
    : `Cannot send ${
      quote(media.name)
    }: the chat is encrypted, and it was not uploaded for it (chatId)`;
  return fieldError("conflict", "mediaIds", message);
}
