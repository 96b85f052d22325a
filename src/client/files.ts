import type { MediaView } from "../api/views/media.ts";
import { ownBytes } from "./mls/encoding.ts";
import { decryptFile, encryptFile, generateFileSecret } from "./mls/encrypted_file.ts";
import { describeFile, fileSecretOf } from "./mls/file_descriptor.ts";
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
    const secret = generateFileSecret();
    const plaintext = ownBytes(new Uint8Array(await file.arrayBuffer()));
    const ciphertext = await encryptFile(plaintext, secret);
    const type = "application/octet-stream";
    const { id } = await this.upload(new File([ciphertext], "encrypted", { type }), chatId);
    const { name, size } = file;
    return describeFile({ mediaId: id, name, type: file.type || type, size }, secret);
  }

  /** `unreadable` unless it is exactly what was uploaded. */
  async downloadEncrypted(file: FileDescriptor): Promise<Uint8Array<ArrayBuffer>> {
    return await decryptFile(await this.download(file.mediaId), fileSecretOf(file));
  }
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
