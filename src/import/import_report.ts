export interface Counts {
  people: number;
  chats: number;
  messages: number;
  files: number;
  /** Lines whose person, chat or message was there already. */
  existing: number;
  refused: number;
}

export const NO_COUNTS: Counts = {
  people: 0,
  chats: 0,
  messages: 0,
  files: 0,
  existing: 0,
  refused: 0,
};

/** Counts what a run has done, and reports each refused line. */
export class ImportReport {
  readonly counts: Counts = { ...NO_COUNTS };

  constructor(private readonly print: (line: string) => void) {}

  add(counts: Partial<Counts>): void {
    for (const [name, count] of Object.entries(counts)) {
      this.counts[name as keyof Counts] += count;
    }
  }

  refuse(number: number, reason: string): void {
    this.counts.refused++;
    // A reason may quote the line, which must not control the operator's terminal.
    this.print(`line ${number}: ${reason.replace(/\p{Cc}/gu, "\ufffd")}`);
  }
}

/** Returns the last line of a run. */
export function summaryOf(counts: Counts, ms: number, isDryRun: boolean): string {
  const { people, chats, messages, files, existing, refused } = counts;
  const seconds = ms / 1000;
  const rate = seconds > 0 ? Math.round(messages / seconds) : messages;
  const did = isDryRun ? "Checked" : "Imported";
  return `${did} ${people} people, ${chats} chats, ${messages} messages and ${files} files in ` +
    `${seconds.toFixed(1)} s (${rate} messages/s); ${existing} were there already, ` +
    `${refused} lines were refused`;
}
