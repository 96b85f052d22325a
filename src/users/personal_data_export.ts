import type { Clock } from "../core/clock.ts";
import { toTimestamp } from "../core/clock.ts";
import type { PersonalData } from "./personal_data.ts";

/** All that is stored about a person, as one JSON object that is never in memory whole. */
export class PersonalDataExport {
  constructor(private readonly data: readonly PersonalData[], private readonly clock: Clock) {}

  /** Reads on only as fast as the client takes it. */
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
