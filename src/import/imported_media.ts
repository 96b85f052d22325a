import type { MediaIntake } from "../media/media_intake.ts";
import type { AttachmentSource } from "../messages/attachment_source.ts";
import type { Media } from "../model/media.ts";
import type { MediaAttachment } from "../model/media_attachment.ts";
import type { User } from "../model/user.ts";
import type { Pictures } from "../own_users/pictures.ts";
import type { Profiles } from "../users/profiles.ts";
import type { MediaOfLine } from "./lines.ts";
import type { MediaFiles } from "./media_files.ts";

export interface ImportedMediaOptions {
  files: MediaFiles;
  intake: MediaIntake;
  library: AttachmentSource;
  pictures: Pick<Pictures, "set">;
  profiles: Pick<Profiles, "update">;
}

/**
 * Stores files as uploads of their authors, by the way of every upload: types are detected, limits
 * and quotas hold, images lose their metadata. An upload whose message is not stored in the end is
 * removed by the server, as every unused upload is.
 */
export class ImportedMedia {
  constructor(private readonly options: ImportedMediaOptions) {}

  /** Throws what every upload may throw, and `invalid_request` for a file that cannot be read. */
  async attach(ownerId: string, sources: readonly MediaOfLine[]): Promise<MediaAttachment[]> {
    const ids: string[] = [];
    for (const source of sources) ids.push((await this.#store(ownerId, source)).id);
    return ids.length === 0 ? [] : await this.options.library.attachments(ownerId, ids, false);
  }

  /** `source` is a URL, or a path. */
  async setPicture(user: User, source: string): Promise<void> {
    if (/^https?:/.test(source)) return void await this.options.pictures.set(user, source);
    const { id } = await this.#store(user.id, { path: source });
    await this.options.profiles.update(user.id, { avatarMediaId: id });
  }

  async #store(ownerId: string, source: MediaOfLine): Promise<Media> {
    const { files, intake } = this.options;
    const { name, size, body } = await files.open(source);
    let media: Media;
    try {
      media = await intake.begin({ ownerId, name, encrypted: false, size });
    } catch (error) {
      await body.cancel();
      throw error;
    }
    try {
      return await intake.finalize(media, await intake.receive(media, body));
    } catch (error) {
      await intake.discard(media);
      throw error;
    }
  }
}
