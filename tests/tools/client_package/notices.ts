/**
 * The notices of the packages whose code the client library contains: their licenses demand that
 * copies of it carry them.
 */
import { join } from "node:path";

/** Name of the file in the package. */
export const NOTICES = "THIRD_PARTY_NOTICES.txt";

const LICENSE_FILE = /^(licen[cs]e|copying)(\.\w+)?$/i;
const NOTICE_FILE = /^notice(\.\w+)?$/i;
const LINE = `${"-".repeat(80)}\n`;

/**
 * Returns the text for the packages in these folders, in order of their names. Throws for a package
 * without the text of its license.
 */
export async function thirdPartyNotices(folders: Iterable<string>): Promise<string> {
  const notices = await Promise.all([...folders].map(noticeOf));
  const all = notices.sort((a, b) => a.name < b.name ? -1 : 1).map(({ text }) => text);
  return ["This library contains code of these packages:\n", ...all].join(`\n${LINE}\n`);
}

async function noticeOf(folder: string): Promise<{ name: string; text: string }> {
  const manifest = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  const { name, version, license, homepage } = manifest;
  const files = [...Deno.readDirSync(folder)].map((file) => file.name).sort();
  const texts = files.filter((file) => LICENSE_FILE.test(file) || NOTICE_FILE.test(file));
  if (!texts.some((file) => LICENSE_FILE.test(file))) {
    throw new Error(`Cannot write the notices: ${name} ${version} has no license file`);
  }
  const contents = await Promise.all(texts.map((file) => Deno.readTextFile(join(folder, file))));
  const head = [`${name} ${version} (${license})`, ...(homepage ? [homepage] : [])].join("\n");
  return { name, text: [head, ...contents.map((text) => text.trim())].join("\n\n") + "\n" };
}
