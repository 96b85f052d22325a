import { join } from "node:path";

/** True if the file starts processes: it imports a helper that does, or is in e2e/. */
const STARTS_PROCESSES =
  /support\/(child_server|server_process|mongodb_server|denokv_server|versitygw|services|skip)\.ts"/;

/** Returns the test files of `all`, `unit` or `integration`, relative to the root, in order. */
export async function testFiles(root: string, suite: string): Promise<string[]> {
  if (!["all", "unit", "integration"].includes(suite)) {
    throw new Error(
      `Cannot choose tests: there is no suite "${suite}", only all, unit and integration`,
    );
  }
  const files = await filesBelow(root, "tests", "_test.ts");
  if (suite === "all") return files;
  const integration = await Promise.all(files.map((file) => isIntegration(root, file)));
  return files.filter((_, at) => integration[at] === (suite === "integration"));
}

async function isIntegration(root: string, file: string): Promise<boolean> {
  if (file.startsWith("tests/e2e/")) return true;
  return STARTS_PROCESSES.test(await Deno.readTextFile(join(root, file)));
}

/**
 * Sources whose comments contain examples. They are listed one by one, since for a folder `--doc`
 * would include the READMEs too, whose examples need a server and have separate tests.
 */
export async function filesWithExamples(root: string): Promise<string[]> {
  const files = await filesBelow(root, "src", ".ts");
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(join(root, file))));
  return files.filter((_, at) => texts[at].includes(" * ```ts"));
}

async function filesBelow(root: string, folder: string, ending: string): Promise<string[]> {
  return (await Array.fromAsync(walk(root, folder, ending))).sort();
}

async function* walk(root: string, folder: string, ending: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* walk(root, path, ending);
    else if (name.endsWith(ending)) yield path;
  }
}
