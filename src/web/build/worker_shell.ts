import { createHash } from "node:crypto";
import type { Shell } from "../page/worker/worker_scope.ts";

/** Its name has no hash: browsers look for new versions of a service worker under one address. */
export const SERVICE_WORKER = "service_worker.js";

/**
 * Bytes. Larger parts (encryption) are kept by a browser when it first uses them, so that no
 * browser downloads them in vain.
 */
const MAX_KEPT_BYTES = 64_000;
const KEPT = /\.(js|css|svg)$/;

/**
 * Returns the code of the service worker after a line that names the files to keep. With any of
 * them changes the worker, which is how browsers notice that there is a new version of the page.
 */
export async function withShell(code: string, entry: string, folder: URL): Promise<string> {
  const paths: string[] = [];
  const hash = createHash("sha256");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  for (const name of names) {
    const bytes = await Deno.readFile(new URL(name, folder));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
    if (KEPT.test(name) && bytes.length <= MAX_KEPT_BYTES) paths.push(`/web/${name}`);
  }
  // The entry is larger than the bound, and needed above all.
  if (!paths.includes(`/web/${entry}`)) paths.push(`/web/${entry}`);
  const shell: Shell = { version: hash.digest("hex").slice(0, 10), entry, paths };
  return `self.shell=${JSON.stringify(shell)};\n${code}`;
}
