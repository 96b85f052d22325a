import { fileURLToPath } from "node:url";
import { inheritedEnvironment, type ServerProcess, startArguments } from "./server_process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Grants the administrator's role by the operator's command, beside the running server. */
export async function grantAdmin({ dataDir }: ServerProcess, username: string): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...startArguments(dataDir, "src/admin.ts"), "grant", username],
    env: { ...inheritedEnvironment(), DATA_DIR: dataDir },
    clearEnv: true,
    cwd: ROOT,
  });
  const { code, stderr } = await command.output();
  if (code !== 0) throw new Error(`grant ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}
