import { forEachOf } from "../core/concurrency.ts";
import { AppError } from "../core/errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { ImportReport } from "./import_report.ts";
import { LineBatch } from "./line_batch.ts";
import { type LineReader, MAX_LINE_BYTES, type ReadLine } from "./line_reader.ts";
import { type ChatLine, parseLine, type PersonLine } from "./lines.ts";
import type { MessagesOutcome } from "./messages_import.ts";
import { Pace } from "./pace.ts";
import type { MessageLine, Numbered } from "./lines.ts";

/** People and chats that are written at once: their commits share a transaction. */
const AT_ONCE = 16;
/** Messages of a chat that are handed on together. */
const MESSAGES_AT_ONCE = 256;

/** Where lines go: into the store, or, for a dry run, nowhere. */
export interface ImportTarget {
  /** Returns true if the person was made. */
  person(line: PersonLine): Promise<boolean>;
  chat(line: ChatLine): Promise<boolean>;
  messages(chat: string, lines: Numbered<MessageLine>[]): Promise<MessagesOutcome>;
}

export interface ImporterOptions {
  target: ImportTarget;
  report: ImportReport;
  /** Null for a dry run. */
  checkpoint: Checkpoint | null;
  /** Stop after the first batch with a refused line. */
  strict: boolean;
  /** Called with the number of lines read so far. */
  onBatch: (lines: number) => void;
}

/**
 * Reads lines, and writes them in batches: first the people of a batch, then the chats, then the
 * messages, each chat's in the order of the file.
 */
export class Importer {
  readonly #pace = new Pace();

  constructor(private readonly options: ImporterOptions) {}

  /** Returns false if it was stopped by a refused line. */
  async run(reader: LineReader): Promise<boolean> {
    const { strict, report, checkpoint } = this.options;
    await this.#resume(reader);
    const batch = new LineBatch();
    const isStopped = () => strict && report.counts.refused > 0;
    for await (const line of reader.lines()) {
      this.#read(line, batch);
      if (batch.isFull || isStopped()) await this.#write(batch, reader);
      if (isStopped()) return false;
    }
    await this.#write(batch, reader);
    if (isStopped()) return false;
    await checkpoint?.clear();
    return true;
  }

  async #resume(reader: LineReader): Promise<void> {
    const progress = await this.options.checkpoint?.load();
    if (!progress || (this.options.strict && progress.refused > 0)) return;
    if (!await reader.resume(progress)) return;
    this.options.report.add({ refused: progress.refused });
    this.options.onBatch(progress.lines);
  }

  #read({ number, text }: ReadLine, batch: LineBatch): void {
    try {
      if (text === null) {
        const reason = `is no UTF-8, or has more than ${MAX_LINE_BYTES} bytes`;
        throw new AppError("invalid_request", `The line ${reason}`);
      }
      batch.add({ number, line: parseLine(text) }, text.length);
    } catch (error) {
      batch.refuse(number, reasonOf(error));
    }
  }

  async #write(batch: LineBatch, reader: LineReader): Promise<void> {
    const { report, checkpoint, strict, onBatch } = this.options;
    const { people, chats, messages } = batch;
    await forEachOf(people, AT_ONCE, (each) => this.#writeOne(batch, each, "people"));
    // One after the other: two lines may be of one chat.
    for (const each of chats) await this.#writeOne(batch, each, "chats");
    await forEachOf([...messages], AT_ONCE, ([chat, lines]) => {
      return this.#writeMessages(batch, chat, lines);
    });
    for (const { number, reason } of batch.refused()) report.refuse(number, reason);
    batch.clear();
    const { refused } = report.counts;
    if (strict && refused > 0) return;
    const { position } = reader;
    if (position.lines > 0) await checkpoint?.save({ ...position, refused });
    onBatch(position.lines);
  }

  async #writeOne(
    batch: LineBatch,
    { number, line }: Numbered<PersonLine | ChatLine>,
    kind: "people" | "chats",
  ): Promise<void> {
    const { target, report } = this.options;
    try {
      const made = line.type === "person" ? await target.person(line) : await target.chat(line);
      report.add(made ? { [kind]: 1 } : { existing: 1 });
    } catch (error) {
      batch.refuse(number, reasonOf(error));
    }
  }

  async #writeMessages(
    batch: LineBatch,
    chat: string,
    lines: Numbered<MessageLine>[],
  ): Promise<void> {
    for (let at = 0; at < lines.length; at += MESSAGES_AT_ONCE) {
      await this.#pace.pause();
      const part = lines.slice(at, at + MESSAGES_AT_ONCE);
      const { made, existing, files, refused } = await this.options.target.messages(chat, part);
      this.options.report.add({ messages: made, existing, files });
      for (const { number, error } of refused) batch.refuse(number, error.message);
    }
  }
}

/** Throws what is no fault of the line: the database cannot be reached, say. */
function reasonOf(error: unknown): string {
  if (!(error instanceof AppError) || error.code === "unavailable") throw error;
  return error.message;
}
