import { type Bytes, ownBytes } from "../mls/encoding.ts";
import { decryptFile, encryptFile, generateFileSecret } from "../mls/encrypted_file.ts";
import { describeFile, fileSecretOf } from "../mls/file_descriptor.ts";
import type { FileDescriptor } from "../mls/message_content.ts";

/**
 * A file as the server receives it, and its description for the message once the upload has an id.
 */
export interface SealedFile {
  sealed: File;
  describe(upload: { id: string }): FileDescriptor;
}

/** Properties that the server finds in a plain upload, and the app in an encrypted one. */
export type FileLook = Pick<FileDescriptor, "width" | "height" | "thumbHash" | "duration">;

/** Encrypts under a new key, and removes the name and the type. */
export async function sealFile(file: File, look: FileLook = {}): Promise<SealedFile> {
  const secret = generateFileSecret();
  const plaintext = ownBytes(new Uint8Array(await file.arrayBuffer()));
  const ciphertext = await encryptFile(plaintext, secret);
  const type = "application/octet-stream";
  return {
    sealed: new File([ciphertext], "encrypted", { type }),
    describe({ id }) {
      const { name, size } = file;
      return describeFile({ ...look, mediaId: id, name, type: file.type || type, size }, secret);
    },
  };
}

/** Throws `unreadable` unless the bytes are exactly those that were uploaded. */
export async function openFile(ciphertext: Uint8Array, file: FileDescriptor): Promise<Bytes> {
  return await decryptFile(ciphertext, fileSecretOf(file));
}
