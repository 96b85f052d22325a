import { fromBase64Url, toBase64Url } from "./encoding.ts";
import type { FileSecret } from "./encrypted_file.ts";
import type { FileDescriptor } from "./message_content.ts";

/** Returns the description of an encrypted file for its message. */
export function describeFile(
  file: Omit<FileDescriptor, "key" | "noncePrefix">,
  { key, noncePrefix }: FileSecret,
): FileDescriptor {
  return { ...file, key: toBase64Url(key), noncePrefix: toBase64Url(noncePrefix) };
}

export function fileSecretOf({ key, noncePrefix }: FileDescriptor): FileSecret {
  return { key: fromBase64Url(key), noncePrefix: fromBase64Url(noncePrefix) };
}
