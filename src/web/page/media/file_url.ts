import { type Signal, signal } from "@preact/signals";
import type { ChatClient, FileDescriptor } from "../../../client/mod.ts";
import { signalOf } from "../state/signal_of.ts";
import type { Attachment } from "./attachment.ts";

/** Milliseconds for which a decrypted file is kept after it was last on the screen. */
const KEEP_MS = 60_000;

/** By the id of the upload: URLs of decrypted files that are on the screen. */
const opened = new Map<string, Signal<string | null>>();

/**
 * Subscribes to the URL of a file; null until it is known, and for an encrypted one that cannot be
 * read.
 */
export function fileUrl(client: ChatClient, { id, sealed }: Attachment): string | null {
  return (sealed ? openedUrl(client, sealed) : signalOf(client.files.watchUrl(id))).value;
}

function openedUrl(client: ChatClient, file: FileDescriptor): Signal<string | null> {
  const found = opened.get(file.mediaId);
  if (found) return found;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLoading = false;
  const url: Signal<string | null> = signal<string | null>(null, {
    watched() {
      clearTimeout(timer);
      if (isLoading || url.peek() !== null) return;
      isLoading = true;
      void open(client, file, url).finally(() => isLoading = false);
    },
    unwatched() {
      timer = setTimeout(() => {
        opened.delete(file.mediaId);
        if (url.peek() !== null) URL.revokeObjectURL(url.peek()!);
      }, KEEP_MS);
    },
  });
  opened.set(file.mediaId, url);
  return url;
}

async function open(client: ChatClient, file: FileDescriptor, url: Signal<string | null>) {
  try {
    const { openPicture } = await import("./sealed_files.ts");
    url.value = await openPicture(client, file);
  } catch (error) {
    console.warn(`Opening the encrypted file ${file.mediaId} failed:`, error);
  }
}
