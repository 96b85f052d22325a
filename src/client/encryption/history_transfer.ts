import { ChatError } from "../chat_error.ts";
import { type Bytes, fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../mls/encoding.ts";
import { Serial } from "../../core/serial.ts";
import type { EncryptionContext } from "./context.ts";
import { openEntries, sealCheck, sealEntries } from "./history_parts.ts";
import { CURRENT, type HistoryBackupState, UNSAVED } from "./history_state.ts";

/** The backup that this device adds to. */
interface Current {
  id: string;
  recoveryKey: Bytes;
}

/** The part that is written again until it is large enough. */
interface OpenPart {
  number: number;
  names: string[];
}

const OPEN_PART = "backup/open";
const MESSAGES = "plain/";

/** Bytes of entries from which on a part is complete, and at most, unless one entry is larger. */
const PART_BYTES = 24 * 1024;
const MAX_PART_BYTES = 40 * 1024;

/** The work of `HistoryBackup`, one step at a time. */
export class HistoryTransfer {
  readonly #serial = new Serial();

  constructor(
    private readonly context: EncryptionContext,
    private readonly move: (state: HistoryBackupState) => void,
  ) {}

  idle(): Promise<void> {
    return this.#serial.idle();
  }

  async refresh(): Promise<void> {
    const backup = await this.#find();
    const current = await this.#current();
    if (current && backup?.id === current.id) return;
    if (current) await this.#drop();
    this.move(backup ? "locked" : "off");
  }

  turnOn(recoveryKey: Bytes): Promise<void> {
    return this.#serial.run("", async () => {
      const keyCheck = await sealCheck(recoveryKey);
      const { id } = await this.context.call("historyBackup.begin", { keyCheck });
      await this.#begin({ id, recoveryKey }, await this.context.store.names(MESSAGES));
    });
  }

  restore(recoveryKey: Bytes): Promise<number> {
    return this.#serial.run("", async () => {
      const { id, keyCheck } = await this.context.call("historyBackup.get", {});
      await openEntries(keyCheck, recoveryKey);
      const known = new Set(await this.context.store.names(MESSAGES));
      const saved = await this.#restoreParts({ id, recoveryKey }, known);
      await this.#begin({ id, recoveryKey }, [...known].filter((name) => !saved.has(name)));
      return [...saved].filter((name) => !known.has(name)).length;
    });
  }

  turnOff(): Promise<void> {
    return this.#serial.run("", async () => {
      await this.context.call("historyBackup.remove", {}).catch(ignoreMissing);
      await this.#drop();
      this.move("off");
    });
  }

  save(): Promise<void> {
    return this.#serial.run("", async () => {
      const current = await this.#current();
      if (!current) return;
      try {
        while (await this.#saveOnePart(current));
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        const isFull = ["quota_exceeded", "payload_too_large"].includes(error.code);
        if (isFull) return this.move("full");
        if (error.code !== "not_found") throw error;
        // Another device has replaced the backup, or has turned it off.
        await this.#drop();
        await this.refresh();
      }
    });
  }

  /** Returns true if there is more to save. */
  async #saveOnePart(current: Current): Promise<boolean> {
    const { store, call, device } = this.context;
    const unsaved = await store.names(UNSAVED);
    if (unsaved.length === 0) return false;
    const open = await this.#openPart();
    const names = [...open.names, ...unsaved.map((each) => each.slice(UNSAVED.length))];
    const { entries, isFull } = await this.#entriesFor(new Set(names));
    const data = await sealEntries(entries, current.recoveryKey);
    const name = `${device.deviceId}-${open.number}`;
    await call("historyBackup.put", { backupId: current.id, name, data });
    const next = isFull
      ? { number: open.number + 1, names: [] }
      : { number: open.number, names: [...entries.keys()] };
    const isSaved = (each: string) => !isFull || entries.has(each.slice(UNSAVED.length));
    const done = unsaved.filter(isSaved).map((each) => [each, null]);
    await store.write({ ...Object.fromEntries(done), [OPEN_PART]: utf8(JSON.stringify(next)) });
    return isFull;
  }

  /** Reads the first of these entries, as many as fit into a part. */
  async #entriesFor(names: ReadonlySet<string>) {
    const entries = new Map<string, Bytes>();
    let size = 0;
    for (const name of names) {
      const value = await this.context.store.read(name);
      if (!value) continue;
      const isTooLarge = entries.size > 0 && size + value.length > MAX_PART_BYTES;
      if (isTooLarge) return { entries, isFull: true };
      entries.set(name, value);
      size += value.length;
      if (size >= PART_BYTES) return { entries, isFull: true };
    }
    return { entries, isFull: false };
  }

  async #openPart(): Promise<OpenPart> {
    const stored = await this.context.store.read(OPEN_PART);
    return stored ? JSON.parse(fromUtf8(stored)) : { number: 0, names: [] };
  }

  /** Writes the messages that are not known yet; returns the names of all in the backup. */
  async #restoreParts(
    { id: backupId, recoveryKey }: Current,
    known: ReadonlySet<string>,
  ): Promise<Set<string>> {
    const saved = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await this.context.call("historyBackup.parts", { backupId, cursor });
      for (const { data } of page.items) {
        const entries = [...await openEntries(data, recoveryKey)]
          .filter(([name]) => name.startsWith(MESSAGES));
        for (const [name] of entries) saved.add(name);
        const fresh = entries.filter(([name]) => !known.has(name));
        await this.context.store.write(Object.fromEntries(fresh));
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return saved;
  }

  /** Adds to this backup from now on, beginning with the messages `unsaved`, in new parts. */
  async #begin(current: Current, unsaved: string[]): Promise<void> {
    const { store } = this.context;
    const { number } = await this.#openPart();
    const stored = { id: current.id, recoveryKey: toBase64Url(current.recoveryKey) };
    await store.write({
      [CURRENT]: utf8(JSON.stringify(stored)),
      [OPEN_PART]: utf8(JSON.stringify({ number: number + 1, names: [] })),
      ...Object.fromEntries(unsaved.map((name) => [UNSAVED + name, Uint8Array.of(1)])),
    });
    this.move("on");
  }

  async #current(): Promise<Current | null> {
    const stored = await this.context.store.read(CURRENT);
    if (!stored) return null;
    const { id, recoveryKey } = JSON.parse(fromUtf8(stored));
    return { id, recoveryKey: fromBase64Url(recoveryKey) };
  }

  async #drop(): Promise<void> {
    const marks = await this.context.store.names(UNSAVED);
    await this.context.store.write({
      [CURRENT]: null,
      ...Object.fromEntries(marks.map((name) => [name, null])),
    });
  }

  async #find(): Promise<{ id: string } | null> {
    return await this.context.call("historyBackup.get", {}).catch(ignoreMissing) ?? null;
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof ChatError && error.code === "not_found")) throw error;
}
