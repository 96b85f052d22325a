import { withDeadline } from "../core/deadline.ts";

/** `warning`: works, but perhaps not as intended. `fault`: does not work. */
export type Verdict = "fine" | "warning" | "fault";

/** Result of one check, in a sentence; for a fault it says what to change. */
export interface Finding {
  verdict: Verdict;
  /** The part of the configuration, such as "MongoDB". */
  subject: string;
  text: string;
}

/** Checks one service. If it throws, the reason is reported as a fault. */
export interface Check {
  subject: string;
  /** Follows the reason of a fault, as an instruction. */
  cure: string;
  run(): Promise<Finding[]>;
}

/** Time limit for one check, in milliseconds. */
const CHECK_MS = 20_000;

export function fine(subject: string, text: string): Finding {
  return { verdict: "fine", subject, text };
}

export function warning(subject: string, text: string): Finding {
  return { verdict: "warning", subject, text };
}

export function fault(subject: string, text: string): Finding {
  return { verdict: "fault", subject, text };
}

/** Never rejects: an error or a timeout becomes a fault. */
export async function findingsOf({ subject, cure, run }: Check, limitMs = CHECK_MS) {
  try {
    return await withDeadline(run(), limitMs);
  } catch (error) {
    return [fault(subject, `${reasonOf(error)}; ${cure}`)];
  }
}

/** Returns the texts of an error and of its causes, outermost first, each once. */
export function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    const text = each.message || each.name;
    if (!texts.some((other) => other.includes(text))) texts.push(text);
  }
  return (texts.join(": ") || String(error)).replace(/[\s.]+$/, "");
}
