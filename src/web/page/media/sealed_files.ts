import type { ChatClient, FileDescriptor } from "../../../client/mod.ts";

/** Pictures are decrypted one after the other, so that a chat full of them stays responsive. */
let last: Promise<unknown> = Promise.resolve();

/** Returns a `blob:` URL of a picture. */
export function openPicture(client: ChatClient, file: FileDescriptor): Promise<string> {
  const opening = last.then(() => openUrl(client, file));
  last = opening.catch(() => {});
  return opening;
}

/**
 * Returns a `blob:` URL of any file. The type is the sender's word: only pictures and recordings
 * keep theirs, since a document under the page's own origin could run scripts.
 */
export async function openUrl(client: ChatClient, file: FileDescriptor): Promise<string> {
  const bytes = await client.files.downloadEncrypted(file);
  const isShown = /^(image\/(png|jpeg|webp|gif|avif)|(audio|video)\/[\w.+-]+)$/.test(file.type);
  const type = isShown ? file.type : "application/octet-stream";
  return URL.createObjectURL(new Blob([bytes], { type }));
}

/** Saves a file under its name, as a link with `download` does. */
export async function saveFile(client: ChatClient, file: FileDescriptor): Promise<void> {
  const href = await openUrl(client, file);
  Object.assign(document.createElement("a"), { href, download: file.name }).click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
