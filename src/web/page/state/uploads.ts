import { signal } from "@preact/signals";
import type { ChatClient, FileDescriptor, SendContent } from "../../../client/mod.ts";
import { faultText } from "../texts/fault_text.ts";

export interface Upload {
  id: string;
  file: File;
  /** From 0 to 1. */
  progress: number;
  mediaId: string | null;
  /** Describes an encrypted upload, for the message. */
  sealed?: FileDescriptor;
  fault: string | null;
}

/** Files that are to go with the next message of a chat. */
export class Uploads {
  readonly items = signal<readonly Upload[]>([]);
  /** A message is to be sent as soon as all files are uploaded. */
  readonly isQueued = signal(false);
  readonly #controllers = new Map<string, AbortController>();
  #onDone = () => {};

  constructor(private readonly client: ChatClient, private readonly chatId: string) {}

  /** Begins to upload them, all at once. */
  add(files: Iterable<File>): void {
    for (const file of files) {
      const id = crypto.randomUUID?.() ?? `${file.name} ${Math.random()}`;
      const item = { id, file, progress: 0, mediaId: null, fault: null };
      this.items.value = [...this.items.peek(), item];
      void this.#upload(id, file);
    }
  }

  /** Goes on with a failed upload from where the server has it. */
  retry(id: string): void {
    const item = this.items.peek().find((each) => each.id === id);
    if (!item || item.fault === null) return;
    this.#patch(id, { fault: null });
    void this.#upload(id, item.file);
  }

  /** Ends an upload, or takes back a finished one; the server forgets what no message carries. */
  remove(id: string): void {
    this.#controllers.get(id)?.abort();
    this.#controllers.delete(id);
    this.items.value = this.items.peek().filter((item) => item.id !== id);
    this.#settle();
  }

  /** The finished uploads, as the part of a message that they now go with. */
  take(): Pick<SendContent, "mediaIds" | "files"> {
    const done = this.items.peek();
    this.items.value = [];
    const mediaIds = done.flatMap(({ mediaId }) => mediaId ?? []);
    const files = done.flatMap(({ sealed }) => sealed ?? []);
    return files.length > 0 ? { files } : mediaIds.length > 0 ? { mediaIds } : {};
  }

  /** Calls the function once all uploads have finished; never, if one of them fails. */
  whenDone(send: () => void): void {
    this.isQueued.value = true;
    this.#onDone = send;
    this.#settle();
  }

  get isBusy(): boolean {
    return this.items.value.some(({ mediaId, fault }) => mediaId === null && fault === null);
  }

  async #upload(id: string, file: File): Promise<void> {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    try {
      const { chatId } = this;
      const onProgress = (sent: number, total: number) =>
        this.#patch(id, { progress: total > 0 ? sent / total : 1 });
      const options = { chatId, signal: controller.signal, onProgress };
      const isEncrypted = this.client.model.chat(chatId)?.chat.encrypted;
      const done = isEncrypted
        ? await (await import("../encryption/sealed_upload.ts"))
          .uploadSealed(this.client, file, options)
        : { mediaId: (await this.client.files.upload(file, options)).id };
      this.#patch(id, { ...done, progress: 1 });
    } catch (error) {
      if (!controller.signal.aborted) this.#patch(id, { fault: faultText(error) });
    }
  }

  #patch(id: string, patch: Partial<Upload>): void {
    this.items.value = this.items.peek().map((item) =>
      item.id === id ? { ...item, ...patch } : item
    );
    this.#settle();
  }

  #settle(): void {
    if (!this.isQueued.peek() || this.isBusy) return;
    this.isQueued.value = false;
    if (this.items.peek().every(({ fault }) => fault === null)) this.#onDone();
  }
}
