import assert from "node:assert/strict";
import { NpmRegistry } from "../../support/npm_registry.ts";
import { TempDir } from "../../support/temp_dir.ts";

const HELPER = new URL("../../../src/notifications/push/fcm/import_package.ts", import.meta.url);

/**
 * Runs `code` in a Deno whose lock file cannot be written once the program has started: a file
 * replaces its folder, which stops root as well, as a read-only folder stops others.
 */
async function runWithoutLock(registry: string, code: string): Promise<string> {
  await using folder = await TempDir.make("package");
  await Deno.mkdir(folder.join("lock"));
  await Deno.writeTextFile(folder.join("lock/deno.lock"), '{"version":"5"}');
  const lockFolder = JSON.stringify(folder.join("lock"));
  const lines = [
    `import { importPackage } from ${JSON.stringify(HELPER)};`,
    `Deno.removeSync(${lockFolder}, { recursive: true });`,
    `Deno.writeTextFileSync(${lockFolder}, "");`,
    `const load = (name: string) => import(name);`,
    code,
  ];
  await Deno.writeTextFile(folder.join("main.ts"), lines.join("\n"));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", `--lock=${folder.join("lock/deno.lock")}`, "main.ts"],
    cwd: folder.path,
    env: { DENO_DIR: folder.join("cache"), NPM_CONFIG_REGISTRY: registry, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("importPackage returns a package that Deno fetched and cannot write to the lock file", async () => {
  await using registry = await NpmRegistry.start();
  const plain = await runWithoutLock(
    registry.url,
    'await load("npm:tiny@1.0.0").catch((error) => console.log(String(error)));',
  );
  assert.match(plain, /Failed writing lockfile/, "the test is about something");
  const code = 'console.log((await importPackage("npm:tiny@1.0.0")).default);';
  assert.equal(await runWithoutLock(registry.url, code), "1");
});

Deno.test("importPackage names the cause when a package cannot be fetched", async () => {
  await using registry = await NpmRegistry.start();
  const code =
    'await importPackage("npm:huge@1.0.0").catch((e) => console.log(e.name, e.message));';
  const message = await runWithoutLock(registry.url, code);
  assert.match(message, /^PackageMissing Cannot load npm:huge@1\.0\.0: TypeError: .*huge/);
  assert.doesNotMatch(message, /\n/);
});
