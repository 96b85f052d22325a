import { withDeadline } from "../core/deadline.ts";

/** `warning`: it works, and may not be what was meant. `fault`: it does not work. */
export type Verdict = "fine" | "warning" | "fault";

/** What one check found out, in a sentence; a fault's says what to change. */
export interface Finding {
  verdict: Verdict;
  /** The part of the configuration, such as "MongoDB". */
  subject: string;
  text: string;
}

/** Checks one service. It may throw: then the reason is the fault. */
export interface Check {
  subject: string;
  /** Follows the reason of a fault, as an instruction. */
  cure: string;
  run(): Promise<Finding[]>;
}

/** Milliseconds for one check as a whole. */
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

/** Never rejects: what is thrown, and what takes too long, is a fault. */
export async function findingsOf({ subject, cure, run }: Check, limitMs = CHECK_MS) {
  try {
    return await withDeadline(run(), limitMs);
  } catch (error) {
    return [fault(subject, `${reasonOf(error)}; ${cure}`)];
  }
}

/** The texts of an error and of what caused it, outermost first, each once. */
export function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    const text = each.message || each.name;
    if (!texts.some((other) => other.includes(text))) texts.push(text);
  }
  return (texts.join(": ") || String(error)).replace(/[\s.]+$/, "");
}
