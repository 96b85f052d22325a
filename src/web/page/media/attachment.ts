import type { FileDescriptor, LocalMessage } from "../../../client/mod.ts";
import type { MessageView } from "../../../api/views/message.ts";

/** A file of a message. `sealed`: the server has its ciphertext, and this is its key. */
export type Attachment = MessageView["media"][number] & { sealed?: FileDescriptor };

/** Pictures that browsers show. Not SVG, which is a document. */
const PICTURE = /^image\/(png|jpeg|webp|gif|avif)$/;

/** Returns the files of a message, plain or decrypted. */
export function attachmentsOf({ media, encrypted }: LocalMessage): Attachment[] {
  return encrypted ? encrypted.files.map(unsealed) : media;
}

function unsealed(sealed: FileDescriptor): Attachment {
  const { mediaId: id, name, type, size, width = null, height = null, thumbHash = null } = sealed;
  return { id, kind: kindOf(type), type, name, size, width, height, thumbHash, sealed };
}

function kindOf(type: string): Attachment["kind"] {
  if (PICTURE.test(type)) return "image";
  const [kind] = type.split("/");
  return kind === "video" || kind === "audio" ? kind : "file";
}
