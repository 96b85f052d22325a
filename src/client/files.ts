import type { MediaView } from "../wire/media.ts";
import { ownBytes } from "./mls/encoding.ts";
import { decryptFile, encryptFile, generateFileSecret } from "./mls/encrypted_file.ts";
import { describeFile, fileSecretOf } from "./mls/file_descriptor.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { Rest } from "./rest.ts";

/** Uploads and downloads, in the clear and for encrypted chats. */
export class Files {
  /** @internal */
  constructor(private readonly rest: Rest, private readonly token: () => Promise<string>) {}

  /** An upload of one's own, to be named in `mediaIds` of a message. */
  async upload(file: File, chatId?: string): Promise<MediaView> {
    const body = new FormData();
    if (chatId !== undefined) body.set("chatId", chatId);
    body.set("file", file, file.name);
    const headers = { authorization: `Bearer ${await this.token()}` };
    const init = { method: "POST", headers, body };
    return await this.rest.send("/api/media/upload", init) as MediaView;
  }

  async download(mediaId: string): Promise<Uint8Array<ArrayBuffer>> {
    const headers = { authorization: `Bearer ${await this.token()}` };
    const response = await this.rest.raw(`/api/media/${mediaId}`, { headers });
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
