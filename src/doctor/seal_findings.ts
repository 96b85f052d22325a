import { withDeadline } from "../core/deadline.ts";
import { type Finding, fine, warning } from "./finding.ts";

/** Counts of the stored secrets. */
export interface SealsDue {
  total: number;
  /** Sealed under a previous key. */
  due: number;
  /** Sealed under a key that is not configured. */
  unreadable: number;
  /** Names of the first unreadable ones. */
  names: readonly string[];
}

const SUBJECT = "Sealed secrets";
/** Milliseconds to count for, less than a check may take: a large server has many users to read. */
const COUNT_MS = 15_000;

/** Says whether a previous key is still needed, and whether `deno task reseal` is due. */
export async function sealFindings(count: Promise<SealsDue>): Promise<Finding[]> {
  try {
    return [findingOf(await withDeadline(count, COUNT_MS))];
  } catch {
    return [warning(
      SUBJECT,
      "whether a previous key is still needed was not found out: `deno task reseal` says it",
    )];
  }
}

function findingOf({ total, due, unreadable, names }: SealsDue): Finding {
  if (unreadable > 0) {
    return warning(
      SUBJECT,
      `no configured key opens ${unreadable} of ${total}, such as ${names[0]}; give the key that ` +
        "sealed them as ENCRYPTION_KEY_PREVIOUS, or see what `deno task reseal` says",
    );
  }
  return due > 0
    ? warning(
      SUBJECT,
      `${due} of ${total} need a previous key; run \`deno task reseal\` once all instances have ` +
        "the current one, and keep the previous one until then",
    )
    : fine(SUBJECT, "none needs a previous key");
}
