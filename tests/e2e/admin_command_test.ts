import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { HttpClient } from "../support/http_client.ts";
import { inheritedEnvironment, ServerProcess, startArguments } from "../support/server_process.ts";
import { testEnvironment } from "../support/test_config.ts";
import { testedStores } from "../support/tested_stores.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const password = "correct horse battery";

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs the command with the permissions of its task, on the data of a running server. */
async function admin(
  dataDir: string,
  env: Record<string, string>,
  ...args: string[]
): Promise<Ran> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...startArguments(dataDir, "src/admin.ts"), ...args],
    env: { ...inheritedEnvironment(), ...env, DATA_DIR: dataDir },
    clearEnv: true,
    cwd: ROOT,
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

for (const store of testedStores()) {
  Deno.test({
    name:
      `the operator's command grants and revokes the role beside a running server (${store.name})`,
    ignore: store.ignore,
    fn: async () => {
      const env = testEnvironment({ ADMIN_SECOND_FACTOR: "optional", ...store.environment() });
      await using server = await ServerProcess.start({ env });
      const account = { username: "Ann", email: "ann@example.org", password };
      const { body } = await new HttpClient(server.url).post("/api/auth/register", account);
      const ann = new HttpClient(server.url, body.accessToken);
      const run = (...args: string[]) => admin(server.dataDir, env, ...args);
      assert.equal((await ann.get("/api/admin/reports")).status, 403);
      const granted = await run("grant", "ann");
      assert.deepEqual([granted.code, granted.out], [0, "Ann is an administrator by role"]);
      assert.equal((await ann.get("/api/admin/reports")).status, 200);
      assert.match((await run("list")).out, /^Ann\tann@example\.org\tby role\tadministrator$/);
      const revoked = await run("revoke", "ANN");
      assert.deepEqual([revoked.code, revoked.out], [0, "Ann is not an administrator"]);
      assert.equal((await ann.get("/api/admin/reports")).status, 403);
      const audit = await ann.get("/api/audit");
      const made = audit.body.items.filter(({ action }: { action: string }) =>
        /^admin/.test(action)
      );
      assert.deepEqual(
        made.map(({ action, actorId }: Record<string, unknown>) => [action, actorId]),
        [["admin.revoked", null], ["admin.granted", null]],
      );
    },
  });
}

Deno.test("the operator's command reports invalid arguments, and changes nothing", async () => {
  await using server = await ServerProcess.start({ env: testEnvironment() });
  const run = (...args: string[]) => admin(server.dataDir, testEnvironment(), ...args);
  const missing = await run("grant", "nobody");
  assert.deepEqual([missing.code, missing.err], [1, 'There is no user "nobody"']);
  for (const args of [[], ["grant"], ["promote", "ann"], ["grant", "ann", "bob"]]) {
    const { code, err } = await run(...args);
    assert.equal(code, 64, args.join(" "));
    assert.match(err, /^Usage: deno task admin grant <username>/);
  }
});
