import type { Clock } from "../core/clock.ts";
import { toTimestamp } from "../core/clock.ts";
import type { PersonalData } from "./personal_data.ts";

/**
 * Exports everything stored about a user as one JSON object, which is never in memory as a whole.
 */
export class PersonalDataExport {
  constructor(private readonly data: readonly PersonalData[], private readonly clock: Clock) {}

  /** Reads no faster than the client receives. */
  stream(userId: string): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#chunks(userId)).pipeThrough(new TextEncoderStream());
  }

  async *#chunks(userId: string): AsyncIterable<string> {
    yield `{\n"exportedAt": ${JSON.stringify(toTimestamp(this.clock.now()))}`;
    for (const part of this.data) {
      for (const { name, rows } of part.sections(userId)) {
        yield `,\n${JSON.stringify(name)}: [`;
        let first = true;
        for await (const row of rows) {
          yield `${first ? "\n" : ",\n"}${JSON.stringify(row)}`;
          first = false;
        }
        yield "]";
      }
    }
    yield "\n}\n";
  }
}
