/**
 * Reports words to avoid in comments, test names, log messages and error texts, and literals that
 * are spread in place: `deno task check:wording`, with folders to check only those.
 * `wording_rules.ts` has the list of words.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { commentsOf, type Passage, textsOf } from "./wording_scanner.ts";
import { spreadLiterals } from "./spread_literals.ts";
import { OPERATION_PREFIX, WORDING_RULES } from "./wording_rules.ts";

/** Returns one line per finding: file, line, the words, and the words to write instead. */
export function findings(file: string, source: string): string[] {
  const passages = [...commentsOf(source), ...textsOf(source)];
  return passages.flatMap((passage) => faultsOf(passage).map((fault) => `${file}:${fault}`));
}

/** Returns one line per literal that is spread in place. */
export function spreadFindings(file: string, source: string): string[] {
  return spreadLiterals(source).map((line) => `${file}:${line}: a spread literal (write it out)`);
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

/** Returns every finding below `folders`; without folders, those below src and tests. */
export async function check(root: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders.length === 0 ? ["src", "tests"] : folders) {
    for await (const file of sourcesBelow(root, folder)) {
      const source = await Deno.readTextFile(posix.join(root, file));
      found.push(...spreadFindings(file, source));
      // The list of words, and the tests of the check, contain the words to avoid.
      if (file.startsWith("tests/checks/wording")) continue;
      found.push(...findings(file, source));
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
