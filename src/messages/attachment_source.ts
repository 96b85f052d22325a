import type { MediaAttachment } from "../model/media_attachment.ts";

/** Where a send finds the uploads that it names. */
export interface AttachmentSource {
  /**
   * The uploads, in the order of `mediaIds`; `not_found` naming the first that is neither a finished upload
   * of this user nor one that they may see. Of the latter they get an upload of their own, with another id.
   * `encrypted`: of a chat whose files are ciphertext.
   */
  attachments(
    userId: string,
    mediaIds: string[],
    encrypted: boolean,
  ): Promise<MediaAttachment[]>;
}
