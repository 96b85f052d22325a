/**
 * Runs `deno test` on all tests, or on the unit or the integration tests, and then lists the
 * skipped ones with their reasons. Further arguments go to `deno test`; paths among them narrow the
 * choice.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { skippedIn } from "./junit_report.ts";
import { findService, missingReason, type ServiceName, SERVICES } from "../support/services.ts";
import { filesWithExamples, testFiles } from "./test_files.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Tests start servers and write to temporary folders. They get all permissions, since Deno lets
 * SQLite rebuild a file (VACUUM) only with them.
 */
const PERMISSIONS = ["--allow-all"];

/**
 * Packages that only tests need are not in the configuration that a newcomer's first start
 * installs.
 */
const CONFIG = "--config=tests/deno.json";

async function main([suite, ...rest]: string[]): Promise<number> {
  const options = rest.filter((word) => word.startsWith("-"));
  const paths = rest.filter((word) => !word.startsWith("-")).map((path) => relative(ROOT, path));
  const files = (await testFiles(ROOT, suite)).filter((file) =>
    paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`))
  );
  if (files.length === 0) throw new Error(`There are no ${suite} tests in ${paths.join(", ")}`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const code = await denoTest(
      report,
      options,
      suite === "integration" ? files : [...files, ...await filesWithExamples(ROOT)],
    );
    printSkipped(skippedIn(await Deno.readTextFile(report)));
    return code;
  } finally {
    await Deno.remove(report);
  }
}

/**
 * `deno check` checks the types, in `deno task ok`. `--doc` runs the examples in comments of src. A
 * leak fails a test in any case; `--trace-leaks`, which shows its location, takes a third longer.
 */
async function denoTest(report: string, options: string[], files: string[]): Promise<number> {
  const flags = ["--no-check", "--doc", "--parallel", `--junit-path=${report}`];
  // Tests spend much of their time waiting: two files per core keep it busy.
  const jobs = Deno.env.get("DENO_JOBS") ?? String(2 * navigator.hardwareConcurrency);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", CONFIG, ...PERMISSIONS, ...flags, ...options, ...files],
    cwd: ROOT,
    env: { DENO_JOBS: jobs },
  }).spawn();
  const { success, code, signal } = await child.status;
  if (!success) console.log(`deno test ended with ${signal ?? `code ${code}`}`);
  return code;
}

function printSkipped(skipped: string[]): void {
  if (skipped.length === 0) return;
  console.log(`Skipped ${skipped.length} tests:`);
  for (const test of skipped) console.log(`  ${test}`);
  const names = Object.keys(SERVICES) as ServiceName[];
  const missing = names.filter((name) => findService(name) === null);
  if (missing.length > 0) console.log("Because of what this machine lacks:");
  for (const name of missing) console.log(`  ${missingReason(name)}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
