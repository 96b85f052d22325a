import type { MediaView } from "../api/views/media.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { Rest } from "./rest.ts";
import type { SignIn } from "./sign_in.ts";

/** Uploads and downloads, in the clear and for encrypted chats. */
export class Files {
  /** @internal */
  constructor(private readonly rest: Rest, private readonly signIn: SignIn) {}

  /** An upload of one's own, to be named in `mediaIds` of a message. */
  async upload(file: File, chatId?: string): Promise<MediaView> {
    const body = new FormData();
    if (chatId !== undefined) body.set("chatId", chatId);
    body.set("file", file, file.name);
    return await this.signIn.withToken((token) => {
      const init = { method: "POST", headers: bearer(token), body };
      return this.rest.send("/api/media/upload", init);
    }) as MediaView;
  }

  async download(mediaId: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/api/media/${encodeURIComponent(mediaId)}`;
    const response = await this.signIn.withToken((token) => {
      return this.rest.raw(path, { headers: bearer(token) });
    });
    return new Uint8Array(await response.arrayBuffer());
  }

  /**
   * The server gets ciphertext under a name that says nothing; key, name and type go into the message, to
   * be given as one of its `files`.
   */
  async uploadEncrypted(file: File, chatId: string): Promise<FileDescriptor> {
    const { sealFile } = await import("./encryption/sealed_file.ts");
    const { sealed, describe } = await sealFile(file);
    return describe(await this.upload(sealed, chatId));
  }

  /** `unreadable` unless it is exactly what was uploaded. */
  async downloadEncrypted(file: FileDescriptor): Promise<Uint8Array<ArrayBuffer>> {
    const { openFile } = await import("./encryption/sealed_file.ts");
    return await openFile(await this.download(file.mediaId), file);
  }
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
