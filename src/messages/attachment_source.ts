import type { MediaAttachment } from "../model/media_attachment.ts";

/** Finds the uploads that a send names. */
export interface AttachmentSource {
  /**
   * Returns the uploads in the order of `mediaIds`. Throws `not_found` naming the first that is
   * neither a finished upload of this user nor one that they may see. An upload that they may only
   * see is copied into a new upload of the sender, with another id. `encrypted` is true for a chat
   * whose files are ciphertext.
   */
  attachments(
    userId: string,
    mediaIds: string[],
    encrypted: boolean,
  ): Promise<MediaAttachment[]>;
}
