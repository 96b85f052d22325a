import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Change {
  /** Path in the project. */
  file: string;
  from: string;
  to: string;
}

/**
 * Writes a later release of this source to a folder: the same with a change, and its page built.
 */
export async function writeLaterRelease(folder: string, { file, from, to }: Change): Promise<void> {
  await run("cp", ["-R", `${ROOT}src`, `${ROOT}deno.json`, `${ROOT}deno.lock`, folder]);
  const path = `${folder}/${file}`;
  const text = await Deno.readTextFile(path);
  if (!text.includes(from)) throw new Error(`Cannot change ${file}: it has no ${from}`);
  await Deno.writeTextFile(path, text.replaceAll(from, to));
  await run(Deno.execPath(), ["run", "-A", "--quiet", "src/web/build/main.ts"], folder);
}

async function run(program: string, args: string[], cwd = ROOT): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
