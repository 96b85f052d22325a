import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientDeclarations } from "./client_declarations.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = "src/client/mod.ts";
/** Which file has the types: an editor looks beside the module by itself, Deno by this line. */
const types = (file: string) => `/* @ts-self-types="./${file}" */\n`;
const BUNDLE = [
  ...["bundle", "--quiet", "--platform", "browser", "--minify"],
  // Of cipher suite 3: ts-mls would load it when asked for that one, and nobody here does.
  ...["--external", "@noble/ciphers/chacha.js"],
];

/** All of it in one module. */
export async function bundleWhole(path: string): Promise<void> {
  await bundle(["--output", path, ENTRY]);
}

/** `mod.js`, and beside it the encryption, which it loads when that is enabled. */
export async function bundleInParts(folder: string): Promise<void> {
  await bundle(["--code-splitting", "--outdir", folder, ENTRY]);
}

async function bundle(args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: [...BUNDLE, ...args], cwd: ROOT });
  const { code, stderr } = await command.output();
  if (code !== 0) throw new Error(`Bundle the client: ${new TextDecoder().decode(stderr)}`);
}

async function addTypes(folder: string, name: string, declarations: string): Promise<void> {
  await Deno.writeTextFile(join(folder, `${name}.d.ts`), declarations);
  const path = join(folder, `${name}.js`);
  await Deno.writeTextFile(path, types(`${name}.d.ts`) + await Deno.readTextFile(path));
}

if (import.meta.main) {
  const folder = join(Deno.cwd(), Deno.args[0]);
  const parts = join(folder, "realtimechat_client");
  // The parts are named by what is in them: old ones would stay.
  await Deno.mkdir(parts, { recursive: true });
  await Deno.remove(parts, { recursive: true });
  await bundleWhole(join(folder, "realtimechat_client.js"));
  await bundleInParts(parts);
  const declarations = clientDeclarations();
  await addTypes(folder, "realtimechat_client", declarations);
  await addTypes(parts, "mod", declarations);
}
