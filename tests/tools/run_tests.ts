/**
 * Runs `deno test` on all tests, or on the unit or the integration tests, and then lists the
 * skipped ones with their reasons. Further arguments go to `deno test`; paths among them narrow the
 * choice.
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hungIn, skippedIn } from "./junit_report.ts";
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

/**
 * Milliseconds for the whole run, several times what a busy machine takes: `test_bounds.ts` cannot
 * end a test that never returns to the event loop.
 */
const RUN_BOUND_MS = Number(Deno.env.get("TEST_RUN_BOUND_MS") ?? 2 * 60 * 60_000);

const REPORT = "report.xml";

async function main([suite, ...rest]: string[]): Promise<number> {
  const options = rest.filter((word) => word.startsWith("-"));
  const paths = rest.filter((word) => !word.startsWith("-")).map((path) => relative(ROOT, path));
  const files = (await testFiles(ROOT, suite)).filter((file) =>
    paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`))
  );
  if (files.length === 0) throw new Error(`There are no ${suite} tests in ${paths.join(", ")}`);
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/${REPORT}`, "");
  try {
    const code = await denoTest(
      folder,
      options,
      suite === "integration" ? files : [...files, ...await filesWithExamples(ROOT)],
    );
    const xml = await Deno.readTextFile(`${folder}/${REPORT}`);
    printSkipped(skippedIn(xml));
    for (const test of hungIn(xml)) console.log(`Hung, or an error escaped from it: ${test}`);
    return code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * `deno check` checks the types, in `deno task ok`. `--doc` runs the examples in comments of src.
 * `test_bounds.ts` fails a test that leaks; `--trace-leaks`, which shows where, takes a third
 * longer.
 */
async function denoTest(folder: string, options: string[], files: string[]): Promise<number> {
  const flags = [
    "--no-check",
    "--doc",
    "--parallel",
    "--preload=tests/tools/test_bounds.ts",
    `--junit-path=${folder}/${REPORT}`,
  ];
  // Tests spend much of their time waiting: two files per core keep it busy.
  const jobs = Deno.env.get("DENO_JOBS") ?? String(2 * navigator.hardwareConcurrency);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", CONFIG, ...PERMISSIONS, ...flags, ...options, ...files],
    cwd: ROOT,
    env: { DENO_JOBS: jobs, TEST_RUNNING_FOLDER: await runningFolder(folder) },
  }).spawn();
  const bound = setTimeout(() => end(child, folder), RUN_BOUND_MS);
  const { success, code, signal } = await child.status;
  clearTimeout(bound);
  if (!success) console.log(`deno test ended with ${signal ?? `code ${code}`}`);
  return code;
}

async function runningFolder(folder: string): Promise<string> {
  await Deno.mkdir(`${folder}/running`);
  return `${folder}/running`;
}

/** Ends a run that takes too long, and names the test files that were under way. */
function end(child: Deno.ChildProcess, folder: string): void {
  console.log(`The tests have not ended within ${RUN_BOUND_MS} ms; under way were`);
  for (const { name } of Deno.readDirSync(`${folder}/running`)) {
    console.log(`  ${Deno.readTextFileSync(`${folder}/running/${name}`)}`);
  }
  child.kill("SIGKILL");
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
