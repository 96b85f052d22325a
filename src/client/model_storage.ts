import type { Drafts } from "./drafts.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { Model } from "./model.ts";
import {
  type ChatRecord,
  chatRecord,
  decodeRecord,
  type DraftRecord,
  encodeRecord,
  type HeadRecord,
  localChat,
  type PeopleRecord,
} from "./model_record.ts";
import { type People, type Person, publicFields } from "./people.ts";
import { prefixedStore } from "./prefixed_store.ts";
import type { ReadMarks } from "./read_marks.ts";
import { Serial } from "../core/serial.ts";

/** The client whose state is stored. */
export interface KeptClient {
  readonly userId: string;
  readonly model: Model;
  readonly people: People;
  readonly drafts: Drafts;
  emit(name: "fault", error: unknown): unknown;
}

export interface ModelStorageOptions {
  storage: KeyStore;
  readMarks: ReadMarks;
  /** Null until the chats are loaded. */
  incarnation(): string | null;
}

/** Milliseconds within which changes are written together. */
const SAVE_AFTER_MS = 500;
const MAX_PEOPLE = 500;

/**
 * Keeps the model in the client's storage, so that the next run shows it before it has a
 * connection, and catches up from there. A chat whose `message` events are still being handled is
 * written after that.
 */
export class ModelStorage {
  readonly #store: KeyStore;
  readonly #stale = new Set<string>();
  /** Pending handlers, by chat. */
  readonly #held = new Map<string, number>();
  /**
   * Chats in the storage. A chat that is not stored yet is written even while it is held; otherwise
   * it would seem to be new.
   */
  readonly #known = new Set<string>();
  readonly #saving = new Serial();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isCleared = false;

  readonly #userId: string;

  constructor(private readonly client: KeptClient, private readonly options: ModelStorageOptions) {
    this.#userId = client.userId;
    this.#store = prefixedStore(options.storage, `model/${this.#userId}/`);
  }

  /** Returns the incarnation of the stored state; null if none can be read. */
  async restore(): Promise<string | null> {
    let incarnation: string | null = null;
    try {
      incarnation = await this.#restore();
    } catch (error) {
      // Everything is fetched again: a part of it would make old messages seem new.
      this.client.emit("fault", error);
    }
    this.#watch();
    return incarnation;
  }

  /**
   * Delays writing the chat until the promise has settled, so that the event is repeated after a
   * crash.
   */
  async hold(chatId: string, handled: Promise<unknown>): Promise<void> {
    this.#held.set(chatId, (this.#held.get(chatId) ?? 0) + 1);
    await handled;
    const left = this.#held.get(chatId)! - 1;
    if (left > 0) this.#held.set(chatId, left);
    else this.#held.delete(chatId);
    this.mark(`chat/${chatId}`);
  }

  mark(name: string): void {
    this.#stale.add(name);
    this.#timer ??= setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  /** Writes all changes, atomically. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#saving.run("", () => this.#save());
  }

  /** Deletes everything for good: the user has signed out. */
  async clear(): Promise<void> {
    this.#isCleared = true;
    await this.#saving.run("", async () => {
      const names = await this.#store.names("");
      await this.#store.write(Object.fromEntries(names.map((name) => [name, null])));
    });
  }

  async #restore(): Promise<string | null> {
    const head = await this.#read<HeadRecord>("head");
    if (!head) return null;
    const names = await this.#store.names("chat/");
    const chats = await Promise.all(names.map((name) => this.#read<ChatRecord>(name)));
    const begun = await this.#store.names("draft/");
    const drafts = await Promise.all(begun.map((name) => this.#read<DraftRecord>(name)));
    const { people } = await this.#read<PeopleRecord>("people") ?? { people: [] };
    this.client.people.setBlocked(head.blocked);
    for (const person of people) this.client.people.put(person);
    for (const [i, draft] of drafts.entries()) {
      if (draft) this.client.drafts.set(idIn(begun[i]), draft);
    }
    for (const record of chats) if (record) this.#restoreChat(record);
    return head.incarnation;
  }

  #restoreChat(record: ChatRecord): void {
    const { model } = this.client;
    const { chat: { id }, isLeft, readMark } = record;
    this.#known.add(id);
    model.restore(localChat(record));
    if (isLeft) model.leave(id);
    else if (readMark !== undefined) this.options.readMarks.restore(id, readMark);
  }

  async #read<T>(name: string): Promise<T | null> {
    const stored = await this.#store.read(name);
    return stored ? decodeRecord<T>(stored) : null;
  }

  #watch(): void {
    const { model, people, drafts } = this.client;
    model.on("chats", ({ chatId }) => this.mark(`chat/${chatId}`));
    model.on("chat", ({ chatId, isPassing }) => isPassing || this.mark(`chat/${chatId}`));
    people.subscribe((_, change) => {
      if ("username" in change) this.mark("people");
      if ("blocked" in change) this.mark("head");
    });
    // Without a delay: a page may be closed right after a key press.
    drafts.subscribe((chatId) => {
      this.mark(`draft/${chatId}`);
      void this.save();
    });
  }

  async #save(): Promise<void> {
    const names = [...this.#stale].filter((name) => !this.#isHeld(name));
    if (names.length === 0 || this.#isCleared || this.options.incarnation() === null) return;
    const records = names.map((name) => [name, this.#record(name)] as const);
    for (const name of names) this.#stale.delete(name);
    try {
      await this.#store.write(Object.fromEntries(
        records.map(([name, record]) => [name, record && encodeRecord(record)]),
      ));
    } catch (error) {
      for (const name of names) this.#stale.add(name);
      this.client.emit("fault", error);
    }
  }

  #isHeld(name: string): boolean {
    const chatId = idIn(name);
    return name.startsWith("chat/") && this.#held.has(chatId) && this.#known.has(chatId);
  }

  #record(name: string): object | null {
    const { people, drafts } = this.client;
    if (name.startsWith("draft/")) return drafts.kept(idIn(name));
    switch (name) {
      case "head":
        return { incarnation: this.options.incarnation(), blocked: people.blocked() };
      case "people":
        return peopleRecord(people.all());
      default:
        return this.#chatRecord(idIn(name));
    }
  }

  #chatRecord(chatId: string): ChatRecord | null {
    const { model } = this.client;
    const local = model.chats.get(chatId) ?? model.left.get(chatId);
    if (!local) return null;
    this.#known.add(chatId);
    const isLeft = model.left.has(chatId);
    return chatRecord(local, {
      isLeft,
      userId: this.#userId,
      readMark: this.options.readMarks.of(chatId),
    });
  }
}

/** Returns the chat's id in `chat/<id>` and `draft/<id>`. */
function idIn(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

/** Returns the most recently used of the loaded users. */
function peopleRecord(people: Person[]): PeopleRecord {
  return {
    people: people.filter(({ username }) => username !== "").slice(-MAX_PEOPLE)
      .map(publicFields),
  };
}
