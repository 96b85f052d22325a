import { join } from "node:path";

/** A file that starts processes imports what starts them; everything in e2e/ does. */
const STARTS_PROCESSES =
  /support\/(child_server|server_process|mongodb_server|denokv_server|versitygw|services|skip)\.ts"/;

/** The test files of `all`, `unit` or `integration`, relative to the root, in order. */
export async function testFiles(root: string, suite: string): Promise<string[]> {
  if (!["all", "unit", "integration"].includes(suite)) {
    throw new Error(`Choosing tests: there is no suite "${suite}", only all, unit and integration`);
  }
  const files = (await Array.fromAsync(walk(root, "tests"))).sort();
  if (suite === "all") return files;
  const integration = await Promise.all(files.map((file) => isIntegration(root, file)));
  return files.filter((_, at) => integration[at] === (suite === "integration"));
}

async function isIntegration(root: string, file: string): Promise<boolean> {
  if (file.startsWith("tests/e2e/")) return true;
  return STARTS_PROCESSES.test(await Deno.readTextFile(join(root, file)));
}

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* walk(root, path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}
