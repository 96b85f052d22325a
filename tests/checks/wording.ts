/**
 * Reports words to avoid in comments, test names, log messages and error texts:
 * `deno task check:wording`, with folders to look at only those. `wording_rules.ts` has the list.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { commentsOf, type Passage, textsOf } from "./wording_scanner.ts";
import { OPERATION_PREFIX, WORDING_RULES } from "./wording_rules.ts";

/** Folders that are not rewritten yet; they only leave this list. */
export const NOT_YET: readonly string[] = [
  "tests/all.ts",
  "tests/bench/",
  "tests/chaos/",
  "tests/checks/",
  "tests/core/",
  "tests/deploy/",
  "tests/readme_test.ts",
  "tests/tools/",
  "tests/web/",
];

/** One line for each finding: file, line, the words, and what to write in their place. */
export function findings(file: string, source: string): string[] {
  const passages = [...commentsOf(source), ...textsOf(source)];
  return passages.flatMap((passage) => faultsOf(passage).map((fault) => `${file}:${fault}`));
}

function faultsOf({ line, text, kind }: Passage): string[] {
  const faults = WORDING_RULES.flatMap(({ pattern, instead }) => {
    const words = pattern.exec(text)?.[0].trim();
    return words ? [`${line}: "${words}" (${instead})`] : [];
  });
  if (kind === "error" && OPERATION_PREFIX.test(text)) {
    faults.push(`${line}: "${text.slice(0, 40)}…" (Cannot <action>: <reason with the value>)`);
  }
  return faults;
}

async function* sourcesBelow(root: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(posix.join(root, folder))) {
    const path = posix.join(folder, name);
    if (isDirectory) yield* sourcesBelow(root, path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

/** Everything found below `folders`, without those that are not rewritten yet. */
export async function check(root: string, folders: readonly string[]): Promise<string[]> {
  const all = folders.length === 0;
  const found: string[] = [];
  for (const folder of all ? ["src", "tests"] : folders) {
    for await (const file of sourcesBelow(root, folder)) {
      const isExempt = all && NOT_YET.some((prefix) => file.startsWith(prefix));
      // The list of words, and the tests of the check, hold them.
      if (isExempt || file.startsWith("tests/checks/wording")) continue;
      found.push(...findings(file, await Deno.readTextFile(posix.join(root, file))));
    }
  }
  return found.sort();
}

if (import.meta.main) {
  const found = await check(fileURLToPath(new URL("../..", import.meta.url)), Deno.args);
  for (const finding of found) console.error(finding);
  console.log(`Wording: ${found.length} findings`);
  Deno.exit(found.length > 0 ? 1 : 0);
}
