import { signal } from "@preact/signals";
import type { ChatClient } from "../../../client/mod.ts";
import { faultText } from "../texts/fault_text.ts";

export interface Upload {
  id: string;
  name: string;
  size: number;
  /** From 0 to 1. */
  progress: number;
  mediaId: string | null;
  fault: string | null;
}

/** Files that are to go with the next message of a chat. */
export class Uploads {
  readonly items = signal<readonly Upload[]>([]);
  readonly #controllers = new Map<string, AbortController>();

  constructor(private readonly client: ChatClient, private readonly chatId: string) {}

  /** Begins to upload them, all at once. */
  add(files: Iterable<File>): void {
    for (const file of files) void this.#upload(file);
  }

  /** Ends an upload, or takes back a finished one; the server forgets what no message carries. */
  remove(id: string): void {
    this.#controllers.get(id)?.abort();
    this.#controllers.delete(id);
    this.items.value = this.items.peek().filter((item) => item.id !== id);
  }

  /** Ids of the finished uploads, which now go with a message. */
  take(): string[] {
    const ids = this.items.peek().flatMap(({ mediaId }) => mediaId ?? []);
    this.items.value = [];
    return ids;
  }

  get isBusy(): boolean {
    return this.items.value.some(({ mediaId, fault }) => mediaId === null && fault === null);
  }

  clear(): void {
    for (const { id } of this.items.peek()) this.remove(id);
  }

  async #upload(file: File): Promise<void> {
    const id = crypto.randomUUID?.() ?? `${file.name} ${Math.random()}`;
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    const { name, size } = file;
    const item = { id, name, size, progress: 0, mediaId: null, fault: null };
    this.items.value = [...this.items.peek(), item];
    try {
      const media = await this.client.files.upload(file, {
        chatId: this.chatId,
        signal: controller.signal,
        onProgress: (sent, total) => this.#patch(id, { progress: total > 0 ? sent / total : 1 }),
      });
      this.#patch(id, { mediaId: media.id, progress: 1 });
    } catch (error) {
      if (!controller.signal.aborted) this.#patch(id, { fault: faultText(error) });
    }
  }

  #patch(id: string, patch: Partial<Upload>): void {
    this.items.value = this.items.peek().map((item) =>
      item.id === id ? { ...item, ...patch } : item
    );
  }
}
