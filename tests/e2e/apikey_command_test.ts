import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openFileStore } from "../../src/adapters.ts";
import { SCOPES } from "../../src/model/api_key.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { HttpClient } from "../support/http_client.ts";
import { inheritedEnvironment, ServerProcess, startArguments } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs the command with the permissions of its task, on the data of a running server. */
async function apikey(dataDir: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...startArguments(dataDir, "src/apikey.ts"), ...args],
    env: { ...inheritedEnvironment(), ...testEnvironment(), DATA_DIR: dataDir },
    clearEnv: true,
    cwd: ROOT,
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("the operator's command makes, lists, rotates and ends keys beside a running server", async () => {
  await using server = await ServerProcess.start({ env: testEnvironment() });
  const run = (...args: string[]) => apikey(server.dataDir, ...args);
  const statusOf = async (token: string) =>
    (await new HttpClient(server.url, token).get("/api/admin/reports")).status;
  const made = await run("create", "Backend", "moderation", "act_as", "--expires", "30");
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^rtc_[0-9a-f]{32}_[0-9A-Za-z]{43}$/);
  assert.equal(await statusOf(made.out), 200);
  const [id, state, name, scopes] = (await run("list")).out.split("\t");
  assert.deepEqual([state, name, scopes], ["active", "Backend", "moderation,act_as"]);
  const rotated = await run("rotate", id, "--grace", "0");
  assert.deepEqual([await statusOf(made.out), await statusOf(rotated.out)], [401, 200]);
  assert.equal((await run("end", id)).code, 0);
  assert.equal(await statusOf(rotated.out), 401);
  const wrong = [
    [],
    ["list", "all"],
    ["create", " ", "moderation"],
    ["create", "Backend"],
    ["create", "Backend", "everything"],
    ["create", "Backend", "moderation", "--expires", "soon"],
    ["end", id, id],
    ["remove", id],
    ["rotate", id, "--grace", "-1"],
  ];
  for (const args of wrong) {
    const { code, err } = await run(...args);
    assert.equal(code, 64, args.join(" "));
    assert.match(err, /Usage: deno task apikey create <name> <scope>/);
  }
});

Deno.test("the operator's command lists every key of many, and makes one with all scopes that expires", async () => {
  await using folder = await TempDir.make("keys");
  const dataDir = folder.join("data");
  const store = await openFileStore({ dataDir });
  for (let n = 0; n < 200; n++) {
    await store.apiKeys.create(anApiKey({ name: `key ${n}`, endedAt: 1 }), Infinity);
  }
  await store.close();
  const began = Date.now();
  const made = await apikey(dataDir, "create", "Backend", "all", "--expires", "30");
  assert.equal(made.code, 0, made.err);
  const twice = await apikey(dataDir, "create", "Reader", "users:read", "users:read");
  assert.equal(twice.code, 0, twice.err);
  const rows = (await apikey(dataDir, "list")).out.split("\n").map((line) => line.split("\t"));
  assert.equal(new Set(rows.map(([id]) => id)).size, 202);
  const shown = (wanted: string) => rows.find(([, , name]) => name === wanted)!;
  const [id, ...backend] = shown("Backend");
  assert.deepEqual(backend, ["active", "Backend", SCOPES.join(","), "never used"]);
  assert.deepEqual(shown("Reader").slice(1), ["active", "Reader", "users:read", "never used"]);
  const again = await openFileStore({ dataDir });
  const { expiresAt } = (await again.apiKeys.byId(id))!;
  await again.close();
  const days = (time: number) => time + 30 * 86_400_000;
  assert.ok(expiresAt! >= days(began) && expiresAt! <= days(Date.now()), String(expiresAt));
});
